//! Revocation lists: by rcgen, and by hand for what it does not write.

use pki::{List, ListError};
use rcgen::{
    CertificateRevocationListParams, CrlDistributionPoint, CrlIssuingDistributionPoint, KeyIdMethod, KeyPair,
    RevocationReason, RevokedCertParams, SerialNumber, SigningKey,
};
use time::Duration;
use wire::Timestamp;
use x509::Certificate;

use super::bent::ECDSA_SHA256;
use super::certificates::{Ca, now, of, start};
use super::der::{element, extension, sequence, utc};

/// A list of these serial numbers by rcgen, good for the day.
pub fn list(
    ca: &Ca,
    serials: &[&[u8]],
    change: impl FnOnce(&mut CertificateRevocationListParams),
) -> Vec<u8> {
    let mut params = CertificateRevocationListParams {
        this_update: start(),
        next_update: start() + Duration::days(1),
        crl_number: SerialNumber::from(7),
        issuing_distribution_point: None,
        revoked_certs: serials.iter().map(|serial| entry(serial, None)).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    change(&mut params);
    params.signed_by(ca).unwrap().der().to_vec()
}

pub fn entry(serial: &[u8], reason_code: Option<RevocationReason>) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: SerialNumber::from_slice(serial),
        revocation_time: start(),
        reason_code,
        invalidity_date: None,
    }
}

pub fn point(uri: &str) -> Vec<CrlDistributionPoint> {
    vec![CrlDistributionPoint {
        uris: vec![uri.to_owned()],
    }]
}

/// What rcgen writes as the scope of a list of this address.
pub fn scope(uri: &str, scope: Option<rcgen::CrlScope>) -> Option<CrlIssuingDistributionPoint> {
    Some(CrlIssuingDistributionPoint {
        distribution_point: point(uri).remove(0),
        scope,
    })
}

/// Brings a list in beside these certificates.
pub fn bring_in(der: &[u8], issuers: &[Certificate]) -> Result<List, ListError> {
    List::new(der, issuers, webpki::ALL_VERIFICATION_ALGS)
}

/// Brings one in that its issuer is beside.
pub fn usable(der: &[u8], ca: &Ca) -> List {
    bring_in(der, &[of(ca)]).unwrap()
}

/// The fields of a list by hand, each as it will stand there.
#[derive(Clone)]
pub struct Fields {
    pub version: Vec<u8>,
    pub inner_algorithm: Vec<u8>,
    pub outer_algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub this_update: Timestamp,
    pub next_update: Option<Timestamp>,
    pub entries: Vec<Vec<u8>>,
    pub extensions: Vec<Vec<u8>>,
}

impl Fields {
    /// A good list that revokes these.
    pub fn of(ca: &Ca, serials: &[&[u8]]) -> Self {
        Self {
            version: vec![2, 1, 1],
            inner_algorithm: ECDSA_SHA256.to_vec(),
            outer_algorithm: ECDSA_SHA256.to_vec(),
            issuer: of(ca).subject().raw().to_vec(),
            this_update: now().plus(-3600),
            next_update: Some(now().plus(3600)),
            entries: serials.iter().map(|serial| revoked(serial, &[])).collect(),
            extensions: vec![number(7)],
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// With a scope of these parts.
    pub fn scope(self, parts: &[&[u8]]) -> Self {
        let scope = extension(&[0x55, 0x1d, 0x1c], true, &sequence(parts));
        self.with(|fields| fields.extensions.push(scope))
    }

    pub fn signed_by(&self, key: &KeyPair) -> Vec<u8> {
        let entries = match self.entries.as_slice() {
            [] => Vec::new(),
            some => sequence(&[&some.concat()]),
        };
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            some => element(0xa0, &[&sequence(&[&some.concat()])]),
        };
        let tbs = sequence(&[
            &self.version,
            &self.inner_algorithm,
            &self.issuer,
            &utc(self.this_update),
            &self.next_update.map(utc).unwrap_or_default(),
            &entries,
            &extensions,
        ]);
        let signature = element(0x03, &[&[0], &key.sign(&tbs).unwrap()]);
        sequence(&[&tbs, &self.outer_algorithm, &signature])
    }
}

/// An entry by hand, with these extensions.
pub fn revoked(serial: &[u8], extensions: &[&[u8]]) -> Vec<u8> {
    let extensions = match extensions {
        [] => Vec::new(),
        some => sequence(some),
    };
    sequence(&[&element(2, &[serial]), &utc(now().plus(-60)), &extensions])
}

pub fn reason(code: u8) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x15], false, &[0x0a, 1, code])
}

pub fn number(number: u8) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x14], false, &[2, 1, number])
}

/// deltaCRLIndicator: the number of the list that this one adds to.
pub fn delta(base: u8) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x1b], true, &[2, 1, base])
}

/// The name of a scope that is a URI.
pub fn uri_point(uri: &str) -> Vec<u8> {
    element(0xa0, &[&element(0xa0, &[&element(0x86, &[uri.as_bytes()])])])
}
