//! JSON, where serde's own way is not enough: objects read without losing a member, and objects that every exchange
//! writes.

mod members;
mod object;

pub(crate) use members::{Member, Members};
pub use object::JsonObject;
