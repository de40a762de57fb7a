//! The IAM policy language, as far as a role's trust policy needs it, and session tags.
//!
//! What lives here: trust policies (parsing, validation, "safe by default", evaluation), the request context they are
//! evaluated in, the mapping of certificate attributes to session tags, and source identities.
//!
//! What does not: identity and session policies, and who may call what. A policy that holds anything not understood
//! here is refused when it is loaded; nothing is ignored. Nothing here reads a clock.

// Time, randomness and data come in as arguments.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod condition;
mod context;
mod error;
mod json;
mod mapping;
mod operator;
mod pattern;
mod policy;
mod safety;
mod source_identity;
mod statement;
mod value;

pub use context::{ContextBuilder, RequestContext};
pub use error::PolicyError;
pub use mapping::{AttributeMapping, InvalidMapping, SessionTags};
pub use policy::{Decision, Explanation, TrustPolicy};
pub use safety::{Allowances, TRUST_ANCHOR_PLACEHOLDER};
pub use source_identity::source_identity;
