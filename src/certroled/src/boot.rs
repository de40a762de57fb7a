//! From a configuration to a running daemon: everything is loaded and checked before anything is promised.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use audit::{Folder, Log, Mark};
use broker::{Broker, EvidenceSource, OcspAnswers, Randomness, Snapshot};
use store::AuditMark;
use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Configuration, Lab, Objects};
use crate::control::Control;
use crate::reload::{Reloader, settle};
use crate::revocation::{Collector, Keeper, collect};
use crate::server::{self, Bound, Daemon, Metrics, ServerCertificate, Status, Stop};
use crate::state::State;
use crate::{clock, primitives, randomness};

/// How long before a trust anchor is over the log begins to say so.
const WARNING_DAYS: i64 = 45;
const DAY: i64 = 86_400;
/// Ticks between looks at the sealing keys: a new one is published an hour before its use.
const TICKS_PER_ROTATION: u64 = 60;

/// Runs a daemon until a signal ends it. `announce` is called once everything is bound and loaded.
pub(crate) fn run(
    file: &Path,
    lab: Lab,
    configuration: Configuration,
    announce: impl FnOnce(&Bound) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    server::begin_logging(configuration.settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("certroled")
        .build()
        .context("the runtime cannot be started")?;
    runtime.block_on(run_inside(file, lab, configuration, announce))
}

async fn run_inside(
    file: &Path,
    lab: Lab,
    configuration: Configuration,
    announce: impl FnOnce(&Bound) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let Configuration { settings, objects } = configuration;
    let now = clock::now();
    let randomness: Arc<dyn Randomness> = Arc::new(randomness::System::new());
    let provider = primitives::provider();
    let certificate = Arc::new(
        ServerCertificate::read(&settings.listen, &provider, now)
            .context("the server's certificate cannot be used")?,
    );
    let state = Arc::new(State::open(&settings.state)?);
    let bound = Bound::bind(&settings)?;
    let log = open_log(&state, settings.audit)?;
    let keys = state.key_ring(now, randomness.as_ref())?;
    let snapshot = settle(&objects, &state, randomness.as_ref(), now)?;
    if lab == Lab::Refused {
        warn_of_expiry(&snapshot, now);
    }
    let snapshot = Arc::new(ArcSwap::from_pointee(snapshot));
    let answers = Arc::new(OcspAnswers::default());
    let keeper = Arc::new(Keeper::new(
        Arc::clone(&state),
        Arc::clone(&answers),
        Arc::clone(&snapshot),
    ));
    let collector = Collector::new();
    let broker = Broker::new(
        log.clone(),
        keys,
        provider.signature_verification_algorithms.all,
        Arc::clone(&randomness),
    );
    let source: Arc<dyn EvidenceSource> = Arc::<Collector>::clone(&collector);
    let broker = Arc::new(broker.with_evidence(source, answers));
    load_evidence(&keeper, &collector, &objects, &snapshot.load_full(), now)?;

    let (metrics, status) = (Arc::new(Metrics::new()), Arc::new(Status::new()));
    let loaded = Arc::new(AtomicI64::new(now.seconds()));
    let reloader = Arc::new(Reloader {
        file: file.to_owned(),
        lab,
        settings: settings.clone(),
        state: Arc::clone(&state),
        broker: Arc::clone(&broker),
        snapshot: Arc::clone(&snapshot),
        certificate: Arc::clone(&certificate),
        randomness: Arc::clone(&randomness),
        metrics: Arc::clone(&metrics),
        status: Arc::clone(&status),
        loaded: Arc::clone(&loaded),
        keeper: Arc::clone(&keeper),
        collector: Arc::clone(&collector),
        turn: tokio::sync::Mutex::default(),
    });
    let control = Control::bind(&settings.control_socket)?;
    let stop = Stop::new();
    signals(&stop, &reloader)?;
    tokio::spawn(control.serve(Arc::clone(&reloader), stop.watched()));
    tokio::spawn(keep_up(
        log.clone(),
        Arc::clone(&state),
        Arc::clone(&broker),
        Arc::clone(&randomness),
    ));
    tokio::spawn(collect(
        collector,
        keeper,
        Arc::clone(&snapshot),
        Arc::clone(&randomness),
        Arc::clone(&metrics),
    ));
    announce(&bound)?;

    let daemon = Daemon {
        settings,
        broker,
        log: log.clone(),
        snapshot,
        certificate,
        randomness,
        metrics,
        status,
        loaded,
    };
    let served = daemon.serve(bound, &stop).await;
    let checkpoint = log.close(clock::now()).await;
    if let Some(checkpoint) = checkpoint {
        keep_mark(&state, checkpoint.mark);
    }
    tracing::info!("stopped");
    served
}

fn open_log(state: &State, settings: audit::Settings) -> anyhow::Result<Log> {
    let folder = Folder::open(&state.audit_folder())?;
    let known = state.store.audit_mark()?.map(|mark| Mark {
        sequence: mark.sequence,
        hash: mark.hash,
    });
    let (log, opened) = Log::open(
        settings,
        Box::new(folder),
        state.checkpoint_key()?,
        known,
        clock::now(),
    )?;
    if opened.dropped_bytes > 0 {
        tracing::warn!(
            bytes = opened.dropped_bytes,
            after = opened.last.sequence,
            "the audit log ended in a write that was cut short; what was dropped is kept beside it and recorded"
        );
    }
    Ok(log)
}

/// Everything that is known of revocation is in force before the first request: whoever was revoked before a restart is
/// refused after it.
fn load_evidence(
    keeper: &Keeper,
    collector: &Collector,
    objects: &Objects,
    snapshot: &Snapshot,
    now: wire::Timestamp,
) -> anyhow::Result<()> {
    let prepared = keeper
        .prepare(objects)
        .context("the revocation lists cannot be used")?;
    keeper.put_in_force(prepared, snapshot);
    let answers = keeper.restore_answers(now)?;
    collector.follow(objects);
    let (lists, revoked) = keeper.count();
    if lists > 0 || answers > 0 {
        tracing::info!(lists, revoked, answers, "what is known of revocation");
    }
    Ok(())
}

fn warn_of_expiry(snapshot: &broker::Snapshot, now: wire::Timestamp) {
    for anchor in snapshot.anchors() {
        let days = anchor.trust.earliest_not_after().since(now).div_euclid(DAY);
        if days < WARNING_DAYS {
            tracing::warn!(
                trust_anchor = anchor.name,
                days,
                "a certificate of this trust anchor is over soon"
            );
        }
    }
}

/// SIGTERM and SIGINT end the daemon, SIGHUP reloads, SIGXFSZ is a failed write and nothing more.
fn signals(stop: &Stop, reloader: &Arc<Reloader>) -> anyhow::Result<()> {
    for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
        let (mut received, stop) = (signal(kind)?, stop.clone());
        tokio::spawn(async move {
            while received.recv().await.is_some() {
                stop.now();
            }
        });
    }
    let (mut hangup, reloader) = (signal(SignalKind::hangup())?, Arc::clone(reloader));
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            server::reloading();
            // What came of it is logged, counted and shown by /readyz.
            let _ = reloader.reload(rustix::process::geteuid().as_raw()).await;
            server::ready();
        }
    });
    // A write beyond the limit of a file's size would end the process; it is to be an error like a full disk.
    let mut too_large = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?;
    tokio::spawn(async move { while too_large.recv().await.is_some() {} });
    Ok(())
}

/// What has to be done from time to time: the log's minutes and checkpoints, and the sealing keys.
async fn keep_up(log: Log, state: Arc<State>, broker: Arc<Broker>, randomness: Arc<dyn Randomness>) {
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    every_second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut kept: Option<Mark> = None;
    for tick in 0_u64.. {
        every_second.tick().await;
        let now = clock::now();
        log.tick(now);
        let (state, randomness) = (Arc::clone(&state), Arc::clone(&randomness));
        if let Some(checkpoint) = log.figures().checkpoint
            && kept != Some(checkpoint.mark)
        {
            kept = Some(checkpoint.mark);
            let state = Arc::clone(&state);
            let _ = tokio::task::spawn_blocking(move || keep_mark(&state, checkpoint.mark)).await;
        }
        if tick % TICKS_PER_ROTATION == 0 {
            let ring = tokio::task::spawn_blocking(move || state.key_ring(now, randomness.as_ref())).await;
            match ring {
                Ok(Ok(ring)) => broker.replace_key_ring(ring),
                Ok(Err(error)) => {
                    tracing::error!(error = format!("{error:#}"), "the sealing keys cannot be kept up")
                }
                Err(error) => tracing::error!(%error, "the sealing keys cannot be kept up"),
            }
        }
    }
}

/// Keeps where the log stands: a log that lost this line is refused at the next start (threat O7).
fn keep_mark(state: &State, mark: Mark) {
    let mark = AuditMark {
        sequence: mark.sequence,
        hash: mark.hash,
    };
    if let Err(error) = state.store.set_audit_mark(Some(mark)) {
        tracing::error!(%error, "where the audit log stands could not be kept");
    }
}
