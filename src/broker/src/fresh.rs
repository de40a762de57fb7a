//! What makes one exchange unlike any other: random bytes that serve once.

use wire::RequestId;

use crate::randomness::{Randomness, RandomnessUnavailable, random};
use crate::token::Salt;

/// The randomness of one exchange, drawn at once when its request arrives: to ask the system costs more than the bytes.
///
/// It is spent by [`Broker::exchange`](crate::Broker::exchange), and there is no second of it: a salt that served twice
/// would seal two tokens under one key (threat K6).
#[derive(Debug)]
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
        let first = parts(Fresh::draw(&source).unwrap());
        let second = parts(Fresh::draw(&source).unwrap());
        for (at, (one, two)) in first.iter().zip(&second).enumerate() {
            assert_ne!(one, two, "part {at}");
            assert_ne!(*one, vec![0; one.len()], "part {at}");
            assert!(!first.iter().skip(at + 1).any(|other| other == one), "part {at}");
        }
    }
}
