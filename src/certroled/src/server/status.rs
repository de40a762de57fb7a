//! Whether the daemon is ready, and what an operator should see when it is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use wire::Timestamp;

use super::steady::{Jumped, Steady};
use crate::clock;

/// The daemon's standing.
#[derive(Debug)]
pub(crate) struct Status {
    steady: Steady,
    stopping: AtomicBool,
    refused_reload: Mutex<Option<(Timestamp, String)>>,
}

impl Status {
    /// Of a daemon that begins now, by a clock that is taken as right.
    pub(crate) fn new() -> Self {
        Self {
            steady: Steady::new(clock::now(), clock::since_boot()),
            stopping: AtomicBool::new(false),
            refused_reload: Mutex::new(None),
        }
    }

    /// The time, if the clock may be believed.
    pub(crate) fn time(&self) -> Result<Timestamp, Jumped> {
        let now = clock::now();
        self.steady.judge(now, clock::since_boot()).map(|()| now)
    }

    /// An operator has looked: the clock is taken as right.
    pub(crate) fn accept_clock(&self) {
        self.steady.accept(clock::now(), clock::since_boot());
    }

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
