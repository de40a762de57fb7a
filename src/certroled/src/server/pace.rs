//! The pace of a connection: how long each of its phases may take. Slow is refused like anything else.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::config::Limits;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No request has come since the handshake, at most a part of its head.
    First { since: Instant, heard: bool },
    /// The head of a request is coming.
    Head(Instant),
    /// A request is being answered; the door bounds that.
    Answering,
    /// Between requests.
    Idle(Instant),
}

/// Why a connection was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooSlow {
    /// It said nothing after the handshake.
    Silent,
    /// A request's head did not arrive in time.
    Head,
    /// Nothing came any more; not a fault.
    Idle,
}

/// The pace of one connection.
#[derive(Debug)]
pub(crate) struct Pace {
    phase: Mutex<Phase>,
    first: Duration,
    head: Duration,
    idle: Duration,
}

impl Pace {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            phase: Mutex::new(Phase::First {
                since: Instant::now(),
                heard: false,
            }),
            first: limits.first_request,
            head: limits.header,
            idle: limits.idle,
        }
    }

    fn phase(&self) -> std::sync::MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes_came(&self) {
        let mut phase = self.phase();
        *phase = match *phase {
            // The time for the first head runs from the handshake on: bytes do not lengthen it.
            Phase::First { since, .. } => Phase::First { since, heard: true },
            Phase::Idle(_) => Phase::Head(Instant::now()),
            other => other,
        };
    }

    /// A request's head has arrived. The connection is idle again when the guard ends, whatever became of the request.
    #[must_use]
    pub(crate) fn answering(&self) -> Answering<'_> {
        *self.phase() = Phase::Answering;
        Answering(self)
    }

    /// Returns when the connection has become too slow.
    pub(crate) async fn watch(&self) -> TooSlow {
        loop {
            // The guard ends with this line: nothing is held while waiting.
            let phase = *self.phase();
            let (until, why) = match phase {
                Phase::First { since, heard: false } => (since + self.first, TooSlow::Silent),
                Phase::First { since, heard: true } => (since + self.first, TooSlow::Head),
                Phase::Head(since) => (since + self.head, TooSlow::Head),
                Phase::Idle(since) => (since + self.idle, TooSlow::Idle),
                // Looked at again soon enough not to lengthen anything that follows by much.
                Phase::Answering => {
                    tokio::time::sleep(self.head.min(self.idle)).await;
                    continue;
                }
            };
            let now = Instant::now();
            if now >= until {
                return why;
            }
            tokio::time::sleep_until(until.min(now + self.head)).await;
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Answering<'p>(&'p Pace);

impl Drop for Answering<'_> {
    fn drop(&mut self) {
        *self.0.phase() = Phase::Idle(Instant::now());
    }
}

/// A stream that tells its pace when bytes come.
#[derive(Debug)]
pub(crate) struct Paced<'p, S> {
    stream: S,
    pace: &'p Pace,
}

impl<'p, S> Paced<'p, S> {
    pub(crate) fn new(stream: S, pace: &'p Pace) -> Self {
        Self { stream, pace }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<'_, S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() && buffer.filled().len() > before {
            self.pace.bytes_came();
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<'_, S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            first_request: Duration::from_millis(20),
            header: Duration::from_millis(10),
            idle: Duration::from_millis(30),
            ..Limits::default()
        }
    }

    #[tokio::test]
    async fn each_phase_has_its_own_end() {
        let pace = Pace::new(&limits());
        assert_eq!(pace.watch().await, TooSlow::Silent);
        pace.bytes_came();
        assert_eq!(
            pace.watch().await,
            TooSlow::Head,
            "bytes that are no request lengthen nothing"
        );
        drop(pace.answering());
        assert_eq!(pace.watch().await, TooSlow::Idle);
        pace.bytes_came();
        assert_eq!(pace.watch().await, TooSlow::Head);
    }

    #[test]
    fn a_request_that_came_to_nothing_leaves_its_connection_idle() {
        let pace = Pace::new(&limits());
        let answering = pace.answering();
        assert_eq!(*pace.phase(), Phase::Answering);
        drop(answering);
        assert!(matches!(*pace.phase(), Phase::Idle(_)));
    }
}
