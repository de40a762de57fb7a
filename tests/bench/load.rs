//! The daemon under load, beside a bare hyper and rustls server that asks for the same client certificate and answers
//! 200: exchanges a second, the server's CPU for each, latency. Run by `scripts/bench`, which builds the programs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    dead_code,
    unused_imports,
    missing_docs
)]

#[path = "../e2e/harness/mod.rs"]
mod harness;

mod bare;
mod clients;
mod processor_time;

use std::sync::Arc;
use std::time::{Duration, Instant};

use clients::{Asked, Clients, Load};
use harness::{Authority, Daemon, Identity, Key, Leaf, Setup};
use processor_time::{ProcessorTime, Used};
use rustls::ClientConfig;

/// How often both servers are started anew: where a process happens to lie in memory makes it some microseconds a
/// handshake quicker or slower, for as long as it runs.
const SITTINGS: usize = 5;
/// How often each row's turn comes in one sitting. A shared machine is slower for seconds or minutes at a time, so that
/// servers and loads are measured in short slices, in turn: what else the machine does meets all alike.
const ROUNDS: usize = 4;
/// Pairs of slices in one turn: more where the figure is larger, and with it what is uncertain of it.
const PAIRS_NEW: usize = 2;
const PAIRS_KEPT: usize = 1;
const WARM_UP: Duration = Duration::from_millis(200);
const MEASURED: Duration = Duration::from_millis(500);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|word| word == "--bare") {
        return bare::serve(&arguments[at + 1], &arguments[at + 2]);
    }
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(compare());
}

async fn compare() {
    println!(
        "{:<8} {:<28} {:<10} {:>9} {:>8} {:>10} {:>10} {:>10} {:>10} {:>8} {:>8}",
        "key",
        "load",
        "server",
        "a second",
        "user µs",
        "kernel µs",
        "fsync's µs",
        "above bare",
        "fsync took",
        "p50 ms",
        "p99 ms"
    );
    let mut rows: Vec<Row> = [Key::P256, Key::Rsa2048].into_iter().flat_map(Row::of).collect();
    for _ in 0..SITTINGS {
        let mut places = Vec::new();
        for row in &rows {
            places.push(Place::make(row.key, row.load).await);
        }
        for _ in 0..ROUNDS {
            for (row, place) in rows.iter_mut().zip(&mut places) {
                row.measure(place).await;
            }
        }
    }
    for row in &rows {
        row.print();
    }
}

/// The two servers, and those who ask them.
struct Place {
    daemon: Daemon,
    bare: bare::Bare,
    clients_of_daemon: Clients,
    clients_of_bare: Clients,
}

impl Place {
    async fn make(key: Key, load: Load) -> Self {
        let acme = Authority::root("Acme Root");
        let middle = acme.intermediate("Acme Issuing");
        let leaf = middle
            .leaf_with(key, "web-1.example.com", |_| {})
            .with_chain(&[&middle]);
        let limits = "requests_per_address_per_second = 1000000\nrequests_per_address_burst = 1000000\n\
                      connections_per_address = 4096";
        let daemon = Setup::with(&acme).limits(limits).start().await;
        let bare = bare::Bare::start(&daemon.home);
        let config = daemon.tls(&Identity::Certificate(&leaf));
        Self {
            clients_of_daemon: Clients::of(daemon.address, &config, daemon.host(), load),
            clients_of_bare: Clients::of(bare.address, &config, daemon.host(), load),
            daemon,
            bare,
        }
    }
}

/// One key under one load.
struct Row {
    key: Key,
    load: Load,
    bare: Vec<Slice>,
    ours: Vec<Slice>,
}

impl Row {
    fn of(key: Key) -> impl Iterator<Item = Self> {
        let loads = [Load::New(16), Load::Kept(16), Load::Kept(256)];
        loads.into_iter().map(move |load| Self {
            key,
            load,
            bare: Vec::new(),
            ours: Vec::new(),
        })
    }

    /// One turn: slices of the bare server and of the daemon.
    async fn measure(&mut self, place: &mut Place) {
        let slices = match self.load {
            Load::New(_) => PAIRS_NEW,
            Load::Kept(_) => PAIRS_KEPT,
        };
        let Place {
            daemon,
            bare,
            clients_of_daemon,
            clients_of_bare,
        } = place;
        for _ in 0..slices {
            self.bare
                .push(Slice::measure(clients_of_bare, bare.child.id(), None).await);
            self.ours
                .push(Slice::measure(clients_of_daemon, daemon.child.id(), Some(daemon)).await);
        }
        clients_of_bare.disconnect();
        clients_of_daemon.disconnect();
    }

    fn print(&self) {
        let pairs = self.bare.iter().zip(&self.ours);
        let above = middle_half(pairs.map(|(bare, ours)| ours.cpu_each() - bare.cpu_each()));
        for (name, slices, above) in [("bare", &self.bare, None), ("certroled", &self.ours, Some(above))] {
            let requests = slices.iter().map(|slice| slice.took.len()).sum::<usize>() as f64;
            let syncs = slices
                .iter()
                .fold(Syncs::default(), |sum, slice| sum.and(slice.syncs));
            let only_ours = |figure: f64| above.map_or("-".to_owned(), |_| format!("{figure:.1}"));
            let time: Used = slices.iter().map(|slice| slice.time).sum();
            let mut took: Vec<f64> = slices.iter().flat_map(|slice| &slice.took).copied().collect();
            took.sort_by(f64::total_cmp);
            let at = |percent: usize| took[(took.len() - 1) * percent / 100];
            println!(
                "{:<8} {:<28} {:<10} {:>9.0} {:>8.1} {:>10.1} {:>10} {:>10} {:>10} {:>8.2} {:>8.2}",
                format!("{:?}", self.key),
                describe(self.load),
                name,
                requests / slices.iter().map(|slice| slice.seconds).sum::<f64>(),
                time.all * 1e6 / requests * (1.0 - time.kernel_share()),
                time.all * 1e6 / requests * time.kernel_share(),
                only_ours(syncs.each(syncs.cpu)),
                only_ours(above.unwrap_or_default()),
                only_ours(syncs.each(syncs.took)),
                at(50),
                at(99),
            );
        }
    }
}

fn describe(load: Load) -> String {
    match load {
        Load::New(count) => format!("new connection, {count} at once"),
        Load::Kept(count) => format!("keep-alive, {count} connections"),
    }
}

/// One server under one load for a moment.
struct Slice {
    seconds: f64,
    time: Used,
    /// How long each request took, in milliseconds.
    took: Vec<f64>,
    syncs: Syncs,
}

impl Slice {
    /// `syncing` is the daemon whose syncs are told apart.
    async fn measure(clients: &mut Clients, pid: u32, syncing: Option<&Daemon>) -> Self {
        clients.connect().await;
        let slice = async {
            tokio::time::sleep(WARM_UP).await;
            let synced = Syncs::of(syncing).await;
            let (before, began) = (ProcessorTime::of(pid), Instant::now());
            tokio::time::sleep(MEASURED).await;
            let (after, ended) = (ProcessorTime::of(pid), Instant::now());
            let syncs = Syncs::of(syncing).await.since(synced);
            (after.since(&before), began..ended, syncs)
        };
        let ((time, slice, syncs), asked) = clients.ask_during(slice).await;
        let asked = asked.iter().filter(|asked| slice.contains(&asked.answered));
        Self {
            seconds: (slice.end - slice.start).as_secs_f64(),
            time,
            took: asked.map(Asked::milliseconds).collect(),
            syncs,
        }
    }

    /// Microseconds of CPU for each request, without syncs.
    fn cpu_each(&self) -> f64 {
        self.time.all * 1e6 / self.took.len() as f64 - self.syncs.each(self.syncs.cpu)
    }
}

/// What syncs cost.
#[derive(Debug, Clone, Copy, Default)]
struct Syncs {
    /// The lines that they made durable: one for each exchange.
    lines: f64,
    /// Seconds that writing and syncing took.
    took: f64,
    /// Seconds of CPU in the kernel; part of the process's.
    cpu: f64,
}

impl Syncs {
    /// All so far.
    async fn of(daemon: Option<&Daemon>) -> Self {
        let Some(daemon) = daemon else {
            return Self::default();
        };
        let (_, text) = daemon.admin("/metrics").await.unwrap();
        Self {
            lines: metric(&text, "certroled_audit_lines"),
            took: metric(&text, "certroled_audit_sync_seconds"),
            cpu: metric(&text, "certroled_audit_sync_cpu_seconds"),
        }
    }

    fn and(self, more: Self) -> Self {
        Self {
            lines: self.lines + more.lines,
            took: self.took + more.took,
            cpu: self.cpu + more.cpu,
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            lines: self.lines - before.lines,
            took: self.took - before.took,
            cpu: self.cpu - before.cpu,
        }
    }

    /// Microseconds of these seconds for each line.
    fn each(self, seconds: f64) -> f64 {
        if self.lines > 0.0 {
            seconds * 1e6 / self.lines
        } else {
            0.0
        }
    }
}

/// The mean without the lowest and the highest quarter.
fn middle_half(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let aside = figures.len() / 4;
    let middle = &figures[aside..figures.len() - aside];
    middle.iter().sum::<f64>() / middle.len() as f64
}

/// The sum of a metric's samples.
fn metric(text: &str, name: &str) -> f64 {
    text.lines()
        .filter(|line| line.starts_with(name) && !line.contains("_count") && !line.contains("_bucket"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}
