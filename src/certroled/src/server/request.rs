//! A request as the doors see it: its head and its whole body, as plain bytes.

use std::time::Duration;

use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderName};
use hyper::http::request::Parts;
use wire::RequestId;

use broker::{Attempt, HandshakeProof, Source};
use wire::Timestamp;

/// A request that has arrived whole.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) source: Source,
    pub(crate) at: Timestamp,
    pub(crate) parts: Parts,
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
pub(crate) async fn read_body(
    request: Request<Incoming>,
    most: usize,
    patience: Duration,
) -> (Parts, Result<Bytes, NoBody>) {
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(patience, Limited::new(body, most).collect()).await;
    let body = match read {
        Err(_) => Err(NoBody::TooSlow),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(NoBody::TooLarge),
        Ok(Err(_)) => Err(NoBody::Broken),
    };
    (parts, body)
}

impl Arrived {
    /// The path exactly as it came.
    pub(crate) fn path(&self) -> &str {
        self.parts.uri.path()
    }

    /// The query exactly as it came.
    pub(crate) fn query(&self) -> Option<&str> {
        self.parts.uri.query()
    }

    /// The header lines in the order in which they came.
    pub(crate) fn headers(&self) -> Vec<(&str, &[u8])> {
        self.parts
            .headers
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
            method: self.parts.method.as_str(),
            path: self.path(),
            query: self.query(),
            headers,
            body: &self.body,
        };
        Attempt {
            request_id,
            source: self.source,
            user_agent: text(&self.parts.headers, hyper::header::USER_AGENT),
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
