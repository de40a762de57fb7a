//! OCSP responses, put together by hand (RFC 6960, 4.2.1).

use rcgen::{KeyPair, SigningKey};
use wire::Timestamp;
use x509::{CertId, Certificate, IssuerHash, OcspResponse};

use super::bent::ECDSA_SHA256;
use super::certificates::now;
use super::der::{element, extension, generalized, sequence};

pub const GOOD: &[u8] = &[0x80, 0];
pub const UNKNOWN: &[u8] = &[0x82, 0];
/// AlgorithmIdentifiers of hashes, by their content.
pub const SHA1: &[u8] = &[6, 5, 0x2b, 14, 3, 2, 0x1a, 5, 0];
pub const SHA256: &[u8] = &[6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0];

/// Since a minute ago, for this reason.
pub fn revoked(reason: u8) -> Vec<u8> {
    let reason = element(0xa0, &[&[0x0a, 1, reason]]);
    element(0xa1, &[&generalized(now().plus(-60)), &reason])
}

/// One answer.
#[derive(Clone)]
pub struct Single {
    pub id: Vec<u8>,
    pub status: Vec<u8>,
    pub this_update: Timestamp,
    pub next_update: Option<Timestamp>,
    pub extensions: Vec<Vec<u8>>,
}

impl Single {
    /// Good, and fresh for an hour each way.
    pub fn about(certificate: &Certificate, issuer: &Certificate) -> Self {
        Self {
            id: id(certificate, issuer, IssuerHash::Sha1),
            status: GOOD.to_vec(),
            this_update: now().plus(-3600),
            next_update: Some(now().plus(3600)),
            extensions: Vec::new(),
        }
    }

    fn der(&self) -> Vec<u8> {
        let next = self.next_update.map(|at| element(0xa0, &[&generalized(at)]));
        sequence(&[
            &self.id,
            &self.status,
            &generalized(self.this_update),
            &next.unwrap_or_default(),
            &explicit(0xa1, &self.extensions),
        ])
    }
}

/// The identifier of a certificate, its issuer hashed by this.
pub fn id(certificate: &Certificate, issuer: &Certificate, hash: IssuerHash) -> Vec<u8> {
    let name = certificate.issuer().raw();
    let id = CertId::of(name, issuer.public_key().key(), certificate.serial(), hash);
    let algorithm = match hash {
        IssuerHash::Sha1 => SHA1,
        IssuerHash::Sha256 => SHA256,
    };
    sequence(&[
        &sequence(&[algorithm]),
        &element(4, &[id.issuer_name_hash()]),
        &element(4, &[id.issuer_key_hash()]),
        &element(2, &[certificate.serial().octets()]),
    ])
}

/// The fields of a response.
#[derive(Clone)]
pub struct Fields {
    pub responder: Vec<u8>,
    pub produced_at: Timestamp,
    pub answers: Vec<Single>,
    pub extensions: Vec<Vec<u8>>,
    pub algorithm: Vec<u8>,
    pub certificates: Vec<Vec<u8>>,
}

impl Fields {
    /// What this responder answers, made a minute ago, by the name of the responder and nothing else beside it.
    pub fn by(responder: &Certificate, answer: Single) -> Self {
        Self {
            responder: by_name(responder),
            produced_at: now().plus(-60),
            answers: vec![answer],
            extensions: Vec::new(),
            algorithm: ECDSA_SHA256.to_vec(),
            certificates: Vec::new(),
        }
    }

    /// With certificates beside it.
    pub fn beside(self, certificates: &[&Certificate]) -> Self {
        self.with(|fields| fields.certificates = certificates.iter().map(|one| one.der().to_vec()).collect())
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// With a change to its first answer.
    pub fn single(self, change: impl FnOnce(&mut Single)) -> Self {
        self.with(|fields| change(&mut fields.answers[0]))
    }

    pub fn signed_by(&self, key: &KeyPair) -> OcspResponse {
        let answers: Vec<u8> = self.answers.iter().flat_map(Single::der).collect();
        let tbs = sequence(&[
            &self.responder,
            &generalized(self.produced_at),
            &sequence(&[&answers]),
            &explicit(0xa1, &self.extensions),
        ]);
        let signature = element(0x03, &[&[0], &key.sign(&tbs).unwrap()]);
        let basic = sequence(&[
            &tbs,
            &self.algorithm,
            &signature,
            &explicit(0xa0, &self.certificates),
        ]);
        let kind = [6, 9, 0x2b, 6, 1, 5, 5, 7, 48, 1, 1];
        let bytes = sequence(&[&kind, &element(4, &[&basic])]);
        let der = sequence(&[&[0x0a, 1, 0], &element(0xa0, &[&bytes])]);
        OcspResponse::parse(&der).unwrap()
    }
}

/// A list under an explicit tag; nothing where it is empty.
fn explicit(tag: u8, list: &[Vec<u8>]) -> Vec<u8> {
    match list {
        [] => Vec::new(),
        some => element(tag, &[&sequence(&[&some.concat()])]),
    }
}

pub fn by_name(responder: &Certificate) -> Vec<u8> {
    element(0xa1, &[responder.subject().raw()])
}

/// By SHA-1 of the responder's key.
pub fn by_key(responder: &Certificate) -> Vec<u8> {
    let key = responder.public_key().key();
    let id = CertId::of(&[], key, responder.serial(), IssuerHash::Sha1);
    element(0xa2, &[&element(4, &[id.issuer_key_hash()])])
}

pub fn nonce(octets: &[u8]) -> Vec<u8> {
    extension(&[0x2b, 6, 1, 5, 5, 7, 48, 1, 2], false, &element(4, &[octets]))
}
