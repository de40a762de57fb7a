//! A future that is polled when it was woken itself, and not whenever its task is.
//!
//! A connection's task is polled three times for each request, and what watches over it has something to say once in a
//! connection's life, if ever. To ask a timer and a channel each time takes locks that all connections share.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// See the module.
#[derive(Debug)]
pub(crate) struct OnlyWhenWoken<F> {
    future: F,
    bell: Arc<Bell>,
    /// Rings the bell.
    ring: Waker,
    /// The task that the bell calls.
    task: Option<Waker>,
}

/// What the future is woken by.
#[derive(Debug)]
struct Bell {
    rung: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl<F> OnlyWhenWoken<F> {
    pub(crate) fn new(future: F) -> Self {
        let bell = Arc::new(Bell {
            // It is polled once without being woken, to say what it waits for.
            rung: AtomicBool::new(true),
            task: Mutex::default(),
        });
        Self {
            future,
            ring: Waker::from(Arc::clone(&bell)),
            bell,
            task: None,
        }
    }
}

impl<F: Future + Unpin> Future for OnlyWhenWoken<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let called = this.task.as_ref();
        if !called.is_some_and(|task| task.will_wake(context.waker())) {
            // Before the bell is looked at: who rings later calls the right task.
            this.bell.call(context.waker());
            this.task = Some(context.waker().clone());
        }
        if !this.bell.rung.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        Pin::new(&mut this.future).poll(&mut Context::from_waker(&this.ring))
    }
}

impl Bell {
    fn call(&self, task: &Waker) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.clone());
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task.as_ref() {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Counts how often it is woken.
    #[derive(Debug, Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn it_is_polled_at_first_and_when_woken_and_calls_the_task_that_asked_last() {
        let mut polls = 0;
        let mut wakers = Vec::new();
        let mut watched = OnlyWhenWoken::new(std::future::poll_fn(|context| {
            polls += 1;
            wakers.push(context.waker().clone());
            if polls < 3 {
                Poll::Pending
            } else {
                Poll::Ready(polls)
            }
        }));
        let (one, two) = (Arc::new(Task::default()), Arc::new(Task::default()));
        let mut poll = |task: &Arc<Task>| {
            let waker = Waker::from(Arc::clone(task));
            let polled = Pin::new(&mut watched).poll(&mut Context::from_waker(&waker));
            (polled, watched.ring.clone())
        };
        let woken = |task: &Arc<Task>| task.0.load(Ordering::Relaxed);

        assert_eq!(poll(&one).0, Poll::Pending);
        // Nobody woke it: it is not asked.
        for _ in 0..3 {
            assert_eq!(poll(&one).0, Poll::Pending);
        }
        let (_, ring) = poll(&two);
        ring.wake_by_ref();
        assert_eq!((woken(&one), woken(&two)), (0, 1));
        assert_eq!(poll(&two).0, Poll::Pending);
        // Woken while nobody polls: not lost.
        ring.wake();
        assert_eq!(poll(&one).0, Poll::Ready(3));
        assert_eq!(wakers.len(), 3);
    }
}
