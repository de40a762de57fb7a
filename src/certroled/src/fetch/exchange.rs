//! One request and its answer, on one connection that nothing else uses.
//!
//! What lives here: what certroled says, and which answers count. What does not: where the connection leads.

use std::error::Error as StdError;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::error::Failure;
use super::location::Location;
use super::meter::{Metered, Overrun};

/// The longest head of an answer, and the most headers in it. Servers of lists send ten short ones.
const LONGEST_HEAD: usize = 16 << 10;
const MOST_HEADERS: usize = 64;
/// The buffer for reading: what one fetch holds beside what it has read.
const BUFFER: usize = 64 << 10;

/// What is asked.
#[derive(Debug)]
pub(super) enum Ask {
    /// What lies there.
    Get,
    /// An OCSP request.
    Ocsp(Vec<u8>),
}

/// Asks and reads the answer whole.
pub(super) async fn exchange(
    stream: TcpStream,
    at: &Location,
    ask: Ask,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    // Beside its body an answer may take a buffer and a quarter of its body: chunks of a sane size fit in.
    let most = limit.saturating_add(limit / 4).saturating_add(BUFFER);
    let (sender, connection) = Builder::new()
        .max_headers(MOST_HEADERS)
        .max_header_size(LONGEST_HEAD)
        .max_buf_size(BUFFER)
        .handshake(TokioIo::new(Metered::new(stream, most)))
        .await
        .map_err(|error| failure(&error, limit))?;
    // The connection runs in this future and in no task of its own: whoever drops the fetch closes it.
    let answer = read(sender, request(at, ask)?, limit);
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // What had come before it ended is still to be read.
        _ended = &mut connection => answer.await,
    }
}

fn request(at: &Location, ask: Ask) -> Result<Request<Full<Bytes>>, Failure> {
    let request = Request::builder()
        .uri(at.target())
        .header(header::HOST, at.authority())
        .header(header::USER_AGENT, "certroled")
        .header(header::CONNECTION, "close");
    match ask {
        Ask::Get => request.method(Method::GET).body(Full::default()),
        Ask::Ocsp(body) => request
            .method(Method::POST)
            .header(header::CONTENT_TYPE, "application/ocsp-request")
            .body(Full::from(body)),
    }
    .map_err(|error| Failure::Broken(error.to_string()))
}

async fn read(
    mut sender: SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    limit: usize,
) -> Result<Vec<u8>, Failure> {
    let answer = sender
        .send_request(request)
        .await
        .map_err(|error| failure(&error, limit))?;
    judge(&answer)?;
    body(answer.into_body(), limit).await
}

/// Whether the answer is the thing itself, as it is.
fn judge(answer: &Response<Incoming>) -> Result<(), Failure> {
    let status = answer.status();
    if status.is_redirection() {
        return Err(Failure::Redirected(status.as_u16()));
    }
    if status != StatusCode::OK {
        return Err(Failure::Status(status.as_u16()));
    }
    let only = |name, plain: &str| {
        let headers: &HeaderMap<HeaderValue> = answer.headers();
        headers
            .get_all(name)
            .iter()
            .all(|value| value.as_bytes().eq_ignore_ascii_case(plain.as_bytes()))
    };
    if !only(header::CONTENT_ENCODING, "identity") || !only(header::TRANSFER_ENCODING, "chunked") {
        return Err(Failure::Encoded);
    }
    Ok(())
}

/// Reads a body up to the limit. One that says that it is longer is not begun.
async fn body(mut body: Incoming, limit: usize) -> Result<Vec<u8>, Failure> {
    let too_long = || Failure::TooLong { limit };
    if body.size_hint().lower() > u64::try_from(limit).unwrap_or(u64::MAX) {
        return Err(too_long());
    }
    // Memory follows what came, not what was announced.
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| failure(&error, limit))?;
        // Trailers say nothing here.
        if let Some(data) = frame.data_ref() {
            if data.len() > limit.saturating_sub(read.len()) {
                return Err(too_long());
            }
            read.extend_from_slice(data);
        }
    }
    Ok(read)
}

/// What went wrong, in our words.
fn failure(error: &hyper::Error, limit: usize) -> Failure {
    if error.is_parse_too_large() {
        return Failure::HeadTooLong;
    }
    if error.is_incomplete_message() {
        return Failure::ClosedEarly;
    }
    let mut innermost: &(dyn StdError + 'static) = error;
    loop {
        let io = innermost.downcast_ref::<std::io::Error>();
        if io
            .and_then(std::io::Error::get_ref)
            .is_some_and(|inner| inner.is::<Overrun>())
        {
            return Failure::TooLong { limit };
        }
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::UnexpectedEof) {
            return Failure::ClosedEarly;
        }
        match innermost.source() {
            Some(source) => innermost = source,
            None => return Failure::Broken(innermost.to_string()),
        }
    }
}
