//! Trust anchors.

use rustls_pki_types::CertificateDer;
use wire::Timestamp;
use x509::{Certificate, KeyAlgorithm};

/// Why certificates do not make a trust anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// There is none.
    #[error("there is no certificate in it")]
    Empty,
    /// One of them is not fit.
    #[error("certificate `{subject}`: {reason}")]
    Certificate {
        /// Which.
        subject: String,
        /// Why.
        reason: String,
    },
    /// One stands twice.
    #[error("certificate `{0}` stands in it twice")]
    Twice(String),
}

/// A trust anchor: CA certificates, roots or intermediates, each trusted by itself. A path ends at any of them.
#[derive(Debug, Clone)]
pub struct TrustAnchor {
    certificates: Vec<Certificate>,
    pub(crate) prepared: Vec<rustls_pki_types::TrustAnchor<'static>>,
}

impl TrustAnchor {
    /// The anchor of these certificates. Each must be a CA certificate (contract 2): version 3, `CA:TRUE`,
    /// keyCertSign where key usage is there, a key and a signature that are fit for use (threats P4, P14, P19).
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, AnchorError> {
        if certificates.is_empty() {
            return Err(AnchorError::Empty);
        }
        let mut prepared = Vec::with_capacity(certificates.len());
        for (at, certificate) in certificates.iter().enumerate() {
            let subject = certificate.subject().display();
            if certificates.iter().take(at).any(|other| other == certificate) {
                return Err(AnchorError::Twice(subject));
            }
            let not_fit = |reason: String| AnchorError::Certificate {
                subject: subject.clone(),
                reason,
            };
            check_ca(certificate).map_err(|reason| not_fit(reason.to_string()))?;
            let der = CertificateDer::from(certificate.der());
            let anchor =
                webpki::anchor_from_trusted_cert(&der).map_err(|error| not_fit(error.to_string()))?;
            prepared.push(anchor.to_owned());
        }
        Ok(Self {
            certificates,
            prepared,
        })
    }

    /// The certificates.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The earliest end of any of the certificates.
    pub fn earliest_not_after(&self) -> Timestamp {
        let ends = self.certificates.iter().map(Certificate::not_after);
        ends.min().unwrap_or(Timestamp::from_seconds(i64::MIN))
    }
}

/// What makes a certificate unfit to be a CA, wherever on a path it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotACa {
    #[error("it is of version {0}; a CA certificate is of version 3")]
    Version(u32),
    #[error("it is not a CA certificate (basicConstraints does not say CA:TRUE)")]
    BasicConstraints,
    #[error("its key may not sign certificates (keyUsage is {0})")]
    KeyUsage(String),
    #[error("its serial number {0} is not a positive number of at most 20 octets")]
    Serial(String),
    #[error("its subject is empty")]
    EmptySubject,
    #[error("it has the critical extension {0}, which is not known")]
    UnknownCriticalExtension(String),
    #[error("its extension {oid} {reason}")]
    Extension { oid: String, reason: String },
    #[error("its key is {0}, which is not accepted")]
    Key(String),
    #[error("it is signed with {0}, which is not accepted")]
    Signature(String),
    #[error("the algorithm inside what was signed is not the one of the signature")]
    AlgorithmsDisagree,
}

/// Judges a CA certificate by itself. The signature algorithm of a self-signed one does not matter: nobody relies on
/// its signature, but a weak one is a sign of a CA that should be gone.
pub(crate) fn check_ca(certificate: &Certificate) -> Result<(), NotACa> {
    if certificate.version() != 3 {
        return Err(NotACa::Version(certificate.version()));
    }
    check_form(certificate)?;
    if certificate.subject().is_empty() {
        return Err(NotACa::EmptySubject);
    }
    if !certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.ca)
    {
        return Err(NotACa::BasicConstraints);
    }
    if let Some(usage) = certificate.key_usage()
        && !usage.key_cert_sign()
    {
        return Err(NotACa::KeyUsage(usage.describe()));
    }
    match certificate.public_key().algorithm() {
        KeyAlgorithm::Rsa { bits } if !(2048..=8192).contains(bits) => {
            Err(NotACa::Key(format!("RSA {bits}")))
        }
        KeyAlgorithm::Other(what) => Err(NotACa::Key(what.clone())),
        _ => Ok(()),
    }
}

/// What every certificate of a path must be, CA or not (threats P12, P13, P14).
pub(crate) fn check_form(certificate: &Certificate) -> Result<(), NotACa> {
    let serial = certificate.serial();
    if !serial.is_positive() || serial.octets().len() > 20 {
        return Err(NotACa::Serial(serial.hex()));
    }
    let mut seen: Vec<&str> = Vec::new();
    for extension in certificate.extensions() {
        let named = |reason: String| NotACa::Extension {
            oid: extension.oid.clone(),
            reason,
        };
        if let Some(error) = &extension.error {
            return Err(named(error.clone()));
        }
        if seen.contains(&extension.oid.as_str()) {
            return Err(named("stands twice".to_owned()));
        }
        seen.push(&extension.oid);
        if extension.critical && !extension.known {
            return Err(NotACa::UnknownCriticalExtension(extension.oid.clone()));
        }
    }
    if !certificate.algorithms_agree() {
        return Err(NotACa::AlgorithmsDisagree);
    }
    if certificate.signature_algorithm().is_weak() {
        return Err(NotACa::Signature(certificate.signature_algorithm().to_string()));
    }
    Ok(())
}
