//! The second listener, loopback by default: `/healthz`, `/readyz`, `/metrics`. It tells; it changes nothing.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use broker::Snapshot;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use wire::Timestamp;

use super::metrics::{ListFigures, Standing};
use super::service::Service;
use crate::clock;

/// Connections at once; a scraper and a probe need two.
const CONNECTIONS: usize = 16;
const PATIENCE: Duration = Duration::from_secs(10);
const DAY: i64 = 86_400;

/// What the second listener tells of.
#[derive(Debug)]
pub(crate) struct Admin {
    pub(crate) service: Arc<Service>,
    pub(crate) log: audit::Log,
    /// When the objects in force were loaded, seconds since 1970.
    pub(crate) loaded: Arc<std::sync::atomic::AtomicI64>,
}

impl Admin {
    /// Answers until told to stop.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let Ok((tcp, _)) = accepted else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
                continue;
            };
            let admin = Arc::clone(&self);
            tokio::spawn(async move {
                let handler = service_fn(move |request: Request<Incoming>| {
                    let answer = admin.answer(request.method(), request.uri().path());
                    async move { Ok::<_, Infallible>(answer) }
                });
                let _ = http1::Builder::new()
                    .timer(TokioTimer::new())
                    .header_read_timeout(PATIENCE)
                    .max_buf_size(8192)
                    .serve_connection(TokioIo::new(tcp), handler)
                    .await;
                drop(permit);
            });
        }
    }

    fn answer(&self, method: &Method, path: &str) -> Response<Full<Bytes>> {
        if method != Method::GET && method != Method::HEAD {
            return plain(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
        }
        match path {
            "/healthz" => plain(StatusCode::OK, "alive\n".to_owned()),
            "/readyz" => {
                let (ready, text) = self.readiness();
                plain(
                    if ready {
                        StatusCode::OK
                    } else {
                        StatusCode::SERVICE_UNAVAILABLE
                    },
                    text,
                )
            }
            "/metrics" => self.metrics(),
            _ => plain(StatusCode::NOT_FOUND, "/healthz, /readyz, /metrics\n".to_owned()),
        }
    }

    /// Whether exchanges would be answered, and what an operator should know either way.
    fn readiness(&self) -> (bool, String) {
        let mut text = String::new();
        let stopping = self.service.status.is_stopping();
        if stopping {
            text.push_str("stopping: requests in flight are being finished\n");
        }
        let trouble = self.log.figures().trouble;
        if let Some(trouble) = &trouble {
            text.push_str(&format!("nothing is issued: {trouble}\n"));
        }
        if let Some((at, reason)) = self.service.status.refused_reload() {
            text.push_str(&format!(
                "the reload at {at} was refused, the set before it is in force: {reason}\n"
            ));
        }
        let jumped = self.service.status.time().err();
        if let Some(jumped) = jumped {
            text.push_str(&format!(
                "nothing is issued: the clock jumped by {} seconds; set it right, or accept it with `certroled reload`\n",
                jumped.0
            ));
        }
        let ready = !stopping && trouble.is_none() && jumped.is_none();
        if ready {
            text.insert_str(0, "ready\n");
        }
        (ready, text)
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        let snapshot = self.service.snapshot.load();
        let now = clock::now();
        let anchors = snapshot
            .anchors()
            .map(|anchor| {
                (
                    anchor.name.as_str(),
                    anchor.trust.earliest_not_after().since(now).div_euclid(DAY),
                )
            })
            .collect();
        let standing = Standing {
            ready: self.readiness().0,
            in_flight: self.service.in_flight.now(),
            audit: self.log.figures(),
            anchors,
            lists: list_figures(&snapshot, now),
            loaded: self.loaded.load(std::sync::atomic::Ordering::Relaxed),
        };
        match self.service.metrics.exposition(&standing) {
            Ok(text) => {
                let mut answer = plain(StatusCode::OK, text);
                let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                answer
                    .headers_mut()
                    .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
                answer
            }
            Err(_) => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the metrics cannot be written\n".to_owned(),
            ),
        }
    }
}

/// How many lists each anchor has, and when the first is over.
fn list_figures(snapshot: &Snapshot, now: Timestamp) -> Vec<ListFigures<'_>> {
    let lists = snapshot.lists_of_anchors();
    let figures = snapshot.anchors().filter_map(|anchor| {
        let lists = lists.of(&anchor.arn)?;
        Some(ListFigures {
            anchor: &anchor.name,
            lists: lists.all().count(),
            revoked: lists.all().map(|list| list.crl().len()).sum(),
            seconds: lists.all().map(|list| list.next_update().since(now)).min(),
        })
    });
    figures.collect()
}

fn plain(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}
