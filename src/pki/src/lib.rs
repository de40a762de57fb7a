//! Trust decisions: anchors, whether a path leads from a certificate to one of them, and whether anything on it is
//! revoked.
//!
//! What lives here: what a trust anchor must be, path building and validation (RFC 5280, section 6), the rules about
//! revocation, and the reason when there is no path.
//!
//! What does not: what a broker wants of an end-entity certificate besides (`broker`), where anchors and revocation
//! data come from, and the arithmetic of signatures, which comes in as verifiers. A pure function of certificates,
//! anchors, revocation data, verifiers and time: nothing is fetched, no clock is read.

// Time, randomness and data come in as arguments.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod anchor;
mod anchor_constraints;
mod error;
mod fitness;
mod graph;
mod judge;
mod name_constraints;
mod path;
mod question;
mod revocation;
mod search;
mod signature;
mod work;

pub use anchor::{AnchorError, AnchorKind, TrustAnchor};
pub use anchor_constraints::{AnchorConstraints, KeyRule};
pub use error::PathError;
pub use fitness::{Unfit, check_end_entity};
pub use path::VerifiedPath;
pub use question::Question;
pub use revocation::{
    Answer, AnswerError, AnswerStatus, Checked, Evidence, List, ListError, Mode, NoEvidence, ResponderError,
    RevocationPolicy, Source, Undetermined, Verdict, WITHOUT_NEXT_UPDATE, recheck, verify_answer,
};
pub use search::{Report, Tried, explain, validate};
pub use signature::{
    Algorithms, BadSignature, NoMemory, SignatureFact, SignatureMemory, verify as verify_signature,
};
pub use work::{Limits, TooMuch, Work};
