//! OCSP answers, put together by hand and not by the product's own code (RFC 6960, 4.2.1).

use rcgen::{KeyPair, SigningKey as _};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use time::macros::format_description;
use time::{Duration, OffsetDateTime};
use x509::Certificate;

/// What a responder says of a certificate.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Status {
    Good,
    Revoked,
    Unknown,
}

/// What a CA's own key says of a certificate, made a minute ago and good for a day.
pub(crate) fn ocsp_answer(certificate: &[u8], issuer: &[u8], key: &KeyPair, status: Status) -> Vec<u8> {
    let certificate = Certificate::parse(certificate).unwrap();
    let issuer = Certificate::parse(issuer).unwrap();
    let sha1 = |bytes: &[u8]| digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec();
    // CertID: SHA-1 (1.3.14.3.2.26) of the issuer's name and key, and the serial number.
    let id = sequence(&[
        &sequence(&[&[6, 5, 0x2b, 14, 3, 2, 0x1a, 5, 0]]),
        &element(4, &[&sha1(certificate.issuer().raw())]),
        &element(4, &[&sha1(issuer.public_key().key())]),
        &element(2, &[certificate.serial().octets()]),
    ]);
    let status = match status {
        Status::Good => vec![0x80, 0],
        // For key compromise.
        Status::Revoked => element(0xa1, &[&instant(-3600), &element(0xa0, &[&[0x0a, 1, 1]])]),
        Status::Unknown => vec![0x82, 0],
    };
    let single = sequence(&[&id, &status, &instant(-60), &element(0xa0, &[&instant(86_400)])]);
    let data = sequence(&[
        &element(0xa1, &[issuer.subject().raw()]),
        &instant(-60),
        &sequence(&[&single]),
    ]);
    let signature = element(3, &[&[0], &key.sign(&data).unwrap()]);
    // ecdsa-with-SHA256 (1.2.840.10045.4.3.2).
    let algorithm = sequence(&[&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]]);
    let basic = sequence(&[&data, &algorithm, &signature]);
    // id-pkix-ocsp-basic (1.3.6.1.5.5.7.48.1.1).
    let bytes = sequence(&[&[6, 9, 0x2b, 6, 1, 5, 5, 7, 48, 1, 1], &element(4, &[&basic])]);
    sequence(&[&[0x0a, 1, 0], &element(0xa0, &[&bytes])])
}

/// The content of an authority information access that names this responder (RFC 5280, 4.2.2.1).
pub(crate) fn names_responder(url: &str) -> Vec<u8> {
    let ocsp = [6, 8, 0x2b, 6, 1, 5, 5, 7, 48, 1];
    sequence(&[&sequence(&[&ocsp, &element(0x86, &[url.as_bytes()])])])
}

/// So many seconds from now.
fn instant(seconds: i64) -> Vec<u8> {
    let at = OffsetDateTime::now_utc() + Duration::seconds(seconds);
    let text = at
        .format(format_description!("[year][month][day][hour][minute][second]Z"))
        .unwrap();
    element(0x18, &[text.as_bytes()])
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let mut der = vec![tag];
    match length {
        [0, short @ ..0x80] => der.push(short),
        [0, octet] => der.extend([0x81, octet]),
        two => der.extend([&[0x82][..], &two].concat()),
    }
    der.extend(content);
    der
}
