//! How many requests are answered at once: those that were let in, and no more than there is room for.

use std::sync::atomic::{AtomicUsize, Ordering};

/// The requests that are being answered.
#[derive(Debug)]
pub(crate) struct InFlight {
    most: usize,
    now: AtomicUsize,
}

/// A request's place among them, given back when dropped.
#[derive(Debug)]
pub(crate) struct Room<'f>(&'f InFlight);

impl InFlight {
    pub(crate) fn at_most(most: usize) -> Self {
        Self {
            most,
            now: AtomicUsize::new(0),
        }
    }

    /// A place, where there is one.
    pub(crate) fn enter(&self) -> Option<Room<'_>> {
        let one_more = |now: usize| (now < self.most).then(|| now.saturating_add(1));
        let entered = self
            .now
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        entered.ok().map(|_| Room(self))
    }

    /// How many there are now.
    pub(crate) fn now(&self) -> usize {
        self.now.load(Ordering::Relaxed)
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_and_for_the_next_when_one_has_left() {
        let requests = InFlight::at_most(2);
        let (one, two) = (requests.enter(), requests.enter());
        assert!(one.is_some() && two.is_some());
        for _ in 0..3 {
            assert!(requests.enter().is_none());
            assert_eq!(requests.now(), 2);
        }
        drop(one);
        assert_eq!(requests.now(), 1);
        assert!(requests.enter().is_some());
        drop(two);
        assert_eq!(requests.now(), 0);
    }
}
