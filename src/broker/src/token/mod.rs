//! The embedded issuer's session token: stateless, sealed, recognised by every node that holds the sealing keys.

mod claims;
mod keys;
mod seal;

pub use claims::Claims;
pub use keys::{
    KeyRing, NotOurs, OPENING_SECONDS, PUBLICATION_SECONDS, ROTATION_SECONDS, RootKey, SealingKey,
};
pub(crate) use seal::{OpenedToken, Salt, open, seal};
