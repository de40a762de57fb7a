//! The certificate as an owned value.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use wire::Timestamp;
use x509_parser::certificate::X509CertificateParser;
use x509_parser::nom::Parser as _;

use crate::der;
use crate::extensions::{
    BasicConstraints, DistributionPoint, ExtendedKeyUsage, Extension, Extensions, KeyUsage,
};
use crate::general_name::GeneralName;
use crate::name::Name;
use crate::name_constraints::NameConstraints;
use crate::object_identifier::dotted;
use crate::primitives::sha256;
use crate::public_key::PublicKey;
use crate::reader::Reader;
use crate::serial::Serial;
use crate::signature_algorithm::SignatureAlgorithm;
use crate::signed::Signed;
use crate::tbs;

/// The largest certificate that is read. An ML-DSA-87 leaf is 7.5 KB; a few hundred names fit besides.
const LARGEST: usize = 64 * 1024;
/// The longest serial number that is read. RFC 5280 allows 20 octets; longer ones are read so that they can be named
/// in the refusal, up to here (threat P13).
const LONGEST_SERIAL: usize = 64;

/// Why bytes are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// More bytes than any certificate needs.
    #[error("the certificate is {0} bytes long; at most {LARGEST} are read")]
    TooLarge(usize),
    /// The bytes are not DER.
    #[error("the certificate is {0}")]
    NotDer(#[from] der::NotDer),
    /// The bytes are DER, and not a certificate.
    #[error("the certificate cannot be read: {0}")]
    Malformed(String),
}

/// A certificate, read strictly and judged by nobody. Cheap to clone; two are equal when their bytes are.
#[derive(Clone)]
pub struct Certificate(Arc<Inner>);

struct Inner {
    der: Vec<u8>,
    /// Where the three parts of it lie.
    parts: [Range<usize>; 3],
    sha256: [u8; 32],
    version: u32,
    serial: Serial,
    not_before: Timestamp,
    not_after: Timestamp,
    subject: Name,
    issuer: Name,
    extensions: Extensions,
    public_key: PublicKey,
    spki_sha256: [u8; 32],
    signature_algorithm: SignatureAlgorithm,
    algorithms_agree: bool,
}

impl Certificate {
    /// Reads a certificate from its DER.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > LARGEST {
            return Err(CertificateError::TooLarge(der.len()));
        }
        der::check(der)?;
        let malformed = |reason: &dyn fmt::Display| CertificateError::Malformed(reason.to_string());
        // The library goes by a tag's number and not by its class, so that a certificate would have a second encoding;
        // the shape of what is signed, and of what is around it, is walked here first.
        let signed = Signed::split(der).map_err(|error| malformed(&error))?;
        let walked = tbs::walk(signed.tbs).map_err(|fault| {
            let (offset, reason) = fault.place(der);
            malformed(&format_args!("{reason} at byte {offset}"))
        })?;
        // What extensions hold is read here, strictly: the library's reading of it is let be.
        let mut reader = X509CertificateParser::new().with_deep_parse_extensions(false);
        let (rest, parsed) = reader.parse(der).map_err(|error| malformed(&error))?;
        if !rest.is_empty() {
            return Err(malformed(&"bytes after the end"));
        }
        let fields = &parsed.tbs_certificate;
        if fields.raw_serial().len() > LONGEST_SERIAL {
            return Err(malformed(&"the serial number is longer than 64 octets"));
        }
        Ok(Self(Arc::new(Inner {
            algorithms_agree: walked.algorithm == signed.algorithm,
            parts: [signed.tbs, signed.algorithm, signed.signature].map(|part| {
                let start = der::offset_of(part, der);
                start..start.saturating_add(part.len())
            }),
            sha256: sha256(der),
            version: fields.version.0.saturating_add(1),
            serial: Serial::new(fields.raw_serial()),
            not_before: walked.not_before,
            not_after: walked.not_after,
            subject: name("subject", walked.subject)?,
            issuer: name("issuer", walked.issuer)?,
            extensions: Extensions::read(fields.extensions(), der),
            public_key: PublicKey::read(walked.public_key).map_err(|error| malformed(&error))?,
            spki_sha256: sha256(walked.public_key),
            signature_algorithm: SignatureAlgorithm::from_oid(&dotted(
                parsed.signature_algorithm.algorithm.as_bytes(),
            )),
            der: der.to_vec(),
        })))
    }

    /// The certificate's bytes.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// What was signed, with which algorithm, and the signature.
    pub fn signed(&self) -> Signed<'_> {
        let [tbs, algorithm, signature] = &self.0.parts;
        let part = |range: &Range<usize>| self.0.der.get(range.clone()).unwrap_or_default();
        Signed {
            tbs: part(tbs),
            algorithm: part(algorithm),
            signature: part(signature),
        }
    }

    /// SHA-256 of the certificate's bytes.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256
    }

    /// The version as people count it: 1, 2 or 3.
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// The serial number.
    pub fn serial(&self) -> &Serial {
        &self.0.serial
    }

    /// From when it is valid, that second included.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// Until when it is valid, that second included.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Who it is about.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Who signed it.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Every extension, in order; repeated ones stand twice.
    pub fn extensions(&self) -> &[Extension] {
        &self.0.extensions.all
    }

    /// Basic constraints, if there.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.0.extensions.basic_constraints
    }

    /// Key usage, if there.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.extensions.key_usage
    }

    /// Extended key usage, if there.
    pub fn extended_key_usage(&self) -> Option<&ExtendedKeyUsage> {
        self.0.extensions.extended_key_usage.as_ref()
    }

    /// The subject's alternative names, in order; what is malformed shows in [`Certificate::extensions`].
    pub fn alternative_names(&self) -> &[GeneralName] {
        &self.0.extensions.alternative_names
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.0.public_key
    }

    /// SHA-256 of the SubjectPublicKeyInfo.
    pub fn spki_sha256(&self) -> [u8; 32] {
        self.0.spki_sha256
    }

    /// With which algorithm it was signed, as the signature says.
    pub fn signature_algorithm(&self) -> &SignatureAlgorithm {
        &self.0.signature_algorithm
    }

    /// Whether the algorithm inside what was signed is the one beside it (RFC 5280, 4.1.1.2).
    pub fn algorithms_agree(&self) -> bool {
        self.0.algorithms_agree
    }

    /// Whether issuer and subject are one name (RFC 5280, 6.1).
    pub fn is_self_issued(&self) -> bool {
        self.0.subject.matches(&self.0.issuer)
    }

    /// The content of the extension of this type, dotted: the bytes of its OCTET STRING.
    pub fn extension_value(&self, oid: &str) -> Option<&[u8]> {
        let extensions = &self.0.extensions;
        let at = extensions.all.iter().position(|extension| extension.oid == oid)?;
        self.0.der.get(extensions.values.get(at)?.clone())
    }

    /// Whether the subject's alternative names are critical: they are the only identity then.
    pub fn alternative_names_are_critical(&self) -> bool {
        self.0.extensions.alternative_names_critical
    }

    /// Which names may be given below it, if it says so.
    pub fn name_constraints(&self) -> Option<&NameConstraints> {
        self.0.extensions.name_constraints.as_ref()
    }

    /// The identifier of the issuer's key, if there.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key_id.as_deref()
    }

    /// The identifier of its own key, if there.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key_id.as_deref()
    }

    /// Where its revocation lists are.
    pub fn distribution_points(&self) -> &[DistributionPoint] {
        &self.0.extensions.distribution_points
    }

    /// Where OCSP responders are that answer for it.
    pub fn ocsp_locations(&self) -> &[String] {
        &self.0.extensions.ocsp_locations
    }

    /// Whether an OCSP responder's certificate is to be believed without asking about it (RFC 6960, 4.2.2.2.1).
    pub fn has_ocsp_no_check(&self) -> bool {
        self.0.extensions.ocsp_no_check
    }
}

/// The library passes over what it cannot read in a name; here nothing is (threats P21, P22).
fn name(whose: &str, raw: &[u8]) -> Result<Name, CertificateError> {
    let read = Reader::new(raw).any().and_then(|element| Name::read(&element));
    read.map_err(|fault| CertificateError::Malformed(format!("its {whose} has {}", fault.place(raw).1)))
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Certificate({}, serial {})",
            self.subject().display(),
            self.serial().hex()
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair, SanType};

    use super::*;
    use crate::KeyAlgorithm;

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "web");
        change(&mut params);
        params
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .der()
            .to_vec()
    }

    /// The leaf of the contract's first signed request (section 9.1).
    const PUBLISHED: &str = "MIIBQjCB6qADAgECAgIBIzAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlWZWMgSW50ZXIwHhcNMjYwMTAxMDAwMDAwWhcNNDYwMTAxMDAwMDAwWjAgMQ0wCwYDVQQKDARBY21lMQ8wDQYDVQQDDAZ2ZWMtZWMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQbgM3yLzPi1JgB8oll+Okvj94j5adH1cRag6Q5CLN6F/OyqitHCJMaD0Mf7GlOkbXGROUgMPdH2OuG0h/3f65YoyAwHjAMBgNVHRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDAKBggqhkjOPQQDAgNHADBEAiBe6EaMYOxpmePUuGwWc4zilHFQIB6brJGfyUlwBzSKVwIgVslz5Rw8MSgLNF4uEdkFUb+sQorX6nJIChMd+QjbfOU=";

    #[test]
    fn a_published_certificate_is_read_whole() {
        let certificate = Certificate::parse(&STANDARD.decode(PUBLISHED).unwrap()).unwrap();
        assert_eq!(certificate.version(), 3);
        assert_eq!(
            (
                certificate.serial().hex().as_ref(),
                certificate.serial().decimal().as_str()
            ),
            ("0123", "291")
        );
        assert_eq!(certificate.subject().display(), "O=Acme,CN=vec-ec");
        assert_eq!(certificate.issuer().display(), "CN=Vec Inter");
        assert_eq!(certificate.not_before().rfc3339(), "2026-01-01T00:00:00Z");
        assert_eq!(certificate.not_after().rfc3339(), "2046-01-01T00:00:00Z");
        assert_eq!(certificate.key_usage().unwrap().describe(), "digitalSignature");
        assert!(!certificate.basic_constraints().unwrap().ca);
        assert_eq!(certificate.extended_key_usage(), None);
        assert_eq!(certificate.public_key().algorithm(), &KeyAlgorithm::P256);
        assert_eq!(certificate.public_key().key().len(), 65);
        assert_eq!(certificate.signature_algorithm(), &SignatureAlgorithm::Ecdsa(256));
        assert!(certificate.algorithms_agree());
    }

    /// Threat P17: every cut and every appended byte is refused, and no changed byte makes it panic.
    #[test]
    fn a_bent_certificate_is_refused_or_is_another_one() {
        let good = STANDARD.decode(PUBLISHED).unwrap();
        for length in 0..good.len() {
            assert!(
                Certificate::parse(good.get(..length).unwrap()).is_err(),
                "cut at {length}"
            );
        }
        let mut longer = good.clone();
        longer.push(0);
        assert!(Certificate::parse(&longer).is_err());
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bent = good.clone();
                *bent.get_mut(at).unwrap() ^= 1 << bit;
                if let Ok(read) = Certificate::parse(&bent) {
                    assert_ne!(read.sha256(), Certificate::parse(&good).unwrap().sha256());
                }
            }
        }
        assert!(matches!(
            Certificate::parse(&vec![0x30; LARGEST + 1]),
            Err(CertificateError::TooLarge(_))
        ));
    }

    /// Threat P17: no part may be written another way, whether the signature covers it or not.
    #[test]
    fn a_tag_of_another_class_is_refused() {
        let good = STANDARD.decode(PUBLISHED).unwrap();
        let signed = Signed::split(&good).unwrap();
        let algorithm = 4 + signed.tbs.len();
        let serial = good
            .windows(4)
            .position(|window| window == [0x02, 0x02, 0x01, 0x23])
            .unwrap();
        for at in [0, 4, serial, algorithm, good.len() - signed.signature.len() - 3] {
            for class in [0x40, 0x80, 0xc0] {
                let mut bent = good.clone();
                bent[at] |= class;
                assert!(Certificate::parse(&bent).is_err(), "byte {at}, class {class:02x}");
            }
        }
    }

    /// Threat P17: what follows a key is a part of what is read, though the library does not look at it.
    #[test]
    fn something_after_the_key_is_refused() {
        let good = STANDARD.decode(PUBLISHED).unwrap();
        let at = good.windows(2).position(|window| window == [0x30, 0x59]).unwrap();
        let (before, key) = good.split_at(at);
        let (key, after) = key.split_at(2 + 0x59);
        let mut bent = [before, &[0x30, 0x5b], &key[2..], &[0x05, 0x00], after].concat();
        // The lengths around it: of the whole (82 01 42), and of what was signed (81 ea).
        bent[3] += 2;
        bent[6] += 2;
        let error = Certificate::parse(&bent).unwrap_err().to_string();
        assert!(error.contains("something after the public key"), "{error}");
    }

    /// Threats P12, P24: what cannot be read or is not known is kept and named, not lost.
    #[test]
    fn odd_extensions_are_kept_with_what_is_odd() {
        let unknown = Certificate::parse(&made(|params| {
            let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
            extension.set_criticality(true);
            params.custom_extensions.push(extension);
        }))
        .unwrap();
        let odd: Vec<_> = unknown
            .extensions()
            .iter()
            .filter(|extension| !extension.known)
            .collect();
        assert_eq!(odd.len(), 1);
        assert!(
            odd.iter()
                .all(|extension| extension.critical && extension.oid == "1.3.6.1.4.1.99999.1")
        );

        // A subject alternative name with an address of three bytes.
        let short_address = Certificate::parse(&made(|params| {
            let content = vec![0x30, 0x05, 0x87, 0x03, 1, 2, 3];
            params
                .custom_extensions
                .push(CustomExtension::from_oid_content(&[2, 5, 29, 17], content));
        }))
        .unwrap();
        assert!(
            short_address
                .extensions()
                .iter()
                .any(|extension| extension.error.is_some())
        );

        // Key usage with an octet that says nothing.
        let long_usage = Certificate::parse(&made(|params| {
            let content = vec![0x03, 0x03, 0x00, 0x80, 0x00];
            params
                .custom_extensions
                .push(CustomExtension::from_oid_content(&[2, 5, 29, 15], content));
        }))
        .unwrap();
        assert!(
            long_usage
                .extensions()
                .iter()
                .any(|extension| extension.error.is_some())
        );

        // Basic constraints whose boolean is neither 00 nor FF: strict inside the extension too.
        let odd_boolean = Certificate::parse(&made(|params| {
            let content = vec![0x30, 0x03, 0x01, 0x01, 0x01];
            params
                .custom_extensions
                .push(CustomExtension::from_oid_content(&[2, 5, 29, 19], content));
        }))
        .unwrap();
        assert!(
            odd_boolean
                .extensions()
                .iter()
                .any(|extension| extension.error.is_some())
        );
    }

    #[test]
    fn alternative_names_keep_their_order_and_kind() {
        let certificate = Certificate::parse(&made(|params| {
            params.subject_alt_names = vec![
                SanType::DnsName("b.example".try_into().unwrap()),
                SanType::URI("spiffe://example/b".try_into().unwrap()),
                SanType::IpAddress("::1".parse().unwrap()),
                SanType::DnsName("a.example".try_into().unwrap()),
            ];
        }))
        .unwrap();
        assert_eq!(
            certificate.alternative_names(),
            [
                GeneralName::Dns("b.example".into()),
                GeneralName::Uri("spiffe://example/b".into()),
                GeneralName::Ip("::1".parse().unwrap()),
                GeneralName::Dns("a.example".into()),
            ]
        );
    }
}
