//! What each step of the road costs in CPU for a certificate that was seen before: one thread, one certificate below one
//! intermediate, everything in memory. What a path costs the first time is in `trust.rs`.
//!
//! Run by `scripts/bench`. Prints microseconds; `exchange` is measured by the CPU of the whole process, so that the
//! audit log's own thread is in it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    missing_docs
)]

#[allow(dead_code)]
#[path = "../clock/world.rs"]
mod world;

use std::hint::black_box;
use std::sync::atomic::Ordering;
use std::time::Instant;

use broker::{HandshakeProof, Presented, Witness};
use rustix::time::{ClockId, clock_gettime};
use wire::Timestamp;
use world::{SYNC_MICROSECONDS, World};

const ROUNDS: u32 = 4096;
const CLIENTS: u32 = 64;

fn main() {
    let world: &'static World = Box::leak(Box::new(World::make(Timestamp::from_seconds(
        time::OffsetDateTime::now_utc().unix_timestamp(),
    ))));
    let proof: &'static HandshakeProof = Box::leak(Box::new(
        HandshakeProof::by_handshake(&world.chain, None, world.broker.certificates()).unwrap(),
    ));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

    let present = timed(|| {
        let attempt = world.attempt(proof);
        black_box(Presented::present(&world.broker, &world.snapshot, &attempt).unwrap());
    });
    let attempt = world.attempt(proof);
    let presented = || Presented::present(&world.broker, &world.snapshot, &attempt).unwrap();
    let to_authenticated = timed(|| {
        black_box(
            presented()
                .authenticate(&world.broker, &world.snapshot, &attempt)
                .unwrap(),
        );
    });
    let authenticated = || {
        presented()
            .authenticate(&world.broker, &world.snapshot, &attempt)
            .unwrap()
    };
    let to_authorized = timed(|| {
        black_box(authenticated().authorize(&world.snapshot, &attempt).unwrap());
    });
    let to_issued = timed(|| {
        let fresh = world.fresh();
        let authorized = authenticated().authorize(&world.snapshot, &attempt).unwrap();
        black_box(authorized.issue(&world.broker, &attempt, fresh).unwrap());
    });
    let one = || async {
        let answered = world
            .broker
            .exchange(&world.snapshot, &world.attempt(proof), world.fresh())
            .await;
        let mut answer = Vec::with_capacity(2048);
        answered.outcome().unwrap().response.write_json(&mut answer);
        black_box(answer);
    };
    let alone = process_cpu(|| {
        runtime.block_on(async {
            for _ in 0..ROUNDS {
                one().await;
            }
        })
    }) / f64::from(ROUNDS);
    // As under load on a disk: those who wait for one sync share the next, and the threads' waking.
    SYNC_MICROSECONDS.store(1000, Ordering::Relaxed);
    let together = process_cpu(|| {
        runtime.block_on(async {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    tokio::spawn(async move {
                        for _ in 0..ROUNDS / CLIENTS {
                            one().await;
                        }
                    })
                })
                .collect();
            for client in clients {
                client.await.unwrap();
            }
        })
    }) / f64::from(ROUNDS / CLIENTS * CLIENTS);
    let witness = timed(|| {
        black_box(Witness::of(&attempt, &world.snapshot));
    });

    let authenticate = to_authenticated - present;
    let authorize = to_authorized - to_authenticated;
    let issue = to_issued - to_authorized;
    println!("step                                       µs of CPU");
    for (step, cost) in [
        ("present: members of the request", present),
        ("authenticate: a path seen before", authenticate),
        ("authorize: tags, trust policy, names", authorize),
        ("issue: draw, seal, derive the secret", issue),
        ("record and JSON, 64 exchanges at once", together - to_issued),
        ("record and JSON, one exchange at a time", alone - to_issued),
        ("  of which the request's part of the event", witness),
        ("the whole exchange, 64 at once", together),
        ("the whole exchange, one at a time", alone),
    ] {
        println!("{step:<42} {cost:>9.1}");
    }
}

/// Microseconds of one call, by the median of batches.
fn timed(mut call: impl FnMut()) -> f64 {
    let mut batches: Vec<f64> = (0..20)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..ROUNDS / 20 {
                call();
            }
            began.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS / 20)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    batches[batches.len() / 2]
}

/// Microseconds of CPU that the whole process spends.
fn process_cpu(call: impl FnOnce()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        f64::from(u32::try_from(time.tv_sec).unwrap()) * 1e6
            + f64::from(u32::try_from(time.tv_nsec).unwrap()) / 1e3
    };
    let before = now();
    call();
    now() - before
}
