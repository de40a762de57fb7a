//! Lists made here, good ones and bad ones: by rcgen, and by hand where rcgen is too well-behaved.

#![allow(clippy::unwrap_used)]
mod facts;
mod refusals;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer,
    CrlDistributionPoint, CrlIssuingDistributionPoint, CrlScope, DnType, IsCa, KeyIdMethod, KeyPair,
    KeyUsagePurpose, RevocationReason as Reason, RevokedCertParams, SerialNumber, date_time_ymd,
};

use super::*;
use crate::RevocationReason;
use crate::encode::element;

const THIS: &str = "260101000000Z";
const NEXT: &str = "260201000000Z";

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(0x30, parts)
}

fn utc(text: &str) -> Vec<u8> {
    element(0x17, &[text.as_bytes()])
}

fn extension(oid: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[0x01, 0x01, 0xff] } else { &[] };
    sequence(&[&element(0x06, &[oid]), critical, &element(0x04, &[value])])
}

fn entry(serial: &[u8], date: &str, extensions: &[&[u8]]) -> Vec<u8> {
    let extensions = if extensions.is_empty() {
        Vec::new()
    } else {
        sequence(extensions)
    };
    sequence(&[&element(0x02, &[serial]), &utc(date), &extensions])
}

fn reason(code: u8) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x15], false, &[0x0a, 0x01, code])
}

fn number(octets: &[u8]) -> Vec<u8> {
    extension(&[0x55, 0x1d, 0x14], false, &element(0x02, &[octets]))
}

/// The fields of a list, each as it will stand there.
#[derive(Clone)]
struct Fields {
    version: Vec<u8>,
    algorithm: Vec<u8>,
    issuer: Vec<u8>,
    times: Vec<u8>,
    revoked: Vec<u8>,
    extensions: Vec<u8>,
    outer_algorithm: Vec<u8>,
    signature: Vec<u8>,
}

impl Fields {
    fn new() -> Self {
        let ecdsa = sequence(&[&[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]]);
        let name = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &element(0x0c, &[b"CA"])]);
        Self {
            version: vec![0x02, 0x01, 0x01],
            algorithm: ecdsa.clone(),
            issuer: sequence(&[&element(0x31, &[&name])]),
            times: [utc(THIS), utc(NEXT)].concat(),
            revoked: Vec::new(),
            extensions: Vec::new(),
            outer_algorithm: ecdsa,
            signature: vec![0x03, 0x03, 0x00, 0x01, 0x02],
        }
    }

    fn revoked(mut self, entries: &[Vec<u8>]) -> Self {
        self.revoked = sequence(&[&entries.concat()]);
        self
    }

    fn extensions(mut self, extensions: &[Vec<u8>]) -> Self {
        self.extensions = element(0xa0, &[&sequence(&[&extensions.concat()])]);
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn der(&self) -> Vec<u8> {
        let tbs = [
            &self.version,
            &self.algorithm,
            &self.issuer,
            &self.times,
            &self.revoked,
            &self.extensions,
        ];
        let tbs = sequence(&tbs.map(Vec::as_slice));
        sequence(&[&tbs, &self.outer_algorithm, &self.signature])
    }

    fn read(&self) -> Crl {
        Crl::parse(&self.der()).unwrap()
    }

    fn refused(&self) -> String {
        Crl::parse(&self.der()).unwrap_err().to_string()
    }
}

fn by_rcgen() -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "CA");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let revoked = |serial: &[u8], year, reason_code| RevokedCertParams {
        serial_number: SerialNumber::from_slice(serial),
        revocation_time: date_time_ymd(year, 1, 2),
        reason_code,
        invalidity_date: Some(date_time_ymd(2020, 1, 1)),
    };
    CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2050, 1, 1),
        crl_number: SerialNumber::from(1234),
        issuing_distribution_point: Some(CrlIssuingDistributionPoint {
            distribution_point: CrlDistributionPoint {
                uris: vec!["http://crl.example/a".into()],
            },
            scope: Some(CrlScope::UserCertsOnly),
        }),
        revoked_certs: vec![
            revoked(&[0x7f; 20], 2026, Some(Reason::KeyCompromise)),
            revoked(&[0x05], 2150, None),
            revoked(&[0x80, 0x01], 1999, Some(Reason::CertificateHold)),
        ],
        key_identifier_method: KeyIdMethod::PreSpecified(vec![1, 2, 3]),
    }
    .signed_by(&issuer)
    .unwrap()
    .der()
    .to_vec()
}
