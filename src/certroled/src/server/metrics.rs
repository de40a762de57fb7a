//! What is counted, for Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// What came of a request at a door.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Outcome {
    /// The door: `sessions`, `sts` or `edge`.
    pub(crate) door: &'static str,
    /// `ok`, or the class of the refusal.
    pub(crate) outcome: &'static str,
    /// The rule that refused; empty for `ok`.
    pub(crate) rule: &'static str,
}

/// An exchange that gave what was asked for.
const EXCHANGE: Outcome = Outcome {
    door: "sessions",
    outcome: "ok",
    rule: "",
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Handshake {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reload {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Anchor {
    trust_anchor: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Fetch {
    source: &'static str,
    result: &'static str,
}

/// The revocation lists of one trust anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ListFigures<'a> {
    /// The anchor's name.
    pub(crate) anchor: &'a str,
    /// How many lists.
    pub(crate) lists: usize,
    /// How many certificates they revoke.
    pub(crate) revoked: usize,
    /// Seconds until the first of them is over; negative once it is.
    pub(crate) seconds: Option<i64>,
}

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Outcome, Counter>,
    /// The one of them that counts most often.
    exchanges: Counter,
    handshakes: Family<Handshake, Counter>,
    reloads: Family<Reload, Counter>,
    exchange_seconds: Histogram,
    pub(crate) connections: Gauge,
    in_flight: Gauge,
    ready: Gauge,
    loaded: Gauge,
    anchor_days: Family<Anchor, Gauge>,
    fetches: Family<Fetch, Counter>,
    lists: Family<Anchor, Gauge>,
    revoked: Family<Anchor, Gauge>,
    list_seconds: Family<Anchor, Gauge>,
    audit_events: Gauge<u64, AtomicU64>,
    audit_syncs: Gauge<u64, AtomicU64>,
    audit_sync_seconds: Gauge<f64, AtomicU64>,
    audit_sync_cpu_seconds: Gauge<f64, AtomicU64>,
    audit_failures: Gauge<u64, AtomicU64>,
    audit_writable: Gauge,
}

/// What is read at the moment of a scrape.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) ready: bool,
    /// Requests that are being answered.
    pub(crate) in_flight: usize,
    pub(crate) audit: audit::Figures,
    /// Days until each trust anchor's first certificate is over, by its name.
    pub(crate) anchors: Vec<(&'a str, i64)>,
    /// The revocation lists of each trust anchor.
    pub(crate) lists: Vec<ListFigures<'a>>,
    /// When the objects in force were loaded, seconds since 1970.
    pub(crate) loaded: i64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("certroled");
        let requests = Family::<Outcome, Counter>::default();
        registry.register(
            "requests",
            "Requests answered, by door, outcome and rule",
            requests.clone(),
        );
        let exchanges = requests.get_or_create(&EXCHANGE).clone();
        let handshakes = Family::<Handshake, Counter>::default();
        registry.register("handshakes", "TLS handshakes, by result", handshakes.clone());
        let reloads = Family::<Reload, Counter>::default();
        registry.register(
            "reloads",
            "Reloads of the configuration, by result",
            reloads.clone(),
        );
        let exchange_seconds = Histogram::new(exponential_buckets(0.000_1, 2.0, 14));
        registry.register_with_unit(
            "exchange",
            "Time from a whole request to its answer at /sessions, the audit log's sync included",
            Unit::Seconds,
            exchange_seconds.clone(),
        );
        let connections = Gauge::default();
        registry.register("connections", "Connections open now", connections.clone());
        let in_flight = Gauge::default();
        registry.register(
            "requests_in_flight",
            "Requests let in and not yet answered",
            in_flight.clone(),
        );
        let ready: Gauge = Gauge::default();
        registry.register("ready", "1 when /readyz says so", ready.clone());
        let loaded: Gauge = Gauge::default();
        registry.register(
            "objects_loaded_timestamp_seconds",
            "When the objects in force were loaded",
            loaded.clone(),
        );
        let anchor_days = Family::<Anchor, Gauge>::default();
        registry.register(
            "trust_anchor_days_to_expiry",
            "Days until the first certificate of a trust anchor is over",
            anchor_days.clone(),
        );
        let fetches = Family::<Fetch, Counter>::default();
        registry.register(
            "revocation_fetches",
            "Fetches of revocation lists and OCSP answers, by result",
            fetches.clone(),
        );
        let [lists, revoked, list_seconds] = [
            ("revocation_lists", "Revocation lists in force"),
            (
                "revoked_certificates",
                "Certificates that the revocation lists in force revoke",
            ),
            (
                "revocation_list_seconds_to_expiry",
                "Seconds until the first revocation list of a trust anchor is over",
            ),
        ]
        .map(|(name, help)| {
            let family = Family::<Anchor, Gauge>::default();
            registry.register(name, help, family.clone());
            family
        });
        let audit_events = Gauge::<u64, AtomicU64>::default();
        registry.register(
            "audit_lines",
            "Lines made durable since the start",
            audit_events.clone(),
        );
        let audit_syncs = Gauge::<u64, AtomicU64>::default();
        registry.register(
            "audit_syncs",
            "Syncs of the audit log since the start",
            audit_syncs.clone(),
        );
        let audit_sync_seconds = Gauge::<f64, AtomicU64>::default();
        registry.register(
            "audit_sync_seconds",
            "Time spent writing and syncing the audit log since the start",
            audit_sync_seconds.clone(),
        );
        let audit_sync_cpu_seconds = Gauge::<f64, AtomicU64>::default();
        registry.register(
            "audit_sync_cpu_seconds",
            "CPU that the syncs alone took since the start, estimated from one sync in four",
            audit_sync_cpu_seconds.clone(),
        );
        let audit_failures = Gauge::<u64, AtomicU64>::default();
        registry.register(
            "audit_failures",
            "Failed writes and syncs of the audit log since the start",
            audit_failures.clone(),
        );
        let audit_writable: Gauge = Gauge::default();
        registry.register(
            "audit_writable",
            "0 while the audit log cannot be written",
            audit_writable.clone(),
        );
        Self {
            registry,
            requests,
            exchanges,
            handshakes,
            reloads,
            exchange_seconds,
            connections,
            in_flight,
            ready,
            loaded,
            fetches,
            lists,
            revoked,
            list_seconds,
            anchor_days,
            audit_events,
            audit_syncs,
            audit_sync_seconds,
            audit_sync_cpu_seconds,
            audit_failures,
            audit_writable,
        }
    }

    pub(crate) fn answered(&self, outcome: &Outcome) {
        if *outcome == EXCHANGE {
            self.exchanges.inc();
        } else {
            self.requests.get_or_create(outcome).inc();
        }
    }

    pub(crate) fn exchanged(&self, took: Duration) {
        self.exchange_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn handshake(&self, result: &'static str) {
        self.handshakes.get_or_create(&Handshake { result }).inc();
    }

    pub(crate) fn reloaded(&self, result: &'static str) {
        self.reloads.get_or_create(&Reload { result }).inc();
    }

    /// Counts a fetch: `crl` or `ocsp`, and what came of it.
    pub(crate) fn fetched(&self, source: &'static str, result: &'static str) {
        self.fetches.get_or_create(&Fetch { source, result }).inc();
    }

    fn set_lists(&self, figures: &[ListFigures<'_>]) {
        for family in [&self.lists, &self.revoked, &self.list_seconds] {
            family.clear();
        }
        for figure in figures {
            let of = Anchor {
                trust_anchor: figure.anchor.to_owned(),
            };
            self.lists.get_or_create(&of).set(number(figure.lists));
            self.revoked.get_or_create(&of).set(number(figure.revoked));
            if let Some(seconds) = figure.seconds {
                self.list_seconds.get_or_create(&of).set(seconds);
            }
        }
    }

    /// The exposition, with what stands now.
    pub(crate) fn exposition(&self, standing: &Standing<'_>) -> Result<String, std::fmt::Error> {
        self.ready.set(i64::from(standing.ready));
        self.in_flight.set(number(standing.in_flight));
        self.loaded.set(standing.loaded);
        self.set_lists(&standing.lists);
        self.anchor_days.clear();
        for (name, days) in &standing.anchors {
            self.anchor_days
                .get_or_create(&Anchor {
                    trust_anchor: (*name).to_owned(),
                })
                .set(*days);
        }
        self.audit_events.set(standing.audit.events);
        self.audit_syncs.set(standing.audit.syncs);
        self.audit_sync_seconds
            .set(standing.audit.sync_time.as_secs_f64());
        self.audit_sync_cpu_seconds
            .set(standing.audit.sync_cpu.as_secs_f64());
        self.audit_failures.set(standing.audit.failures);
        self.audit_writable
            .set(i64::from(standing.audit.trouble.is_none()));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_exposition_tells_what_was_counted() {
        let metrics = Metrics::new();
        metrics.answered(&Outcome {
            door: "sessions",
            outcome: "ok",
            rule: "",
        });
        metrics.handshake("ok");
        metrics.reloaded("refused");
        metrics.exchanged(Duration::from_millis(1));
        let standing = Standing {
            ready: true,
            in_flight: 3,
            audit: audit::Figures::default(),
            anchors: vec![("corp", 12)],
            lists: vec![ListFigures {
                anchor: "corp",
                lists: 2,
                revoked: 30,
                seconds: Some(-5),
            }],
            loaded: 7,
        };
        let text = metrics.exposition(&standing).unwrap();
        for line in [
            "certroled_revocation_lists{trust_anchor=\"corp\"} 2",
            "certroled_revoked_certificates{trust_anchor=\"corp\"} 30",
            "certroled_revocation_list_seconds_to_expiry{trust_anchor=\"corp\"} -5",
            "certroled_requests_total{door=\"sessions\",outcome=\"ok\",rule=\"\"} 1",
            "certroled_handshakes_total{result=\"ok\"} 1",
            "certroled_reloads_total{result=\"refused\"} 1",
            "certroled_exchange_seconds_count 1",
            "certroled_trust_anchor_days_to_expiry{trust_anchor=\"corp\"} 12",
            "certroled_ready 1",
            "certroled_requests_in_flight 3",
            "certroled_audit_writable 1",
            "certroled_objects_loaded_timestamp_seconds 7",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
