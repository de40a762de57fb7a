//! The names and shapes on the wire, shared by the broker and the client.
//!
//! What lives here: ARNs, identifiers, instants, the members of `CreateSession` and its answer, the answers of
//! STS, the `credential_process` document, the classes of error that a caller may learn, and the writer of JSON
//! objects that answers and events share. Bytes become these types once, at the edge; a value that exists is valid.
//!
//! What does not: certificates (`x509`), signatures (`sigv4`), and any decision. Nothing here reads a clock, draws
//! a random number or opens a file.

// Time, randomness and data come in as arguments.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod account;
mod arn;
mod ascii;
mod create_session;
mod credential_process;
mod error_class;
mod identifiers;
mod json;
mod names;
mod session_duration;
mod sts;
mod timestamp;

pub use account::{AccountId, InvalidAccountId};
pub use arn::{
    AssumedRoleArn, InvalidArn, Partition, ProfileArn, Region, RoleArn, SubjectArn, TrustAnchorArn,
};
pub use ascii::Ascii;
pub use create_session::{
    AssumedRoleUser, CreateSession, CreateSessionResponse, CredentialSet, Credentials,
    MalformedCreateSession, SecretText,
};
pub use credential_process::CredentialProcessOutput;
pub use error_class::ErrorClass;
pub use identifiers::{AccessKeyId, InvalidIdentifier, ObjectKind, RequestId, RoleId, file_object_id};
pub use json::JsonObject;
pub use names::{InvalidName, RoleSessionName, SourceIdentity};
pub use session_duration::{InvalidSessionDuration, SessionDuration};
pub use sts::{CallerIdentityResponse, StsError};
pub use timestamp::{InvalidTimestamp, Timestamp};
