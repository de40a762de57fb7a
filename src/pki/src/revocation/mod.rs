//! Revocation: what an anchor's policy makes of what is known (threats R1 to R7).
//!
//! What lives here: which lists may be used, what a list or an OCSP answer says about a certificate of a path, and the
//! verdict that a policy draws from it. What does not: fetching. Evidence comes in, verified or to be verified by the
//! keys of the very path that it is about; nothing here asks for more.

mod check;
mod evidence;
mod list;
mod lists;
mod ocsp;
mod policy;
mod responder;

pub(crate) use check::check_path;
pub use check::recheck;
pub use evidence::{Answer, AnswerStatus, Evidence, NoEvidence};
pub use list::{List, ListError};
pub use ocsp::{AnswerError, WITHOUT_NEXT_UPDATE, verify_answer};
pub use policy::{Checked, Mode, RevocationPolicy, Source, Undetermined, Verdict};
pub use responder::ResponderError;
