//! Listening: sockets are bound before anything is promised, and accepted from within the bounds.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::addresses::Connections;
use super::connection;
use super::service::Service;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long accepting pauses when the process has no descriptor left: it would fail at once, for ever.
const PAUSE: Duration = Duration::from_millis(50);

/// Binds an address; the text of a failure says what to do.
pub(crate) fn bind(address: SocketAddr) -> anyhow::Result<StdListener> {
    let bound = || -> std::io::Result<StdListener> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if address.is_ipv6() {
            // `[::]` and `0.0.0.0` can both be listed, whatever the system's default.
            rustix::net::sockopt::set_ipv6_v6only(&socket, true)?;
        }
        socket.set_reuseaddr(true)?;
        // Connections inherit it. An answer is small and written at once: waiting for more would only cost time.
        socket.set_nodelay(true)?;
        socket.bind(address)?;
        let listener = socket.listen(BACKLOG)?.into_std()?;
        Ok(listener)
    };
    bound().with_context(|| {
        format!(
            "cannot listen on {address}; is another program using the port (`ss -ltnp 'sport = :{}'` names it), is the \
             address this machine's, and may this user have the port?",
            address.port()
        )
    })
}

/// Accepts connections until told to stop.
pub(crate) async fn accept(
    listener: TcpListener,
    service: Arc<Service>,
    acceptor: TlsAcceptor,
    room: Arc<Semaphore>,
    connections: Arc<Connections>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.wait_for(|stop| *stop) => return,
        };
        let (tcp, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            tokio::spawn(connection::turn_away(
                Arc::clone(&service),
                tcp,
                peer,
                "edge.connections",
            ));
            continue;
        };
        let Some(place) = connections.take(peer.ip()) else {
            tokio::spawn(connection::turn_away(
                Arc::clone(&service),
                tcp,
                peer,
                "edge.connections-per-address",
            ));
            continue;
        };
        let (service, acceptor, stop) = (Arc::clone(&service), acceptor.clone(), stop.clone());
        // Boxed: a task is moved several times, and a connection is ten kilobytes.
        tokio::spawn(Box::pin(async move {
            service.metrics.connections.inc();
            connection::serve(Arc::clone(&service), acceptor, tcp, peer, stop).await;
            service.metrics.connections.dec();
            drop((permit, place));
        }));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn accepted_connections_do_not_wait_to_send() {
        let bound = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        bound.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(bound).unwrap();
        let _client = tokio::net::TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        assert!(accepted.nodelay().unwrap());
    }
}
