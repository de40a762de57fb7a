//! Whether the daemon is ready, and what an operator should see when it is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use wire::Timestamp;

/// The daemon's standing.
#[derive(Debug, Default)]
pub(crate) struct Status {
    stopping: AtomicBool,
    refused_reload: Mutex<Option<(Timestamp, String)>>,
}

impl Status {
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// What came of the last reload: nothing, or why it was refused.
    pub(crate) fn reloaded(&self, refused: Option<(Timestamp, String)>) {
        *self.refused_reload.lock().unwrap_or_else(PoisonError::into_inner) = refused;
    }

    pub(crate) fn refused_reload(&self) -> Option<(Timestamp, String)> {
        self.refused_reload
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
