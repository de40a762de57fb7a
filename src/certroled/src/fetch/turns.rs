//! Whose turn it is: so many fetches at once, and one for each host. A slow host holds up nobody else, and a server is
//! not stormed because a thousand certificates name it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::location::Host;

/// The queues.
#[derive(Debug)]
pub(super) struct Turns {
    places: Arc<Semaphore>,
    hosts: Mutex<HashMap<Host, Weak<tokio::sync::Mutex<()>>>>,
}

/// A turn, given back when dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _host: OwnedMutexGuard<()>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Turns {
    pub(super) fn new(at_once: usize) -> Self {
        Self {
            // None at all would be a queue without an end.
            places: Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS))),
            hosts: Mutex::default(),
        }
    }

    pub(super) async fn take(&self, host: &Host) -> Turn {
        let queue = self.queue(host);
        // The host first: whoever waits for it must not hold a place.
        let host = queue.lock_owned().await;
        // Fails when the semaphore is closed, and nobody closes it.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        Turn {
            _host: host,
            _place: place,
        }
    }

    fn queue(&self, host: &Host) -> Arc<tokio::sync::Mutex<()>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = hosts.get(host).and_then(Weak::upgrade) {
            return queue;
        }
        // No host is remembered for longer than somebody waits for it.
        hosts.retain(|_, queue| queue.strong_count() > 0);
        let queue = Arc::default();
        hosts.insert(host.clone(), Arc::downgrade(&queue));
        queue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_host_is_remembered_that_nobody_waits_for() {
        let turns = Turns::new(8);
        for number in 0..100 {
            drop(turns.take(&Host::Name(format!("host-{number}"))).await);
        }
        assert_eq!(turns.hosts.lock().unwrap().len(), 1);
    }
}
