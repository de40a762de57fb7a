//! What servers answer: honest, wrong, lying, endless, slow.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::error::Failure;
use super::super::{Fetcher, Rules};
use super::server::Server;
use super::{LIMIT, get, rules};

#[tokio::test]
async fn a_whole_answer_is_given_as_it_is() {
    let longest = "x".repeat(LIMIT);
    for (answer, expected) in [
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist".to_owned(),
            "list",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(), ""),
        (
            "HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nli\r\n2\r\nst\r\n0\r\n\r\n"
                .to_owned(),
            "list",
        ),
        // As old servers answer: whole when the connection ends.
        ("HTTP/1.0 200 OK\r\n\r\nlist".to_owned(), "list"),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Length: 4\r\n\r\nlist".to_owned(),
            "list",
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist".to_owned(),
            "list",
        ),
        // A lie about the length in this direction is the server's loss.
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlist".to_owned(),
            "li",
        ),
        (
            format!("HTTP/1.1 200 OK\r\nContent-Length: {LIMIT}\r\n\r\n{longest}"),
            longest.as_str(),
        ),
    ] {
        let server = Server::saying(answer.clone()).await;
        let read = get(rules(), &server.here()).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&read), expected, "{answer}");
    }
}

/// A list of some size, in chunks as servers cut them, fits its limit to the byte.
#[tokio::test]
async fn a_long_list_comes_whole() {
    const CHUNKS: usize = 1000;
    let chunk = "0123456789abcdef".repeat(256);
    let chunks = format!("{:x}\r\n{chunk}\r\n", chunk.len()).repeat(CHUNKS);
    let server = Server::saying(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
    ))
    .await;
    let fetcher = Fetcher::new(rules());
    let read = fetcher.get(&server.here(), CHUNKS * chunk.len()).await.unwrap();
    assert!(read == chunk.repeat(CHUNKS).into_bytes());
}

#[tokio::test]
async fn what_is_asked_is_what_the_standards_say() {
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
    let (here, port) = (server.here(), server.port());
    let fetcher = Fetcher::new(rules());
    fetcher.get(&here, LIMIT).await.unwrap();
    let asked = fetcher.post(&here, b"question".to_vec(), LIMIT).await.unwrap();
    assert_eq!(asked, b"ok");
    assert_eq!(
        server.requests(),
        [
            format!(
                "GET /ca.crl?x=1 HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nuser-agent: certroled\r\nconnection: close\r\n\r\n"
            ),
            format!(
                "POST /ca.crl?x=1 HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nuser-agent: certroled\r\nconnection: close\r\n\
                 content-type: application/ocsp-request\r\ncontent-length: 8\r\n\r\nquestion"
            ),
        ]
    );
    assert_eq!(server.connections().len(), 2, "no connection is used twice");
}

/// Threat G5: a redirect leads past every judgement on hosts and addresses.
#[tokio::test]
async fn no_redirect_is_followed() {
    let elsewhere = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlist").await;
    for status in [300, 301, 302, 303, 304, 305, 307, 308] {
        let server = Server::saying(format!(
            "HTTP/1.1 {status} Go\r\nLocation: {}\r\nContent-Length: 4\r\n\r\nlist",
            elsewhere.here()
        ))
        .await;
        let failure = get(rules(), &server.here()).await.unwrap_err();
        assert!(
            matches!(failure, Failure::Redirected(told) if told == status),
            "{failure}"
        );
        assert!(failure.to_string().contains("follows none"), "{failure}");
    }
    assert_eq!(elsewhere.connections().len(), 0);
}

/// Whether a failure is the one that is expected.
type Expected = fn(&Failure) -> bool;

const TOO_LONG: Expected = |failure| matches!(failure, Failure::TooLong { limit: LIMIT });
const HEAD_TOO_LONG: Expected = |failure| matches!(failure, Failure::HeadTooLong);
const STATUS: Expected = |failure| matches!(failure, Failure::Status(_));
const ENCODED: Expected = |failure| matches!(failure, Failure::Encoded);
const CLOSED: Expected = |failure| matches!(failure, Failure::ClosedEarly);
const BROKEN: Expected = |failure| matches!(failure, Failure::Broken(_));
const TOO_SLOW: Expected = |failure| matches!(failure, Failure::TooSlow(_));

/// Each answer holds a word of the server's that no error may repeat: it could be the secret of a service that somebody
/// made certroled ask (threat G5).
#[tokio::test]
async fn what_is_no_whole_plain_200_is_refused() {
    let many_headers = format!(
        "HTTP/1.1 200 OK\r\n{}Content-Length: 4\r\n\r\nlist",
        "X-A: SECRET\r\n".repeat(64)
    );
    let long_header = format!(
        "HTTP/1.1 200 OK\r\nX-A: SECRET{}\r\nContent-Length: 4\r\n\r\nlist",
        "a".repeat(16 << 10)
    );
    let cases: &[(&str, Expected)] = &[
        ("HTTP/1.1 404 SECRET\r\nContent-Length: 6\r\n\r\nSECRET", STATUS),
        ("HTTP/1.1 500 SECRET\r\nContent-Length: 6\r\n\r\nSECRET", STATUS),
        (
            "HTTP/1.1 206 OK\r\nContent-Range: bytes 0-3/9\r\nContent-Length: 4\r\n\r\nlist",
            STATUS,
        ),
        ("HTTP/1.1 203 OK\r\nContent-Length: 4\r\n\r\nlist", STATUS),
        ("HTTP/1.1 204 OK\r\n\r\n", STATUS),
        (
            "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=SECRET\r\nContent-Length: 0\r\n\r\n",
            STATUS,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nSECRET",
            ENCODED,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\nContent-Length: 6\r\n\r\nSECRET",
            ENCODED,
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Encoding: SECRET\r\nContent-Length: 6\r\n\r\nSECRET",
            ENCODED,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n6\r\nSECRET\r\n0\r\n\r\n",
            ENCODED,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nSECRET",
            ENCODED,
        ),
        // Closing early, at every stage.
        ("", CLOSED),
        ("HTTP/1.1 200 OK\r\nContent-Le", CLOSED),
        ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nSECRET", CLOSED),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nSECRET\r\n",
            CLOSED,
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nSECRET",
            CLOSED,
        ),
        // Other than HTTP, or HTTP that can be read in two ways.
        ("SSH-2.0-SECRET\r\n", BROKEN),
        ("SECRET", BROKEN),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 6\r\n\r\nSECRET",
            BROKEN,
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: -6\r\n\r\nSECRET", BROKEN),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nSECRET\r\n",
            BROKEN,
        ),
        // More than is allowed.
        (&many_headers, HEAD_TOO_LONG),
        (&long_header, HEAD_TOO_LONG),
    ];
    for (answer, expected) in cases {
        let server = Server::saying(*answer).await;
        let failure = get(rules(), &server.here()).await.unwrap_err();
        assert!(expected(&failure), "{answer:.200}: {failure:?}");
        assert!(
            !failure.to_string().contains("SECRET"),
            "{answer:.200}: {failure}"
        );
    }
}

/// One byte too many is too many, however it is sent.
#[tokio::test]
async fn the_limit_is_exact() {
    let body = "x".repeat(LIMIT + 1);
    for answer in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", LIMIT + 1),
        format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            LIMIT + 1
        ),
        format!("HTTP/1.0 200 OK\r\n\r\n{body}"),
    ] {
        let server = Server::saying(answer).await;
        let failure = get(rules(), &server.here()).await.unwrap_err();
        assert!(TOO_LONG(&failure), "{failure:?}");
    }
}

/// An announced length is judged before a byte of the body is there: this server sends none, and waits.
#[tokio::test]
async fn a_body_that_says_it_is_too_long_is_not_waited_for() {
    for length in ["1001", "9007199254740993"] {
        let server = Server::doing(move |mut stream| async move {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            std::future::pending::<()>().await;
        })
        .await;
        let failure = get(rules(), &server.here()).await.unwrap_err();
        assert!(TOO_LONG(&failure), "{failure:?}");
    }
}

/// Whatever goes on for ever ends at a bound on bytes, long before the bound on time.
#[tokio::test]
async fn nothing_is_endless() {
    let cases: &[(&str, &str, &[Expected])] = &[
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "1\r\nx\r\n",
            &[TOO_LONG],
        ),
        ("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxx", &[TOO_LONG]),
        ("HTTP/1.1 200 OK\r\nX-A: ", "aaaaaaaa", &[HEAD_TOO_LONG]),
        ("HTTP/1.1 200 OK\r\n", "X-A: a\r\n", &[HEAD_TOO_LONG]),
        ("HTTP/1.1 200 ", "OK OK OK", &[HEAD_TOO_LONG]),
        // Interim answers, which the library skips one after the other.
        ("", "HTTP/1.1 100 Continue\r\n\r\n", &[TOO_LONG]),
        ("", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", &[TOO_LONG]),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
            "abcdefgh",
            &[BROKEN, TOO_LONG],
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            "0000000000",
            &[BROKEN, TOO_LONG],
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            "X-A: a\r\n",
            &[BROKEN, TOO_LONG],
        ),
    ];
    for (begin, go_on, expected) in cases {
        let server = Server::going_on(begin, go_on).await;
        let failure = get(rules(), &server.here()).await.unwrap_err();
        assert!(
            expected.iter().any(|expected| expected(&failure)),
            "{begin}{go_on}: {failure:?}"
        );
    }
}

/// The whole of a fetch has its time, at whichever stage a server takes its own.
#[tokio::test]
async fn slow_is_refused() {
    let impatient = || Rules {
        whole: Duration::from_millis(100),
        ..rules()
    };
    for begin in [
        "",
        "HTTP/1.1 200 OK\r\nX-A: ",
        "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n384\r\n",
    ] {
        // A byte now and then, so that no wait for one byte alone is long.
        let server = Server::doing(move |mut stream| async move {
            let mut outcome = stream.write_all(begin.as_bytes()).await;
            while outcome.is_ok() && !begin.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
                outcome = stream.write_all(b"a").await;
            }
            std::future::pending::<()>().await;
        })
        .await;
        let failure = get(impatient(), &server.here()).await.unwrap_err();
        assert!(TOO_SLOW(&failure), "{begin}: {failure:?}");
        assert!(failure.to_string().contains("100 ms"), "{failure}");
    }
}

/// A fetch that is given up leaves nothing behind: its connection closes.
#[tokio::test]
async fn a_fetch_that_ends_closes_its_connection() {
    let (closed, mut told) = tokio::sync::mpsc::unbounded_channel();
    let closed = Arc::new(closed);
    let server = Server::doing(move |mut stream| {
        let closed = Arc::clone(&closed);
        async move {
            while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
            closed.send(()).unwrap();
        }
    })
    .await;
    let rules = Rules {
        whole: Duration::from_millis(50),
        ..rules()
    };
    let failure = get(rules, &server.here()).await.unwrap_err();
    assert!(TOO_SLOW(&failure), "{failure:?}");
    told.recv().await.unwrap();
}
