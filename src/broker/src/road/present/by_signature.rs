//! A request signed with the certificate's key: `AWS4-X509-…` (contract 1.2 to 1.6).
//!
//! Everything that is decided is rebuilt from what was signed: the certificate from `X-Amz-X509`, its serial number
//! and algorithm from the certificate, host, region and service from the configuration (threats S1 to S10).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigv4::{Algorithm, PathRule, SignedRequest, UnreadableSignature, X509Refused, door};
use x509::Certificate;

use super::super::authenticate::WINDOW_SECONDS;
use super::{
    Presented, SignedBy, counted, malformed, proven_leaf, query_names, starts_with_ignoring_case, unproven,
    wanted,
};
use crate::attempt::{Attempt, HandshakeProof};
use crate::exchange::Broker;
use crate::memory::CertificateMemory;
use crate::primitives::digest::{Context, SHA256};
use crate::refusal::Refusal;
use crate::replay::Fingerprint;
use crate::snapshot::Snapshot;

/// The service that the scope must name.
const SERVICE: &str = "rolesanywhere";
/// Clients sign this path whatever prefix they send (contract 1.3).
const SIGNED_PATH: PathRule = PathRule::Fixed("/sessions");
const CERTIFICATE: &str = "x-amz-x509";
const CHAIN: &str = "x-amz-x509-chain";

pub(super) fn present(
    broker: &Broker,
    snapshot: &Snapshot,
    attempt: &Attempt<'_>,
    handshake: Option<&HandshakeProof>,
) -> Result<Presented, Refusal> {
    let request = &attempt.request;
    if let Some(name) = query_names(attempt).find(|name| starts_with_ignoring_case(name, "x-amz-")) {
        return Err(malformed("present.signed-in-query").with("parameter", name));
    }
    door::check_signed(request).map_err(|error| malformed("present.spelling").with("reason", error))?;
    let signed = SignedRequest::read(request).map_err(unreadable)?;
    let Algorithm::X509(_) = signed.algorithm else {
        return Err(unproven("present.algorithm").with("algorithm", signed.algorithm.name()));
    };

    let certificate = certificate(attempt, &broker.certificates)?;
    let (pool, hints) = chain(attempt, &broker.certificates)?;
    let in_handshake = handshake.map_or(0, |proof| proof.certificates);
    counted(hints.saturating_add(1).saturating_add(in_handshake))?;

    meant_for_us(snapshot, attempt, &signed)?;
    what_must_be_signed(attempt, &signed)?;
    within_the_window(attempt, &signed)?;
    let text = signed
        .verify_x509(request, SIGNED_PATH, &certificate, broker.algorithms)
        .map_err(|error| {
            let rule = match error {
                X509Refused::KeyNotSupported(_) => "present.key-not-supported",
                _ => "present.signature",
            };
            unproven(rule)
                .with("reason", error)
                .with("subject", certificate.subject().display())
                .with("serial", certificate.serial().hex())
        })?;

    // Both proofs are there: both must hold, and name the same certificate (threat T13).
    let mut pool = pool;
    if let Some(proof) = handshake {
        let proven = proven_leaf(proof)?;
        if proven.der() != certificate.der() {
            return Err(unproven("present.two-certificates")
                .with("signature", certificate.subject().display())
                .with("TLS handshake", proven.subject().display()));
        }
        pool.extend(proof.pool.iter().cloned());
    }
    let fingerprint = fingerprint(&certificate, &text);
    let wanted = wanted(attempt)?;
    let signature = Some(SignedBy {
        fingerprint,
        signed_at: signed.signed_at,
    });
    Ok(Presented {
        certificate,
        pool: pool.into(),
        wanted: Arc::new(wanted),
        signature,
    })
}

fn unreadable(error: UnreadableSignature) -> Refusal {
    match error {
        UnreadableSignature::None => unproven("present.no-authorization"),
        other => malformed("present.authorization").with("reason", other),
    }
}

/// The certificate whose key is said to have signed.
fn certificate(attempt: &Attempt<'_>, memory: &CertificateMemory) -> Result<Certificate, Refusal> {
    let text = attempt
        .request
        .only_header(CERTIFICATE)
        .map_err(|reason| malformed("present.certificate-header").with("reason", reason))?
        .ok_or_else(|| malformed("present.no-certificate"))?;
    let der = STANDARD
        .decode(text)
        .map_err(|error| malformed("present.certificate-header").with("reason", error))?;
    memory.read(&der).map_err(|error| {
        unproven("present.unreadable-certificate")
            .with("proof", "signature")
            .with("reason", error)
    })
}

/// The hints of the chain header, and how many it held. One that cannot be read helps nobody and is left out, as real
/// clients send odd ones (contract 1.6).
fn chain(attempt: &Attempt<'_>, memory: &CertificateMemory) -> Result<(Vec<Certificate>, usize), Refusal> {
    let header = attempt
        .request
        .only_header(CHAIN)
        .map_err(|reason| malformed("present.chain-header").with("reason", reason))?;
    let hints: Vec<&str> = header
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|hint| !hint.is_empty())
        .collect();
    counted(hints.len())?;
    let pool = hints
        .iter()
        .filter_map(|hint| STANDARD.decode(hint).ok())
        .filter_map(|der| memory.read(&der).ok())
        .collect();
    Ok((pool, hints.len()))
}

/// Host, region and service, compared with the configuration: a request that was signed for another broker is not
/// for this one (threat S3).
fn meant_for_us(snapshot: &Snapshot, attempt: &Attempt<'_>, signed: &SignedRequest) -> Result<(), Refusal> {
    let host = attempt
        .request
        .only_header("host")
        .map_err(|reason| malformed("present.host").with("reason", reason))?
        .unwrap_or_default();
    if !snapshot.is_served(host) {
        return Err(unproven("present.other-host")
            .with("host signed", host)
            .with("server_names", snapshot.server_names.join(", ")));
    }
    if signed.scope.region != snapshot.region.as_str() {
        return Err(unproven("present.other-region")
            .with("region signed", &signed.scope.region)
            .with("region", &snapshot.region));
    }
    if signed.scope.service != SERVICE {
        return Err(unproven("present.other-service")
            .with("service signed", &signed.scope.service)
            .with("service", SERVICE));
    }
    Ok(())
}

/// What the broker acts upon must be under the signature (threat S2); a signed header comes once (threat S4).
fn what_must_be_signed(attempt: &Attempt<'_>, signed: &SignedRequest) -> Result<(), Refusal> {
    let present = |name: &str| attempt.request.header_lines(name).next().is_some();
    let acted_upon = attempt
        .request
        .headers
        .iter()
        .map(|(name, _)| name.to_ascii_lowercase())
        .filter(|name| name.starts_with("x-amz-") || name == "content-type");
    let always = ["host", "x-amz-date", CERTIFICATE].into_iter().map(str::to_owned);
    let chain = present(CHAIN).then(|| CHAIN.to_owned());
    if let Some(unsigned) = always
        .chain(chain)
        .chain(acted_upon)
        .find(|name| !signed.signs(name))
    {
        return Err(unproven("present.unsigned-header")
            .with("header", unsigned)
            .with("signed headers", signed.signed_headers.join(";")));
    }
    if let Some(repeated) = signed.repeated_header(&attempt.request) {
        return Err(malformed("present.repeated-header").with("header", repeated));
    }
    Ok(())
}

fn within_the_window(attempt: &Attempt<'_>, signed: &SignedRequest) -> Result<(), Refusal> {
    let away = signed.signed_at.since(attempt.at);
    if away.abs() > WINDOW_SECONDS {
        return Err(unproven("present.clock")
            .with("signed at", signed.signed_at)
            .with("received at", attempt.at)
            .with("seconds apart", away.abs())
            .with("most", WINDOW_SECONDS));
    }
    Ok(())
}

fn fingerprint(certificate: &Certificate, text: &str) -> Fingerprint {
    let mut hash = Context::new(&SHA256);
    hash.update(&certificate.sha256());
    hash.update(text.as_bytes());
    let mut fingerprint = [0; 32];
    for (to, from) in fingerprint.iter_mut().zip(hash.finish().as_ref()) {
        *to = *from;
    }
    fingerprint
}
