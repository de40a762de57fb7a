//! The front doors. A door reads a request, hands it to the broker and answers with what comes back; it decides
//! nothing about trust.

pub(crate) mod sessions;
pub(crate) mod sts;
