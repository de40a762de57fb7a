//! What the targets about paths share: from bytes to a small world of certificates, and what it should come to.
//!
//! What lives here: the plan that bytes choose (`plan`), the certificates and lists of it (`der`, `names`, `build`),
//! asking `pki` about them (`ask`), and a second judge (`judge`, `revocation`, `dialect`). The judge reads the plan and never a certificate, tries every
//! path there is, and shares no code with `pki`: what the two disagree on is a mistake of one of them.
//!
//! What does not: any parser under test.

pub mod ask;
pub mod build;
pub mod der;
pub mod dialect;
pub mod judge;
pub mod names;
pub mod plan;
pub mod revocation;
