//! One connection: the handshake, then requests until it ends, is too slow or too old.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use broker::{EdgeRefusal, HandshakeProof, Source};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use wire::{ErrorClass, RequestId};

use super::answer::{self, Answer, Form};
use super::pace::{Pace, Paced, TooSlow};
use super::service::Service;
use super::tls::{Notes, proven};
use crate::clock;

/// Serves one connection to its end.
pub(crate) async fn serve(
    service: Arc<Service>,
    acceptor: TlsAcceptor,
    tcp: TcpStream,
    peer: SocketAddr,
    mut stop: watch::Receiver<bool>,
) {
    let source = Source {
        address: peer.ip().to_canonical(),
        port: peer.port(),
    };
    let handshake = tokio::time::timeout(service.limits.handshake, acceptor.accept(tcp));
    let (tls, notes) = Notes::beside(handshake).await;
    let tls = match tls {
        Ok(Ok(tls)) => tls,
        Ok(Err(error)) => {
            service.metrics.handshake("failed");
            // A peer that goes away without a word, as a load balancer's probe does, tells nothing worth an event.
            let mut values = notes.into_values();
            if error.kind() != std::io::ErrorKind::UnexpectedEof || !values.is_empty() {
                values.push(("error", error.to_string()));
                cut(
                    &service,
                    source,
                    "TlsHandshake",
                    "edge.handshake",
                    ErrorClass::Unauthenticated,
                    values,
                )
                .await;
            }
            return;
        }
        Err(_) => {
            service.metrics.handshake("too slow");
            let values = vec![("most seconds", service.limits.handshake.as_secs().to_string())];
            cut(
                &service,
                source,
                "TlsHandshake",
                "edge.handshake-too-slow",
                ErrorClass::TooSlow,
                values,
            )
            .await;
            return;
        }
    };
    service.metrics.handshake("ok");
    let proof = proven(tls.get_ref().1, notes.leaf(), service.broker.certificates());
    let pace = Pace::new(&service.limits);

    // Borrowed: what all connections share is counted once for each, and not with every request.
    let (shared, paced, proven) = (&*service, &pace, proof.as_deref());
    let handler = service_fn(async |mut request: Request<Incoming>| {
        let _answering = paced.answering();
        Ok::<_, Infallible>(answered(shared, &mut request, source, proven).await)
    });
    let stream = TokioIo::new(Paced::new(tls, &pace));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            // `Pace` bounds each phase by itself.
            .header_read_timeout(None)
            // A client may end its side behind its request and still have its answer. And nothing is read meanwhile:
            // each such read would take a buffer of eight kilobytes, to find nothing. The price is that whoever goes
            // away keeps its place until the audit log has answered.
            .half_close(true)
            .max_buf_size(service.limits.header_bytes)
            .max_headers(service.limits.header_count)
            .serve_connection(stream, handler)
    );
    let mut slow = pin!(pace.watch());
    let mut old = pin!(tokio::time::sleep(service.limits.connection));
    let mut ending = false;
    let why = loop {
        tokio::select! {
            ended = connection.as_mut() => break Ended::Connection(ended),
            too_slow = slow.as_mut() => break Ended::TooSlow(too_slow),
            () = old.as_mut(), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = stop.wait_for(|stop| *stop), if !ending => {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    };
    match why {
        Ended::Connection(Ok(())) | Ended::TooSlow(TooSlow::Idle) => {}
        Ended::TooSlow(which) => {
            let (rule, bound) = match which {
                TooSlow::Silent => ("edge.silent", service.limits.first_request),
                TooSlow::Head | TooSlow::Idle => ("edge.head-too-slow", service.limits.header),
            };
            let values = vec![("most seconds", bound.as_secs().to_string())];
            cut(&service, source, "HttpRequest", rule, ErrorClass::TooSlow, values).await;
        }
        Ended::Connection(Err(error)) => {
            let (rule, class) = if error.is_parse_too_large() {
                ("edge.head-too-large", ErrorClass::TooLarge)
            } else if error.is_parse() {
                ("edge.malformed-http", ErrorClass::Malformed)
            } else {
                // The peer went away, or TLS broke: nobody was refused anything.
                tracing::debug!(%error, address = %source.address, "a connection ended");
                return;
            };
            let values = vec![
                ("error", error.to_string()),
                ("most bytes", service.limits.header_bytes.to_string()),
                ("most headers", service.limits.header_count.to_string()),
            ];
            cut(&service, source, "HttpRequest", rule, class, values).await;
        }
    }
}

enum Ended {
    Connection(hyper::Result<()>),
    TooSlow(TooSlow),
}

/// Records what ended a connection that no answer can be written to, or a request that has no event of its own; gives the
/// id that the event bears. Boxed: it is rare, and every connection would have room for it.
pub(crate) fn cut<'s>(
    service: &'s Service,
    source: Source,
    name: &'static str,
    rule: &'static str,
    class: ErrorClass,
    values: Vec<(&'static str, String)>,
) -> Pin<Box<dyn Future<Output = Option<RequestId>> + Send + 's>> {
    Box::pin(async move {
        let request_id = service.randomness.fresh()?.request_id();
        let refusal = EdgeRefusal {
            request_id,
            source,
            at: clock::now(),
            name,
            class,
            rule,
            values,
            told: None,
        };
        service.refused_at_the_edge(refusal).await;
        Some(request_id)
    })
}

/// Answers a request; a panic on the way ends it, and nothing else (threat O9).
async fn answered(
    service: &Service,
    request: &mut Request<Incoming>,
    source: Source,
    proof: Option<&HandshakeProof>,
) -> Answer {
    let answering = pin!(service.answer(request, source, proof));
    if let Some(answer) = contained(answering).await {
        return answer;
    }
    tracing::error!("a request ended in a panic; the daemon goes on");
    let values = Vec::new();
    let recorded = cut(
        service,
        source,
        "HttpRequest",
        "edge.panic",
        ErrorClass::Internal,
        values,
    );
    match recorded.await {
        Some(id) => answer::fault(id),
        None => service.without_randomness(Form::Json),
    }
}

/// Runs a future to its end; a panic in it ends it, and nothing else (threat O9).
async fn contained<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(move |context| {
        match std::panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Ok(Poll::Pending) => Poll::Pending,
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

/// Refuses a connection for which there is no room, without a handshake.
pub(crate) async fn turn_away(
    service: Arc<Service>,
    mut tcp: TcpStream,
    peer: SocketAddr,
    rule: &'static str,
) {
    let source = Source {
        address: peer.ip().to_canonical(),
        port: peer.port(),
    };
    let _ = tcp.shutdown().await;
    cut(
        &service,
        source,
        "TlsHandshake",
        rule,
        ErrorClass::Throttled,
        Vec::new(),
    )
    .await;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use std::pin::pin;

    use super::contained;

    /// Threat O9.
    #[tokio::test]
    async fn a_panic_ends_its_request_only() {
        assert_eq!(contained(pin!(async { 7 })).await, Some(7));
        let panics = pin!(async {
            tokio::task::yield_now().await;
            panic!("on purpose");
        });
        assert_eq!(contained(panics).await.map(|()| 0), None);
    }
}
