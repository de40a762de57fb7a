//! Fetching what the road misses, and what it will miss: ahead of expiry, never while a caller waits.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use broker::{Anchor, EvidenceSource, Randomness, Snapshot, Wanted};
use store::ListSource;
use tokio::sync::mpsc;
use wire::{Timestamp, TrustAnchorArn};
use x509::Certificate;

use super::answers::request;
use super::jobs::{About, Jobs, Target, Times};
use super::keeper::{Keeper, NotAccepted};
use super::places::places;
use crate::clock;
use crate::config::{Fetching, Locations, Objects};
use crate::fetch::{FetchError, Fetcher, Rules};
use crate::server::Metrics;

/// Paths that wait to be looked at. When it is full, further ones are not remembered, and so they come again.
const WAITING: usize = 4096;
/// Fetches that run or wait for their turn.
const MOST_RUNNING: usize = 64;
/// Seconds between two times that finished certificates are forgotten.
const CLEANING: i64 = 600;

/// What the configuration says about fetching. None: nothing is fetched.
#[derive(Debug, Default)]
struct Directions {
    fetching: Option<Fetching>,
    locations: Vec<(TrustAnchorArn, Locations)>,
}

impl Directions {
    fn locations(&self, anchor: &TrustAnchorArn) -> Option<&Locations> {
        self.locations
            .iter()
            .find(|(arn, _)| arn == anchor)
            .map(|(_, locations)| locations)
    }
}

/// A path that the road met.
type Met = (TrustAnchorArn, Vec<Certificate>);

/// The road's end: takes note of paths, and never waits.
#[derive(Debug)]
pub(crate) struct Collector {
    directions: ArcSwap<Directions>,
    met: mpsc::Sender<Met>,
    waiting: Mutex<Option<mpsc::Receiver<Met>>>,
}

impl Collector {
    pub(crate) fn new() -> Arc<Self> {
        let (met, waiting) = mpsc::channel(WAITING);
        Arc::new(Self {
            directions: ArcSwap::default(),
            met,
            waiting: Mutex::new(Some(waiting)),
        })
    }

    /// Follows another configuration from now on.
    pub(crate) fn follow(&self, objects: &Objects) {
        self.directions.store(Arc::new(Directions {
            fetching: objects.fetching.clone(),
            locations: objects
                .revocation
                .iter()
                .map(|beside| (beside.anchor.clone(), beside.locations.clone()))
                .collect(),
        }));
    }

    /// Whether any evidence about this path can be fetched.
    fn has_places(&self, anchor: &Anchor, path: &[Certificate]) -> bool {
        let directions = self.directions.load();
        let (Some(fetching), Some(locations)) = (&directions.fetching, directions.locations(&anchor.arn))
        else {
            return false;
        };
        let policy = anchor.trust.revocation();
        let below = path.get(..path.len().saturating_sub(1)).unwrap_or_default();
        below.iter().any(|certificate| {
            let places = places(certificate, policy, locations, &fetching.rules);
            places.answer.is_some() || !places.lists.is_empty()
        })
    }
}

impl EvidenceSource for Collector {
    fn met(&self, anchor: &Anchor, path: &[Certificate]) -> bool {
        !self.has_places(anchor, path) || self.met.try_send((anchor.arn.clone(), path.to_vec())).is_ok()
    }

    fn wanted(&self, anchor: &Anchor, path: &[Certificate]) -> Wanted {
        if !self.has_places(anchor, path) {
            return Wanted::Nowhere;
        }
        let _ = self.met.try_send((anchor.arn.clone(), path.to_vec()));
        Wanted::Queued
    }
}

/// The fetching end, which runs as long as the daemon.
struct Work {
    collector: Arc<Collector>,
    keeper: Arc<Keeper>,
    snapshot: Arc<ArcSwap<Snapshot>>,
    randomness: Arc<dyn Randomness>,
    metrics: Arc<Metrics>,
    jobs: Jobs,
    cleaned: Timestamp,
    /// Paths whose intermediates are to be learnt yet.
    unlearnt: Vec<Met>,
    /// The rules that the fetcher was made with, and the fetcher.
    fetcher: Option<(Arc<Directions>, Arc<Fetcher>)>,
}

/// A list that was fetched before, where, and its times.
type AtHand = (TrustAnchorArn, String, Times);

/// What came of a fetch.
type Fetched = (Target, Result<Times, String>);

/// Fetches until the daemon ends.
pub(crate) async fn collect(
    collector: Arc<Collector>,
    keeper: Arc<Keeper>,
    snapshot: Arc<ArcSwap<Snapshot>>,
    randomness: Arc<dyn Randomness>,
    metrics: Arc<Metrics>,
) {
    let waiting = collector
        .waiting
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    let Some(mut waiting) = waiting else {
        return;
    };
    let mut work = Work {
        collector,
        keeper,
        snapshot,
        randomness,
        metrics,
        jobs: Jobs::default(),
        cleaned: clock::now(),
        unlearnt: Vec::new(),
        fetcher: None,
    };
    let (done, mut finished) = mpsc::channel::<Fetched>(MOST_RUNNING);
    let mut running = 0usize;
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    every_second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            met = waiting.recv() => match met {
                Some((anchor, path)) => work.note(&anchor, &path),
                None => return,
            },
            fetched = finished.recv() => if let Some((target, outcome)) = fetched {
                running = running.saturating_sub(1);
                work.finished(&target, outcome);
            },
            _ = every_second.tick() => work.keep_up(clock::now()),
        }
        running = running.saturating_add(work.start(MOST_RUNNING.saturating_sub(running), &done));
    }
}

impl Work {
    fn jitter(&self) -> u32 {
        let mut bytes = [0; 4];
        // Without randomness the fetches are not spread; they happen all the same.
        let _ = self.randomness.fill(&mut bytes);
        u32::from_be_bytes(bytes)
    }

    /// Follows the configuration, and forgets what is over.
    fn keep_up(&mut self, now: Timestamp) {
        let directions = self.collector.directions.load_full();
        let known = self
            .fetcher
            .as_ref()
            .is_some_and(|(of, _)| Arc::ptr_eq(of, &directions));
        let at_hand = if known { None } else { self.keeper.fetched_lists() };
        // While the lists are being changed they are not looked at: the next second will do.
        if let Some(at_hand) = at_hand {
            if let Some(fetching) = &directions.fetching {
                let fetcher = Arc::new(Fetcher::new(fetching.rules.clone()));
                self.fetcher = Some((Arc::clone(&directions), fetcher));
            } else {
                self.fetcher = None;
                self.jobs = Jobs::default();
            }
            self.add_configured(&directions, at_hand, now);
        }
        for (anchor, path) in std::mem::take(&mut self.unlearnt) {
            self.note(&anchor, &path);
        }
        if now.since(self.cleaned) >= CLEANING {
            self.cleaned = now;
            let snapshot = self.snapshot.load();
            self.jobs.clean(now, |anchor| snapshot.anchor(anchor).is_some());
            let keeper = Arc::clone(&self.keeper);
            tokio::task::spawn_blocking(move || keeper.forget_answers(now));
        }
    }

    /// The lists that the configuration names are fetched without waiting for a certificate; those at hand from before a
    /// restart when their time comes.
    fn add_configured(&mut self, directions: &Directions, at_hand: Vec<AtHand>, now: Timestamp) {
        if directions.fetching.is_none() {
            return;
        }
        for (anchor, locations) in &directions.locations {
            for at in &locations.crls {
                let target = Target::List {
                    anchor: anchor.clone(),
                    at: at.clone(),
                };
                self.jobs.add(target, None, now);
            }
        }
        for (anchor, url, times) in at_hand {
            let rules = directions.fetching.as_ref().map(|fetching| &fetching.rules);
            let Some(at) = url.parse().ok().filter(|at| allowed(rules, at)) else {
                continue;
            };
            let target = Target::List { anchor, at };
            let jitter = self.jitter();
            self.jobs.add(target.clone(), None, now);
            self.jobs.at_hand(&target, times, now, jitter);
        }
    }

    /// Looks at a path: what may be fetched about it, and which CAs it makes known.
    fn note(&mut self, anchor: &TrustAnchorArn, path: &[Certificate]) {
        let now = clock::now();
        let directions = self.collector.directions.load_full();
        let snapshot = self.snapshot.load_full();
        let (Some(fetching), Some(locations), Some(object)) = (
            &directions.fetching,
            directions.locations(anchor),
            snapshot.anchor(anchor),
        ) else {
            return;
        };
        match self.keeper.learn(anchor, path) {
            Some(true) => self.jobs.retry_lists(anchor, now),
            Some(false) => {}
            // A path that is remembered does not come again by itself.
            None if self.unlearnt.len() < WAITING => self.unlearnt.push((anchor.clone(), path.to_vec())),
            None => {}
        }
        for pair in path.windows(2) {
            let [certificate, issuer] = pair else { continue };
            let places = places(certificate, object.trust.revocation(), locations, &fetching.rules);
            let mut full = false;
            for at in places.lists {
                let anchor = anchor.clone();
                full |= !self.jobs.add(Target::List { anchor, at }, None, now);
            }
            if let Some(at) = places.answer {
                let target = Target::Answer {
                    issuer_key: issuer.spki_sha256(),
                    serial: certificate.serial().clone(),
                    at,
                };
                full |= !self
                    .jobs
                    .add(target, Some((certificate.clone(), issuer.clone())), now);
            }
            if full {
                tracing::error!(
                    known = self.jobs.len(),
                    "more places are to be fetched from than are kept up; evidence of the latest is not fetched"
                );
            }
        }
    }

    /// Starts what is due; tells how much.
    fn start(&mut self, most: usize, done: &mpsc::Sender<Fetched>) -> usize {
        let Some((directions, fetcher)) = self.fetcher.clone() else {
            return 0;
        };
        let due = self.jobs.start_due(clock::now(), most);
        let started = due.len();
        for (target, about) in due {
            let (keeper, fetcher, directions) = (
                Arc::clone(&self.keeper),
                Arc::clone(&fetcher),
                Arc::clone(&directions),
            );
            let mut nonce = vec![0; 16];
            let nonce = self.randomness.fill(&mut nonce).is_ok().then_some(nonce);
            let done = done.clone();
            tokio::spawn(async move {
                let outcome = fetch(&target, about, nonce, &keeper, &fetcher, &directions).await;
                let outcome = outcome.map_err(|error| error.to_string());
                // The receiver lives as long as the daemon.
                let _ = done.send((target, outcome)).await;
            });
        }
        started
    }

    fn finished(&mut self, target: &Target, outcome: Result<Times, String>) {
        let (now, jitter) = (clock::now(), self.jitter());
        let at = target.at();
        let kind = match target {
            Target::List { .. } => "crl",
            Target::Answer { .. } => "ocsp",
        };
        // Counted last: whoever sees the count finds in the log what it counts.
        match outcome {
            Ok(times) => {
                self.jobs.fetched(target, times, now, jitter);
                tracing::info!(kind, %at, this_update = %times.this_update, "evidence of revocation was fetched");
                self.metrics.fetched(kind, "ok");
            }
            Err(reason) => {
                let failures = self.jobs.failed(target, now, jitter);
                tracing::warn!(kind, %at, failures, reason, "evidence of revocation could not be fetched");
                self.metrics.fetched(kind, "failed");
            }
        }
    }
}

fn allowed(rules: Option<&Rules>, at: &crate::fetch::Location) -> bool {
    rules.is_some_and(|rules| rules.allow_host(at.host()))
}

/// Why nothing came of a fetch.
#[derive(Debug, thiserror::Error)]
enum NothingCame {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("what came is not taken: {0}")]
    NotAccepted(#[from] NotAccepted),
    #[error("reading what came ended in a panic")]
    Panic,
    #[error("the system's source of randomness is unavailable")]
    NoRandomness,
    #[error("nothing is fetched any more")]
    NoFetching,
}

async fn fetch(
    target: &Target,
    about: Option<About>,
    nonce: Option<Vec<u8>>,
    keeper: &Arc<Keeper>,
    fetcher: &Fetcher,
    directions: &Directions,
) -> Result<Times, NothingCame> {
    let fetching = directions.fetching.as_ref().ok_or(NothingCame::NoFetching)?;
    let keeper = Arc::clone(keeper);
    // A list may have a million entries, and a parser may have a fault: both stay off the threads that answer (R8, O9).
    let read = match (target, about) {
        (Target::List { anchor, at }, _) => {
            let bytes = fetcher.get(at, fetching.list_bytes).await?;
            let (anchor, source) = (anchor.clone(), (ListSource::Fetched, Some(at.to_string())));
            tokio::task::spawn_blocking(move || {
                keeper.accept_fetched_list(&anchor, &bytes, source, clock::now())
            })
        }
        (Target::Answer { at, .. }, Some((certificate, issuer))) => {
            let nonce = nonce.ok_or(NothingCame::NoRandomness)?;
            let question = request(&certificate, &issuer, &nonce);
            let bytes = fetcher.post(at, question, fetching.answer_bytes).await?;
            tokio::task::spawn_blocking(move || {
                keeper.accept_answer(&bytes, (&certificate, &issuer), &nonce, clock::now())
            })
        }
        (Target::Answer { .. }, None) => return Err(NothingCame::NoFetching),
    };
    read.await.map_err(|_| NothingCame::Panic)?.map_err(Into::into)
}

#[cfg(test)]
mod tests;
