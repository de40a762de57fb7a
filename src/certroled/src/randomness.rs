//! The one source of randomness: the system's; and what requests draw from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use broker::{Fresh, Randomness, RandomnessUnavailable};

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

/// Where requests draw from. The log says when it fails and when it gives again, and not for each request.
#[derive(Debug)]
pub(crate) struct Drawing {
    source: Arc<dyn Randomness>,
    failing: AtomicBool,
}

impl From<Arc<dyn Randomness>> for Drawing {
    fn from(source: Arc<dyn Randomness>) -> Self {
        Self {
            source,
            failing: AtomicBool::new(false),
        }
    }
}

impl Drawing {
    /// The randomness of one request.
    pub(crate) fn fresh(&self) -> Option<Fresh> {
        match Fresh::draw(self.source.as_ref()) {
            Ok(fresh) => {
                // Read first: what is written, all processors must be told of.
                if self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed) {
                    tracing::warn!("there is randomness again: issuing goes on");
                }
                Some(fresh)
            }
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, "nothing is issued until there is randomness again");
                }
                None
            }
        }
    }
}
