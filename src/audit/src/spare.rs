//! Buffers for events, used again and again: one thread writes an event, another puts it into the file, and neither has to
//! free what the other allocated.

use std::sync::{Arc, Mutex, PoisonError};

/// What an exchange's event takes, in bytes.
const USUAL: usize = 2048;
/// A buffer that grew beyond this is not kept.
const LARGEST: usize = 16 * 1024;
/// How many are kept: what a batch brings back at most, under any load but the highest.
const MOST: usize = 256;

/// Buffers that are not in use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spare(Arc<Mutex<Vec<Vec<u8>>>>);

impl Spare {
    /// An empty buffer.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.kept().pop().unwrap_or_else(|| Vec::with_capacity(USUAL))
    }

    /// Takes buffers back.
    pub(crate) fn give(&self, buffers: impl Iterator<Item = Vec<u8>>) {
        // What is not kept is freed, and all is emptied, before anybody else has to wait.
        let mut empty: Vec<Vec<u8>> = buffers
            .filter(|buffer| buffer.capacity() <= LARGEST)
            .take(MOST)
            .collect();
        empty.iter_mut().for_each(Vec::clear);
        let mut kept = self.kept();
        let room = MOST.saturating_sub(kept.len()).min(empty.len());
        kept.extend(empty.drain(..room));
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        // Buffers are whole whatever a panic elsewhere interrupted.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_back_is_empty_and_bounded() {
        let spare = Spare::default();
        spare.give([b"{\"secret\":1}".to_vec(), vec![0; LARGEST + 1]].into_iter());
        assert_eq!(spare.kept().len(), 1);
        let taken = spare.take();
        assert!(taken.is_empty() && taken.capacity() > 0);
        spare.give((0..MOST + 9).map(|_| Vec::with_capacity(USUAL)));
        assert_eq!(spare.kept().len(), MOST);
        assert!(spare.take().is_empty());
    }
}
