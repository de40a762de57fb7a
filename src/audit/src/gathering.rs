//! When the writer begins a batch: how long it waits for lines to come together.
//!
//! A sync costs much the same for one line as for ten, and with every sync the writer and whoever waits for it go to sleep
//! and are woken, which costs more than writing a line does. Those who were just answered are likely to come again, on
//! connections that they keep: so the writer waits for as many lines as the last sync was shared by. Whoever asks
//! alone shared it with nobody and waits for nobody, but once after company.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// Where more lines share a sync, they come close enough behind each other, and to wait for more costs more than it saves.
const FEW: usize = 16;
/// While the writer waits for nobody.
const NOBODY: usize = usize::MAX;

/// What became of the last batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Last {
    /// For how many lines somebody waited.
    pub(crate) lines: usize,
    /// How long it took, from its first byte to its last answer.
    pub(crate) took: Duration,
    /// When it was done.
    pub(crate) done: Instant,
}

impl Last {
    /// For how many lines the next batch waits, and until when: for as long as the last one took twice, and what the
    /// system's timer adds to that (some 50 µs).
    fn awaited(self, longest: Duration) -> Option<(usize, Instant)> {
        let wait = self.took.saturating_mul(2).min(longest);
        let until = self.done.checked_add(wait)?;
        (2..=FEW).contains(&self.lines).then_some((self.lines, until))
    }
}

/// For how many lines the writer waits, as those who bring lines see it.
#[derive(Debug, Clone)]
pub(crate) struct Gathering {
    awaited: Arc<AtomicUsize>,
    longest: Duration,
}

impl Gathering {
    /// Nobody waits for others any longer than this.
    pub(crate) fn for_at_most(longest: Duration) -> Self {
        let awaited = Arc::new(AtomicUsize::new(NOBODY));
        Self { awaited, longest }
    }

    /// The writer's part: returns when as many lines are queued as are awaited after such a batch, or when it is time.
    pub(crate) fn wait(&self, last: Last, queued: impl Fn() -> usize) {
        let Some((lines, until)) = last.awaited(self.longest) else {
            return;
        };
        self.awaited.store(lines, Ordering::SeqCst);
        while queued() < lines {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            thread::park_timeout(left);
        }
        self.awaited.store(NOBODY, Ordering::SeqCst);
    }

    /// The part of whoever has brought a line: the writer is woken when all that it waits for are there. Were it not, in
    /// a race, it would go on by itself when it is time; as it does for lines that nobody waits for, for whoever found the
    /// queue full, and for the log's end.
    pub(crate) fn brought(&self, queued: usize, writer: &Thread) {
        if queued >= self.awaited.load(Ordering::SeqCst) {
            writer.unpark();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn last(lines: usize, took: Duration) -> Last {
        Last {
            lines,
            took,
            done: Instant::now(),
        }
    }

    #[test]
    fn as_many_are_awaited_as_shared_the_last_sync_and_not_for_long() {
        let (short, long) = (Duration::from_micros(300), Duration::from_secs(10));
        for (lines, took, wanted) in [
            (0, short, None),
            (1, long, None),
            (2, short, Some((2, 2 * short))),
            (16, long, Some((16, MILLISECOND))),
            (17, short, None),
        ] {
            let last = last(lines, took);
            let awaited = last
                .awaited(MILLISECOND)
                .map(|(lines, until)| (lines, until - last.done));
            assert_eq!(awaited, wanted, "{lines} lines, {took:?}");
        }
    }

    #[test]
    fn the_last_line_that_is_awaited_wakes_the_writer() {
        let (gathering, queue) = (Gathering::for_at_most(MILLISECOND), Arc::new(AtomicUsize::new(0)));
        let writer = thread::spawn({
            let (gathering, queue) = (gathering.clone(), Arc::clone(&queue));
            // Time runs out long after everything else.
            let far = Last {
                done: Instant::now() + Duration::from_secs(30),
                ..last(3, Duration::ZERO)
            };
            move || {
                gathering.wait(far, || queue.load(Ordering::SeqCst));
                (queue.load(Ordering::SeqCst), Instant::now() < far.done)
            }
        });
        while gathering.awaited.load(Ordering::SeqCst) == NOBODY && !writer.is_finished() {
            thread::yield_now();
        }
        for _ in 0..3 {
            let queued = queue.fetch_add(1, Ordering::SeqCst) + 1;
            gathering.brought(queued, writer.thread());
        }
        let (lines, in_time) = writer.join().unwrap();
        assert_eq!(lines, 3);
        assert!(in_time, "nobody woke it");
        assert_eq!(
            gathering.awaited.load(Ordering::SeqCst),
            NOBODY,
            "it waits no more"
        );
    }

    #[test]
    fn the_writer_goes_on_when_it_is_time() {
        let gathering = Gathering::for_at_most(MILLISECOND);
        gathering.wait(last(16, Duration::from_micros(1)), || 15);
        assert_eq!(
            gathering.awaited.load(Ordering::SeqCst),
            NOBODY,
            "it waits no more"
        );
    }
}
