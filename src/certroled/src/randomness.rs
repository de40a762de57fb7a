//! The one source of randomness: the system's.

use broker::{Randomness, RandomnessUnavailable};

use crate::primitives::rand::{SecureRandom as _, SystemRandom};

/// The system's source.
#[derive(Debug)]
pub(crate) struct System(SystemRandom);

impl System {
    pub(crate) fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Randomness for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        self.0.fill(bytes).map_err(|_| RandomnessUnavailable)
    }
}
