//! The exchange and its issuers.
//!
//! What lives here: the road of five steps (`road`), the one function that tells it (`Broker::exchange`), the objects
//! it is judged by (`Snapshot`), what is remembered between exchanges (`memory`) and known of revocation, the embedded
//! issuer's tokens (`token`), the memory of signed requests, and the check of credentials that were issued
//! (`Broker::caller_identity`).
//!
//! What does not: HTTP and TLS (a request arrives as plain bytes, a handshake as a finished proof), files, clocks.
//! Outside is reached through `audit` and the traits defined here.

mod attempt;
mod exchange;
mod fresh;
mod identity;
mod memory;
mod primitives;
mod randomness;
mod record;
mod refusal;
mod replay;
mod revocation;
mod road;
mod snapshot;
#[cfg(test)]
#[allow(clippy::expect_used)]
mod test_support;
mod token;

pub use attempt::{Attempt, HandshakeProof, Source};
pub use exchange::{Broker, Session};
pub use fresh::Fresh;
pub use identity::CallerIdentity;
pub use memory::CertificateMemory;
pub use randomness::{Randomness, RandomnessUnavailable};
pub use record::{EdgeRefusal, Nothing, OperatorCommand, Recorded, Witness};
pub use refusal::{Refusal, Refused, Step};
pub use revocation::{EvidenceSource, IssuerLists, NoEvidenceSource, OcspAnswers, RevocationLists, Wanted};
pub use road::{Authenticated, Authorized, Granted, Issued, Presented, Rehearsal, Supposition};
pub use snapshot::{Anchor, Profile, Replay, Role, Snapshot, SnapshotBuilder, SnapshotError};
pub use token::{
    Claims, KeyRing, NotOurs, OPENING_SECONDS, PUBLICATION_SECONDS, ROTATION_SECONDS, RootKey, SealingKey,
};
