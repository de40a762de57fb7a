//! Certificates that rcgen does not make: taken apart, changed, and signed again.

use rcgen::{KeyPair, SigningKey};
use x509::Certificate;

use super::der::{content, element, elements, sequence};

/// ecdsa-with-SHA256.
pub const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// ecdsa-with-SHA1.
pub const ECDSA_SHA1: &[u8] = &[0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1];
/// md5WithRSAEncryption.
pub const RSA_MD5: &[u8] = &[0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4, 5, 0];
/// RSASSA-PSS without its parameters, which are SHA-1 then.
pub const RSA_PSS_SHA1: &[u8] = &[
    0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10, 0x30, 0,
];

/// The fields of a certificate, each whole.
#[derive(Clone)]
pub struct Bent {
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub inner_algorithm: Vec<u8>,
    pub issuer: Vec<u8>,
    pub validity: Vec<u8>,
    pub subject: Vec<u8>,
    pub key: Vec<u8>,
    /// The extensions, each whole.
    pub extensions: Vec<Vec<u8>>,
    pub outer_algorithm: Vec<u8>,
}

impl Bent {
    pub fn of(certificate: &Certificate) -> Self {
        let outer = elements(content(certificate.der()));
        let mut fields = elements(content(&outer[0]));
        let extensions = fields.split_off(7);
        let [version, serial, inner_algorithm, issuer, validity, subject, key] =
            <[Vec<u8>; 7]>::try_from(fields).unwrap();
        Self {
            version,
            serial,
            inner_algorithm,
            issuer,
            validity,
            subject,
            key,
            extensions: extensions
                .first()
                .map_or(vec![], |some: &Vec<u8>| elements(content(content(some)))),
            outer_algorithm: outer[1].clone(),
        }
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// Both algorithms, inside and outside.
    pub fn algorithm(self, algorithm: &[u8]) -> Self {
        self.with(|bent| {
            bent.inner_algorithm = algorithm.to_vec();
            bent.outer_algorithm = algorithm.to_vec();
        })
    }

    pub fn der(&self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            some => element(0xa3, &[&sequence(&[&some.concat()])]),
        };
        let tbs = sequence(&[
            &self.version,
            &self.serial,
            &self.inner_algorithm,
            &self.issuer,
            &self.validity,
            &self.subject,
            &self.key,
            &extensions,
        ]);
        let signature = element(0x03, &[&[0], &sign(&tbs)]);
        sequence(&[&tbs, &self.outer_algorithm, &signature])
    }

    /// The certificate, signed by this key, whatever its algorithm says.
    pub fn signed_by(&self, key: &KeyPair) -> Certificate {
        Certificate::parse(&self.der(|tbs| key.sign(tbs).unwrap())).unwrap()
    }
}

/// A SubjectPublicKeyInfo of this algorithm (the content of its identifier) and key.
pub fn spki(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[&sequence(&[algorithm]), &element(0x03, &[&[0], key])])
}

/// An RSA public key of this many bits whose modulus is odd and nothing else.
pub fn rsa(bits: usize, exponent: &[u8]) -> Vec<u8> {
    let algorithm = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let mut modulus = vec![0x5a; bits / 8 + 1];
    modulus[0] = 0;
    modulus[1] = 0xc1;
    *modulus.last_mut().unwrap() = 0x5b;
    let key = sequence(&[&element(2, &[&modulus]), &element(2, &[exponent])]);
    spki(&algorithm, &key)
}

/// An elliptic-curve key on the curve of this parameters element.
pub fn ec(parameters: &[u8], point: &[u8]) -> Vec<u8> {
    let algorithm = [&[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1][..], parameters].concat();
    spki(&algorithm, point)
}
