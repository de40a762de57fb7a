//! Strict reading: bytes to certificates, names, keys and their attributes.
//!
//! What lives here: a DER check that refuses whatever is not the one canonical encoding, the certificate as an owned
//! value, its names and extensions with what could not be read in them, revocation lists and OCSP responses, and the
//! PEM around certificates, lists and keys.
//!
//! What does not: judgement. A version 1 certificate, an unknown critical extension or a broken algorithm can be
//! read here, so that whoever refuses it can say why. Nothing here opens a file or reads a clock.

// Time, randomness and data come in as arguments.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod asn1_time;
mod certificate;
mod comparable;
mod crl;
mod der;
mod directory_name;
mod encode;
mod extension_list;
mod extensions;
mod general_name;
mod name;
mod name_constraints;
mod named_bits;
mod object_identifier;
mod ocsp;
mod pem;
mod primitives;
mod private_key;
mod public_key;
mod reader;
mod revocation_reason;
mod serial;
mod signature_algorithm;
mod signed;
mod spelling;
mod tbs;
mod written_name;

pub use certificate::{Certificate, CertificateError};
pub use crl::{
    Crl, CrlError, CrlFile, CrlFileError, CrlNumber, IssuingDistributionPoint, Revoked, read_crls,
};
pub use der::NotDer;
pub use extensions::{BasicConstraints, DistributionPoint, ExtendedKeyUsage, Extension, KeyUsage, PointName};
pub use general_name::{GeneralName, NameKind};
pub use name::{Attribute, Name, NotText};
pub use name_constraints::{NameConstraints, NotASubtree, Subtree};
pub use ocsp::{
    CertId, CertStatus, IssuerHash, OcspError, OcspRequest, OcspResponse, ResponderId, ResponseStatus,
    SingleResponse,
};
pub use pem::{PemError, read_certificates};
pub use private_key::{PrivateKeyDocument, PrivateKeyError};
pub use public_key::{KeyAlgorithm, PublicKey};
pub use revocation_reason::RevocationReason;
pub use serial::Serial;
pub use signature_algorithm::SignatureAlgorithm;
pub use signed::{NotSigned, Signed};
pub use written_name::NotAName;
