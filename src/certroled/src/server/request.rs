//! A request as the doors see it: its head and its whole body, as plain bytes.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName};
use hyper::{Method, Request};
use wire::RequestId;

use broker::{Attempt, HandshakeProof, Source};
use wire::Timestamp;

use super::route::Door;

/// A request that has arrived whole, at a door that there is.
#[derive(Debug)]
pub(crate) struct Arrived<'r> {
    pub(crate) source: Source,
    pub(crate) at: Timestamp,
    pub(crate) door: Door,
    /// Its head; what was its body is in `body`.
    pub(crate) request: &'r Request<Incoming>,
    pub(crate) body: Bytes,
}

/// Why a body did not arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoBody {
    TooLarge,
    TooSlow,
    Broken,
}

/// Reads the whole of a body, within its bounds.
pub(crate) async fn read_body(body: &mut Incoming, most: usize, patience: Duration) -> Result<Bytes, NoBody> {
    let mut arriving = pin!(Limited::new(body, most).collect());
    // One that came along with its head is there at the second look: at the first hyper begins to hand it over. Only who
    // takes longer needs a timer.
    let mut looked = false;
    let at_once = poll_fn(|context| match arriving.as_mut().poll(context) {
        Poll::Ready(arrived) => Poll::Ready(Some(arrived)),
        Poll::Pending if looked => Poll::Ready(None),
        Poll::Pending => {
            looked = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    });
    let arrived = match at_once.await {
        Some(arrived) => arrived,
        None => {
            let in_time = tokio::time::timeout(patience, arriving).await;
            in_time.map_err(|_| NoBody::TooSlow)?
        }
    };
    match arrived {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.downcast_ref::<LengthLimitError>().is_some() => Err(NoBody::TooLarge),
        Err(_) => Err(NoBody::Broken),
    }
}

impl Arrived<'_> {
    /// The method.
    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    /// The path exactly as it came.
    pub(crate) fn path(&self) -> &str {
        self.request.uri().path()
    }

    /// The query exactly as it came.
    pub(crate) fn query(&self) -> Option<&str> {
        self.request.uri().query()
    }

    /// The header lines in the order in which they came.
    pub(crate) fn headers(&self) -> Vec<(&str, &[u8])> {
        self.request
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect()
    }

    /// The request as the broker takes it; `headers` are its own.
    pub(crate) fn attempt<'a>(
        &'a self,
        request_id: RequestId,
        headers: &'a [(&'a str, &'a [u8])],
        handshake: Option<&'a HandshakeProof>,
    ) -> Attempt<'a> {
        let request = sigv4::Request {
            method: self.method().as_str(),
            path: self.path(),
            query: self.query(),
            headers,
            body: &self.body,
        };
        Attempt {
            request_id,
            source: self.source,
            user_agent: text(self.request.headers(), hyper::header::USER_AGENT),
            at: self.at,
            request,
            handshake,
        }
    }
}

/// A header's value, if it is there once and is text.
pub(crate) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
