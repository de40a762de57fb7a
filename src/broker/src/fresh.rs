//! What makes one request unlike any other: random bytes that serve once.

use std::fmt;

use wire::RequestId;

use crate::randomness::{Randomness, RandomnessUnavailable, random};
use crate::token::Salt;

/// The randomness of one request, drawn at once: to ask the system costs more than the bytes.
///
/// An exchange takes it whole, and there is no second of it: a salt that served twice would seal two tokens under one key
/// (threat K6). For the same reason it is to be drawn when nothing is waited for any more: a machine that is copied
/// between the draw and the seal would seal twice.
pub struct Fresh {
    request: [u8; 16],
    pub(crate) access_key: [u8; 5],
    pub(crate) session: [u8; 16],
    pub(crate) salt: Salt,
    pub(crate) event: [u8; 16],
}

impl Fresh {
    /// Draws it.
    pub fn draw(source: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        let bytes: [u8; 85] = random(source)?;
        let mut fresh = Self {
            request: [0; 16],
            access_key: [0; 5],
            session: [0; 16],
            salt: [0; 32],
            event: [0; 16],
        };
        let mut rest = bytes.as_slice();
        for part in [
            fresh.request.as_mut_slice(),
            &mut fresh.access_key,
            &mut fresh.session,
            &mut fresh.salt,
            &mut fresh.event,
        ] {
            let (these, others) = rest.split_at_checked(part.len()).ok_or(RandomnessUnavailable)?;
            part.copy_from_slice(these);
            rest = others;
        }
        Ok(fresh)
    }

    /// The id of the request.
    pub fn request_id(&self) -> RequestId {
        RequestId::from_random(self.request)
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh")
            .field("request_id", &self.request_id())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::test_support::{Counted, NoRandomness};

    /// Threats K6, O6.
    #[test]
    fn every_part_is_drawn_and_without_randomness_nothing_is() {
        assert_eq!(Fresh::draw(&NoRandomness).err(), Some(RandomnessUnavailable));
        let source = Counted::default();
        let parts = |fresh: Fresh| {
            [
                fresh.request.to_vec(),
                fresh.access_key.to_vec(),
                fresh.session.to_vec(),
                fresh.salt.to_vec(),
                fresh.event.to_vec(),
            ]
        };
        // No byte serves two parts, and none is left out.
        let drawn: [u8; 85] = random(&Counted::default()).unwrap();
        assert_eq!(parts(Fresh::draw(&source).unwrap()).concat(), drawn);
        let (one, two) = (
            parts(Fresh::draw(&source).unwrap()),
            parts(Fresh::draw(&source).unwrap()),
        );
        for (at, (one, two)) in one.iter().zip(&two).enumerate() {
            assert_ne!(one, two, "part {at}");
        }
    }
}
