//! The life of the daemon: bound, ready, stopping, gone.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use broker::{Broker, Randomness, Snapshot};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::addresses::{Connections, Rates};
use super::admin::Admin;
use super::in_flight::InFlight;
use super::metrics::Metrics;
use super::service::Service;
use super::status::Status;
use super::tls::{ServerCertificate, server_config};
use super::{listen, systemd};
use crate::config::Settings;
use crate::primitives;
use crate::randomness::Drawing;

/// How long requests in flight get to finish.
const GRACE: Duration = Duration::from_secs(30);

/// Sockets that are bound; nothing is accepted yet.
#[derive(Debug)]
pub(crate) struct Bound {
    main: Vec<std::net::TcpListener>,
    admin: Vec<std::net::TcpListener>,
}

impl Bound {
    /// Binds every address of the settings, or none.
    pub(crate) fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let all = |addresses: &[SocketAddr]| -> anyhow::Result<Vec<_>> {
            addresses.iter().map(|address| listen::bind(*address)).collect()
        };
        Ok(Self {
            main: all(&settings.listen.addresses)?,
            admin: all(&settings.admin)?,
        })
    }

    /// Where it listens, with the ports that the system chose for port 0.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.main
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }

    /// Where the second listener listens.
    pub(crate) fn admin_addresses(&self) -> Vec<SocketAddr> {
        self.admin
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }
}

/// Everything that the daemon runs on.
pub(crate) struct Daemon {
    pub(crate) settings: Settings,
    pub(crate) broker: Arc<Broker>,
    pub(crate) log: audit::Log,
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(crate) certificate: Arc<ServerCertificate>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: Arc<Status>,
    pub(crate) loaded: Arc<AtomicI64>,
}

/// How the daemon is told to stop.
#[derive(Debug, Clone)]
pub(crate) struct Stop(watch::Sender<bool>);

impl Stop {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    pub(crate) fn now(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn watched(&self) -> watch::Receiver<bool> {
        self.0.subscribe()
    }
}

impl Daemon {
    /// Answers until told to stop; then finishes what is in flight.
    pub(crate) async fn serve(self, bound: Bound, stop: &Stop) -> anyhow::Result<()> {
        let provider = Arc::new(primitives::provider());
        let config = server_config(
            provider,
            self.settings.listen.client_auth,
            self.certificate,
            Arc::clone(self.broker.certificates()),
        )
        .context("the TLS configuration cannot be made")?;
        let acceptor = TlsAcceptor::from(config);
        let limits = self.settings.limits;
        let service = Arc::new(Service {
            broker: self.broker,
            snapshot: self.snapshot,
            randomness: Drawing::from(self.randomness),
            limits,
            metrics: self.metrics,
            status: Arc::clone(&self.status),
            rates: Rates::new(
                limits.requests_per_address_per_second,
                limits.requests_per_address_burst,
            ),
            in_flight: InFlight::at_most(limits.requests_in_flight),
        });
        let room = Arc::new(Semaphore::new(limits.connections));
        let connections = Connections::new(limits.connections_per_address);

        let (addresses, admin_addresses) = (bound.addresses(), bound.admin_addresses());
        for listener in bound.main {
            let listener = TcpListener::from_std(listener).context("a listener cannot be used")?;
            tokio::spawn(listen::accept(
                listener,
                Arc::clone(&service),
                acceptor.clone(),
                Arc::clone(&room),
                Arc::clone(&connections),
                stop.watched(),
            ));
        }
        let admin = Arc::new(Admin {
            service: Arc::clone(&service),
            log: self.log,
            loaded: self.loaded,
        });
        // The second listener goes on while the first one stops, so that probes see it stop.
        let admin_stop = Stop::new();
        for listener in bound.admin {
            let listener = TcpListener::from_std(listener).context("a listener cannot be used")?;
            tokio::spawn(Arc::clone(&admin).serve(listener, admin_stop.watched()));
        }
        let watchdog = tokio::spawn(systemd::watchdog());
        tracing::info!(?addresses, admin = ?admin_addresses, "ready");
        systemd::ready();

        let mut stopped = stop.watched();
        // An error means that nobody can stop us any more, which is as good as being stopped.
        let _ = stopped.wait_for(|stop| *stop).await;
        self.status.stop();
        systemd::stopping();
        tracing::info!("stopping: requests in flight are being finished");
        let all = u32::try_from(limits.connections).unwrap_or(u32::MAX);
        if tokio::time::timeout(GRACE, room.acquire_many(all)).await.is_err() {
            tracing::warn!(
                seconds = GRACE.as_secs(),
                "some connections did not finish in time and are cut"
            );
        }
        watchdog.abort();
        admin_stop.now();
        Ok(())
    }
}
