//! Files that hold secrets or decide about trust: opened once, judged on the open descriptor, then read from it.
//!
//! What lives here: the rule for private keys (`rule`), the rule for configuration and anchors, which need no secrecy
//! but must not be writable by others, and the few ways in which our programs make such files (`create`). Both programs
//! hold their key files to the same rule (threats C1, O10).
//!
//! What does not: what is in the files.

mod acl;
mod create;
mod memory;
mod open;
mod parents;
mod refusal;
mod rule;

pub use acl::{Acl, AclEntry, AclTag};
pub use create::{create_private, create_private_folder};
pub use memory::no_core_dumps;
pub use open::{
    Parents, Policy, PrivateFile, check_private_folder, check_trusted_folder, read_private, read_trusted,
    read_trusted_up_to,
};
pub use refusal::{FileProblem, Refusal};
pub use rule::{Breach, Caller, Facts, judge_private, judge_trusted};
