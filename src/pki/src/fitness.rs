//! What a certificate must be by itself, wherever on a path it stands: its form, its key, and whether it may be a CA.

use x509::{Certificate, KeyAlgorithm};

/// What makes a certificate unfit for its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Not of version 3 (RFC 5280, 4.1.2.1).
    #[error("it is of version {0}; only version 3 is accepted")]
    Version(u32),
    /// A CA was wanted (RFC 5280, 4.2.1.9).
    #[error("it is not a CA certificate (basicConstraints does not say CA:TRUE)")]
    NotACa,
    /// An end-entity was wanted.
    #[error("it is a CA certificate (basicConstraints says CA:TRUE), and not an end-entity's")]
    IsACa,
    /// A CA whose key may not sign certificates (RFC 5280, 4.2.1.3).
    #[error("its key may not sign certificates (keyUsage is {0})")]
    KeyUsage(String),
    /// An end-entity whose key may.
    #[error("its key may sign certificates (keyUsage is {0}), which an end-entity's may not")]
    SignsCertificates(String),
    /// RFC 5280, 4.1.2.2.
    #[error("its serial number {0} is not a positive number of at most 20 octets")]
    Serial(String),
    /// A CA without a name (RFC 5280, 4.1.2.6).
    #[error("its subject is empty")]
    EmptySubject,
    /// RFC 5280, 4.2.1.6.
    #[error("its subject is empty, and its alternative names are not critical: it names nobody")]
    NamesNobody,
    /// RFC 5280, 4.1.2.4.
    #[error("its issuer is empty")]
    EmptyIssuer,
    /// RFC 5280, 4.2.1.10.
    #[error("it constrains the names of others, and is no CA")]
    ConstrainsNames,
    /// RFC 5280, 4.2.
    #[error("it has the critical extension {0}, which is not known")]
    UnknownCriticalExtension(String),
    /// One that stands twice (RFC 5280, 4.2).
    #[error("its extension {0} stands twice")]
    RepeatedExtension(String),
    /// One that cannot be read, or is critical where it must not be, or the other way round.
    #[error("its extension {oid} {reason}")]
    Extension {
        /// Its type, dotted.
        oid: String,
        /// What is wrong with it.
        reason: String,
    },
    /// More extensions than are looked at.
    #[error("it has {0} extensions; at most {MOST_EXTENSIONS} are looked at")]
    TooManyExtensions(usize),
    /// A key of a kind or size that nothing is built on.
    #[error("its key is {0}, which is not accepted")]
    Key(String),
    /// Signed with what no longer stands for anything.
    #[error("it is signed with {0}, which is not accepted")]
    Signature(String),
    /// RFC 5280, 4.1.1.2.
    #[error("the algorithm inside what was signed is not the one of the signature")]
    AlgorithmsDisagree,
}

/// RFC 5280 knows 17, and CAs add a few of their own. Each is compared with all before it, and a certificate has room
/// for thousands.
const MOST_EXTENSIONS: usize = 64;
/// Must be critical (RFC 5280, 4.2.1.11): one that is not says that it may be ignored.
const POLICY_CONSTRAINTS: &str = "2.5.29.36";
/// Must not be critical (RFC 5280, 4.2.1.1 and 4.2.1.2).
const KEY_IDENTIFIERS: [&str; 2] = ["2.5.29.35", "2.5.29.14"];

/// Judges an anchor's CA certificate. Roots with the serial number zero are in use, and nobody looks a root's up; of
/// every other certificate of a path it must be positive.
pub(crate) fn check_anchor(certificate: &Certificate) -> Result<(), Unfit> {
    let zero = certificate.serial().octets() == [0] && certificate.is_self_issued();
    check_ca_but(certificate, zero)
}

/// Judges a CA certificate (threat P4). The signature of a self-signed one does not matter: nobody relies on it, but a
/// weak one is a sign of a CA that should be gone.
pub(crate) fn check_ca(certificate: &Certificate) -> Result<(), Unfit> {
    check_ca_but(certificate, false)
}

fn check_ca_but(certificate: &Certificate, any_serial: bool) -> Result<(), Unfit> {
    if !any_serial {
        check_serial(certificate)?;
    }
    check_form(certificate)?;
    if certificate.subject().is_empty() {
        return Err(Unfit::EmptySubject);
    }
    if !certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.ca)
    {
        return Err(Unfit::NotACa);
    }
    match certificate.key_usage() {
        Some(usage) if !usage.key_cert_sign() => Err(Unfit::KeyUsage(usage.describe())),
        _ => Ok(()),
    }
}

/// Judges an end-entity certificate (threat P3), as far as every verifier must; what a broker wants besides is the
/// broker's to say. Work is bounded whatever the certificate holds, so that it may be asked about a stranger's.
pub fn check_end_entity(certificate: &Certificate) -> Result<(), Unfit> {
    check_serial(certificate)?;
    check_form(certificate)?;
    if certificate
        .basic_constraints()
        .is_some_and(|constraints| constraints.ca)
    {
        return Err(Unfit::IsACa);
    }
    if let Some(usage) = certificate.key_usage()
        && usage.key_cert_sign()
    {
        return Err(Unfit::SignsCertificates(usage.describe()));
    }
    if certificate.name_constraints().is_some() {
        return Err(Unfit::ConstrainsNames);
    }
    if certificate.subject().is_empty() && !certificate.alternative_names_are_critical() {
        return Err(Unfit::NamesNobody);
    }
    Ok(())
}

/// Serial numbers look certificates up in lists and in the audit log (threat P13).
fn check_serial(certificate: &Certificate) -> Result<(), Unfit> {
    let serial = certificate.serial();
    if serial.is_positive() && serial.octets().len() <= 20 {
        Ok(())
    } else {
        Err(Unfit::Serial(serial.hex().to_string()))
    }
}

/// What every certificate of a path must be (threats P12, P14).
fn check_form(certificate: &Certificate) -> Result<(), Unfit> {
    if certificate.version() != 3 {
        return Err(Unfit::Version(certificate.version()));
    }
    if certificate.issuer().is_empty() {
        return Err(Unfit::EmptyIssuer);
    }
    check_extensions(certificate)?;
    if !certificate.algorithms_agree() {
        return Err(Unfit::AlgorithmsDisagree);
    }
    if certificate.signature_algorithm().is_weak() {
        return Err(Unfit::Signature(certificate.signature_algorithm().to_string()));
    }
    match certificate.public_key().algorithm() {
        KeyAlgorithm::Rsa { bits } if !(2048..=8192).contains(bits) => Err(Unfit::Key(format!("RSA {bits}"))),
        KeyAlgorithm::Other(what) => Err(Unfit::Key(what.clone())),
        _ => Ok(()),
    }
}

fn check_extensions(certificate: &Certificate) -> Result<(), Unfit> {
    let extensions = certificate.extensions();
    if extensions.len() > MOST_EXTENSIONS {
        return Err(Unfit::TooManyExtensions(extensions.len()));
    }
    for (at, extension) in extensions.iter().enumerate() {
        let odd = |reason: &str| Unfit::Extension {
            oid: extension.oid.clone(),
            reason: reason.to_owned(),
        };
        if let Some(error) = &extension.error {
            return Err(odd(error));
        }
        if extensions.iter().take(at).any(|other| other.oid == extension.oid) {
            return Err(Unfit::RepeatedExtension(extension.oid.clone()));
        }
        if extension.critical && !extension.known {
            return Err(Unfit::UnknownCriticalExtension(extension.oid.clone()));
        }
        if extension.critical && KEY_IDENTIFIERS.contains(&extension.oid.as_str()) {
            return Err(odd("is critical, which it must not be"));
        }
        if !extension.critical && extension.oid == POLICY_CONSTRAINTS {
            return Err(odd("is not critical, which it must be"));
        }
    }
    Ok(())
}
