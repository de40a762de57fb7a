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

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use harness::{Authority, Daemon, Identity, Key, Leaf, Setup, Wire, members};
use rustls::ClientConfig;

/// Servers and loads are measured in turn, so that what else the machine does meets all alike: a shared one is slower for
/// minutes at a time.
const ROUNDS: usize = 9;
const WARM_UP: Duration = Duration::from_millis(300);
const MEASURED: Duration = Duration::from_millis(1500);

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

/// How the load comes.
#[derive(Debug, Clone, Copy)]
enum Load {
    /// A new TLS 1.3 connection for each request, from 16 clients.
    New,
    /// Requests on so many connections that are kept.
    Kept(usize),
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
    let mut places = Vec::new();
    for key in [Key::P256, Key::Rsa2048] {
        places.push(Place::make(key).await);
    }
    let mut rows: Vec<Row<'_>> = places.iter().flat_map(Row::of).collect();
    for _ in 0..ROUNDS {
        for row in &mut rows {
            row.measure().await;
        }
    }
    for row in &rows {
        row.print();
    }
}

/// The two servers, and whoever asks them with a key of one kind.
struct Place {
    key: Key,
    daemon: Daemon,
    bare: bare::Bare,
    config: Arc<ClientConfig>,
}

impl Place {
    async fn make(key: Key) -> Self {
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
            key,
            daemon,
            bare,
            config,
        }
    }
}

/// One key under one load.
struct Row<'p> {
    place: &'p Place,
    load: Load,
    bares: Vec<Run>,
    ours: Vec<Run>,
}

impl<'p> Row<'p> {
    fn of(place: &'p Place) -> impl Iterator<Item = Self> {
        [Load::New, Load::Kept(16), Load::Kept(256)]
            .map(|load| Self {
                place,
                load,
                bares: Vec::new(),
                ours: Vec::new(),
            })
            .into_iter()
    }

    /// One round: the bare server, then the daemon.
    async fn measure(&mut self) {
        let Place {
            daemon, bare, config, ..
        } = self.place;
        let host = daemon.host();
        let theirs = run(bare.address, config, &host, self.load, bare.child.id()).await;
        let before = syncs(daemon).await;
        let mut one = run(daemon.address, config, &host, self.load, daemon.child.id()).await;
        let after = syncs(daemon).await;
        one.fsync_took = (after.0 - before.0) * 1e6 / one.all as f64;
        one.fsync_cpu = (after.1 - before.1) * 1e6 / one.all as f64;
        self.bares.push(theirs);
        self.ours.push(one);
    }

    fn print(&self) {
        let Self {
            place,
            load,
            bares,
            ours,
        } = self;
        let pairs = bares.iter().zip(ours);
        let above = median(pairs.map(|(bare, ours)| ours.cpu() - ours.fsync_cpu - bare.cpu()));
        for (name, runs, above) in [("bare", bares, None), ("certroled", ours, Some(above))] {
            let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure));
            let only_ours = |figure: f64| above.map_or("-".to_owned(), |_| format!("{figure:.1}"));
            println!(
                "{:<8} {:<28} {:<10} {:>9.0} {:>8.1} {:>10.1} {:>10} {:>10} {:>10} {:>8.2} {:>8.2}",
                format!("{:?}", place.key),
                describe(*load),
                name,
                of(|run| run.rate),
                of(|run| run.user),
                of(|run| run.kernel),
                only_ours(of(|run| run.fsync_cpu)),
                only_ours(above.unwrap_or_default()),
                only_ours(of(|run| run.fsync_took)),
                of(|run| run.p50),
                of(|run| run.p99),
            );
        }
    }
}

/// Seconds that syncs took so far, and of CPU.
async fn syncs(daemon: &Daemon) -> (f64, f64) {
    let (_, text) = daemon.admin("/metrics").await.unwrap();
    (
        metric(&text, "certroled_audit_sync_seconds"),
        metric(&text, "certroled_audit_sync_cpu_seconds"),
    )
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

fn describe(load: Load) -> String {
    match load {
        Load::New => "new connection, 16 at once".into(),
        Load::Kept(count) => format!("keep-alive, {count} connections"),
    }
}

struct Run {
    rate: f64,
    /// Microseconds of CPU for each request, in the program and in the kernel for it.
    user: f64,
    kernel: f64,
    p50: f64,
    p99: f64,
    /// Requests, those of the warm-up too.
    all: usize,
    /// Microseconds for each request that syncs took, and of CPU in the kernel; part of `kernel`.
    fsync_took: f64,
    fsync_cpu: f64,
}

impl Run {
    fn cpu(&self) -> f64 {
        self.user + self.kernel
    }
}

async fn run(address: SocketAddr, config: &Arc<ClientConfig>, host: &str, load: Load, pid: u32) -> Run {
    let clients = match load {
        Load::New => 16,
        Load::Kept(count) => count,
    };
    let (stop, measuring) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (config, host) = (Arc::clone(config), host.to_owned());
            let (stop, measuring) = (Arc::clone(&stop), Arc::clone(&measuring));
            tokio::spawn(async move {
                let headers = [
                    ("Host".to_owned(), host),
                    ("Content-Type".to_owned(), "application/json".to_owned()),
                ];
                let body = members("acme", "web", "Reader").to_string();
                let mut kept: Option<Wire> = None;
                let mut took = Vec::new();
                let mut all = 0;
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    let mut wire = match kept.take() {
                        Some(wire) => wire,
                        None => Wire::open(address, &config).await.unwrap(),
                    };
                    let answer = wire
                        .request("POST", "/sessions", &headers, body.as_bytes())
                        .await
                        .unwrap();
                    assert!(answer.status < 300, "{}", answer.body);
                    all += 1;
                    if measuring.load(Ordering::Relaxed) {
                        took.push(began.elapsed().as_secs_f64() * 1e3);
                    }
                    if matches!(load, Load::Kept(_)) {
                        kept = Some(wire);
                    }
                }
                (took, all)
            })
        })
        .collect();
    tokio::time::sleep(WARM_UP).await;
    let before = cpu_seconds(pid);
    measuring.store(true, Ordering::Relaxed);
    let began = Instant::now();
    tokio::time::sleep(MEASURED).await;
    let after = cpu_seconds(pid);
    measuring.store(false, Ordering::Relaxed);
    let seconds = began.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let (mut took, mut all) = (Vec::new(), 0);
    for task in tasks {
        let (some, count) = task.await.unwrap();
        took.extend(some);
        all += count;
    }
    took.sort_by(f64::total_cmp);
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    Run {
        rate: took.len() as f64 / seconds,
        user: (after.0 - before.0) * 1e6 / took.len() as f64,
        kernel: (after.1 - before.1) * 1e6 / took.len() as f64,
        p50: at(50),
        p99: at(99),
        all,
        fsync_took: 0.0,
        fsync_cpu: 0.0,
    }
}

/// The CPU that a process has used, in the program and in the kernel (`/proc/PID/stat`, ticks of a hundredth of a
/// second).
fn cpu_seconds(pid: u32) -> (f64, f64) {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    let ticks = |at: usize| fields[at].parse::<f64>().unwrap() / 100.0;
    (ticks(11), ticks(12))
}

/// The sum of a metric's samples.
fn metric(text: &str, name: &str) -> f64 {
    text.lines()
        .filter(|line| line.starts_with(name) && !line.contains("_count") && !line.contains("_bucket"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}
