//! A signed request, made by the contract and not by the product's own code: what agrees with it agrees with the
//! official client, whose requests have this form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::SigningKey as _;
use ring::digest::{SHA256, digest};
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Key, Leaf};

/// A request to be signed; tests bend its parts before `headers` is called, or what comes out after.
pub(crate) struct Signed<'a> {
    pub(crate) leaf: &'a Leaf,
    pub(crate) key: Key,
    pub(crate) host: String,
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) at: OffsetDateTime,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) serial: Option<String>,
    /// Left out of the signature, though sent.
    pub(crate) unsigned: Vec<&'static str>,
    /// Sent and signed besides.
    pub(crate) extra: Vec<(String, String)>,
}

impl Signed<'_> {
    /// The headers to send, in the official client's order.
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let date = self
            .at
            .format(format_description!("[year][month][day]T[hour][minute][second]Z"))
            .unwrap();
        let mut headers = vec![
            ("Host".to_owned(), self.host.clone()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Amz-Date".to_owned(), date.clone()),
            ("X-Amz-X509".to_owned(), STANDARD.encode(&self.leaf.der)),
        ];
        if !self.leaf.chain.is_empty() {
            let chain: Vec<String> = self.leaf.chain.iter().map(|der| STANDARD.encode(der)).collect();
            headers.push(("X-Amz-X509-Chain".to_owned(), chain.join(",")));
        }
        headers.extend(self.extra.iter().cloned());

        let mut signed: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| (name.to_lowercase(), value.clone()))
            .filter(|(name, _)| !self.unsigned.contains(&name.as_str()))
            .collect();
        signed.sort();
        let names = signed
            .iter()
            .map(|(name, _)| name.as_str())
            .collect::<Vec<_>>()
            .join(";");
        let lines: String = signed
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let canonical = format!(
            "POST\n/sessions\n{}\n{lines}\n{names}\n{}",
            self.query,
            sha256(self.body.as_bytes())
        );

        let algorithm = match self.key {
            Key::Rsa2048 => "AWS4-X509-RSA-SHA256",
            Key::MlDsa44 | Key::MlDsa65 | Key::MlDsa87 => "AWS4-X509-MLDSA",
            _ => "AWS4-X509-ECDSA-SHA256",
        };
        let scope = format!("{}/{}/{}/aws4_request", &date[..8], self.region, self.service);
        let text = format!("{algorithm}\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
        let signature = hex::encode(self.leaf.key.sign(text.as_bytes()).unwrap());
        let serial = self.serial.clone().unwrap_or_else(|| {
            x509::Certificate::parse(&self.leaf.der)
                .unwrap()
                .serial()
                .decimal()
                .to_string()
        });
        headers.push((
            "Authorization".to_owned(),
            format!("{algorithm} Credential={serial}/{scope}, SignedHeaders={names}, Signature={signature}"),
        ));
        headers
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}
