//! AWS Signature Version 4 and its X.509 variant: one code that signs and verifies, for both ends.
//!
//! What lives here: the canonical request, the string to sign, reading a signature from a request's header or query,
//! verifying and making it, and what a front door refuses before it looks at a signature at all (`door`).
//!
//! What does not: whose key it is, whether it may, and what time it is. Keys, verifiers and instants come in as
//! arguments.

// Time, randomness and data come in as arguments.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod authorization;
mod canonical;
pub mod door;
mod hmac;
mod primitives;
mod request;
mod signed;
mod x509_signature;

pub use authorization::{AuthorizationError, Scope};
pub use canonical::{PathRule, canonical_request, string_to_sign};
pub use hmac::{NewHeader, SigningKey, sign_header_form, sign_query_form};
pub use request::Request;
pub use signed::{Algorithm, Form, SignedRequest, UnreadableSignature};
pub use x509_signature::{CertificateSigner, SignError, X509Algorithm, X509Refused, sign_with_certificate};
