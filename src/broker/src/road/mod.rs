//! The road: five steps, each a type that only the step before can make.
//!
//! `Presented` ─authenticate▶ `Authenticated` ─authorize▶ `Authorized` ─issue▶ `Issued` ─record▶ `Recorded`. No type
//! here can be built by hand, so a step that is skipped does not compile (tests/compile-fail shows each).

mod authenticate;
mod authorize;
mod end_entity;
mod issue;
mod present;
mod rehearse;

pub use authenticate::Authenticated;
pub use authorize::Authorized;
pub(crate) use end_entity::Fit;
pub use issue::Issued;
pub use present::Presented;
pub use rehearse::{Granted, Rehearsal, Supposition};
