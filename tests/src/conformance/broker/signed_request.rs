//! A signed request over any bytes that claim to be a certificate. `sigv4::sign_with_certificate` wants ones that can
//! be read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::SignatureScheme;
use sigv4::{PathRule, Request, Scope, canonical_request, string_to_sign};
use wire::Timestamp;

use super::client::Identity;
use super::home::REGION;

pub(super) const PATH: &str = "/sessions";
pub(super) const BODY: &str = "{\"durationSeconds\":3600}";

pub(super) type Header = (&'static str, String);

/// The pairs of a signature's name on the wire and the scheme that makes it.
const SCHEMES: [(&str, SignatureScheme); 2] = [
    ("AWS4-X509-ECDSA-SHA256", SignatureScheme::ECDSA_NISTP256_SHA256),
    ("AWS4-X509-RSA-SHA256", SignatureScheme::RSA_PKCS1_SHA256),
];

/// Adds what makes of the request a signed one.
pub(super) fn sign(
    headers: &mut Vec<Header>,
    query: &str,
    identity: &Identity,
    now: Timestamp,
) -> anyhow::Result<()> {
    headers.push(("X-Amz-Date", now.basic()));
    headers.push(("X-Amz-X509", STANDARD.encode(&identity.leaf)));
    if !identity.chain.is_empty() {
        let chain: Vec<String> = identity.chain.iter().map(|der| STANDARD.encode(der)).collect();
        headers.push(("X-Amz-X509-Chain", chain.join(",")));
    }
    let mut names: Vec<String> = headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .collect();
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let lines: Vec<(&str, &[u8])> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    let request = Request {
        method: "POST",
        path: PATH,
        query: Some(query),
        headers: &lines,
        body: BODY.as_bytes(),
    };
    let canonical = canonical_request(&request, &names, PathRule::Fixed(PATH));
    // Of what cannot be read no serial number is known, and none is looked at.
    let serial =
        x509::Certificate::parse(&identity.leaf).map_or("1".to_owned(), |leaf| leaf.serial().decimal());
    let scope = Scope {
        credential_id: serial,
        date: now.date(),
        region: REGION.to_owned(),
        service: "rolesanywhere".to_owned(),
    };
    let signer = SCHEMES
        .iter()
        .find_map(|(name, scheme)| Some((name, identity.key.choose_scheme(&[*scheme])?)));
    let (algorithm, signer) =
        signer.ok_or_else(|| anyhow::anyhow!("this client signs by P-256 and RSA keys only"))?;
    let text = string_to_sign(algorithm, &now.basic(), &scope, &canonical);
    let signature = hex::encode(signer.sign(text.as_bytes())?);
    headers.push((
        "Authorization",
        format!(
            "{algorithm} Credential={scope}, SignedHeaders={}, Signature={signature}",
            names.join(";")
        ),
    ));
    Ok(())
}
