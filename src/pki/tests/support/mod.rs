//! What the suites share: certificates, lists and OCSP responses made on the spot, and the questions about them.
//!
//! rcgen makes whatever is well-behaved. What it will not write is taken apart, bent and signed again (`bent`), or put
//! together from DER by hand (`der`, `lists`, `responses`).

// Each suite is a program of its own and uses a part of this.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    dead_code,
    unreachable_pub,
    missing_docs
)]

pub mod bent;
pub mod certificates;
pub mod der;
pub mod evidence;
pub mod listed;
pub mod lists;
pub mod places;
pub mod questions;
pub mod responses;
