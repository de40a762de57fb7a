//! The broker at chosen times, to the second: windows, expiry, replay. Time is an argument, so nothing here waits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    missing_docs
)]

mod world;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use broker::{Anchor, Attempt, EvidenceSource, HandshakeProof, KeyRing, SealingKey, Source, Wanted};
use rcgen::SigningKey as _;
use serde_json::Value;
use sigv4::{
    CertificateSigner, PathRule, Request, Scope, SignError, sign_header_form, sign_with_certificate,
};
use time::OffsetDateTime;
use wire::{RequestId, Timestamp};
use world::{HOST, REGION, World};

fn now() -> Timestamp {
    Timestamp::from_seconds(OffsetDateTime::now_utc().unix_timestamp())
}

struct Key<'w>(&'w World);

impl CertificateSigner for Key<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.0
            .key
            .sign(message)
            .map_err(|error| SignError(error.to_string()))
    }
}

/// The rule that refused, or none.
fn rule<T>(recorded: &broker::Recorded<T>) -> Option<&'static str> {
    recorded.outcome().err().map(|refused| refused.rule)
}

/// A request without a TLS certificate, received at this time.
fn received_at(request: Request<'_>, at: Timestamp) -> Attempt<'_> {
    Attempt {
        request_id: RequestId::from_random([2; 16]),
        source: Source {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 1,
        },
        user_agent: None,
        at,
        request,
        handshake: None,
    }
}

/// A request for a session, signed at one time and received at another.
async fn signed_exchange(world: &World, signed: Timestamp, received: Timestamp) -> Option<&'static str> {
    let nonce = signed.seconds().to_string();
    let fixed: Vec<(&str, &[u8])> = vec![
        ("Host", HOST.as_bytes()),
        ("Content-Type", b"application/json"),
        ("Amz-Sdk-Invocation-Id", nonce.as_bytes()),
    ];
    let request = Request {
        method: "POST",
        path: "/sessions",
        query: None,
        headers: &fixed,
        body: world.body.as_bytes(),
    };
    let leaf = x509::Certificate::parse(&world.chain[0]).unwrap();
    let middle = x509::Certificate::parse(&world.chain[1]).unwrap();
    let path = PathRule::Fixed("/sessions");
    let added = sign_with_certificate(&request, path, REGION, signed, &leaf, &[middle], &Key(world)).unwrap();
    let mut headers = fixed.clone();
    headers.extend(added.iter().map(|(name, value)| (*name, value.as_bytes())));
    let request = Request {
        headers: &headers,
        ..request
    };
    let attempt = received_at(request, received);
    rule(
        &world
            .broker
            .exchange(&world.snapshot, &attempt, world.fresh())
            .await,
    )
}

/// Threat S6: five minutes on either side, to the second.
#[tokio::test]
async fn the_window_of_a_signed_request_is_five_minutes_to_the_second() {
    let start = now();
    let world = World::make(start.plus(-3600));
    for (apart, refused) in [
        (-301, Some("present.clock")),
        (-300, None),
        (0, None),
        (300, None),
        (301, Some("present.clock")),
        (86_400, Some("present.clock")),
    ] {
        assert_eq!(
            signed_exchange(&world, start.plus(apart), start).await,
            refused,
            "{apart}"
        );
    }
}

/// Threat S5: the same request is refused for as long as it would be accepted, and throttled, not forgotten.
#[tokio::test]
async fn a_repeat_is_refused_until_it_is_too_old_anyway() {
    let start = now();
    let world = World::make(start.plus(-3600));
    let signed = start.plus(10);
    assert_eq!(signed_exchange(&world, signed, start).await, None);
    for (later, refused) in [
        (0, "authenticate.replayed"),
        (1, "authenticate.replayed"),
        (310, "authenticate.replayed"),
        (311, "present.clock"),
    ] {
        assert_eq!(
            signed_exchange(&world, signed, start.plus(later)).await,
            Some(refused),
            "{later}"
        );
    }
}

/// A session, issued at this time.
async fn session(world: &World, at: Timestamp) -> Value {
    let proof = HandshakeProof::by_handshake(&world.chain, None, world.broker.certificates()).unwrap();
    let attempt = Attempt {
        at,
        ..world.attempt(&proof)
    };
    let recorded = world
        .broker
        .exchange(&world.snapshot, &attempt, world.fresh())
        .await;
    let mut answer = Vec::new();
    recorded.outcome().unwrap().response.write_json(&mut answer);
    serde_json::from_slice(&answer).unwrap()
}

/// GetCallerIdentity with these credentials, signed at one time and received at another.
async fn identity(
    world: &World,
    session: &Value,
    signed: Timestamp,
    received: Timestamp,
) -> Option<&'static str> {
    let credentials = &session["credentialSet"][0]["credentials"];
    let text = |name: &str| credentials[name].as_str().unwrap().to_owned();
    let (date, token) = (signed.basic(), text("sessionToken"));
    let fixed: Vec<(&str, &[u8])> = vec![
        ("host", HOST.as_bytes()),
        ("x-amz-date", date.as_bytes()),
        ("x-amz-security-token", token.as_bytes()),
    ];
    let body = b"Action=GetCallerIdentity&Version=2011-06-15";
    let request = Request {
        method: "POST",
        path: "/",
        query: None,
        headers: &fixed,
        body,
    };
    let scope = Scope {
        credential_id: text("accessKeyId"),
        date: signed.date(),
        region: REGION.into(),
        service: "sts".into(),
    };
    let names = ["host", "x-amz-date", "x-amz-security-token"];
    let secret = text("secretAccessKey");
    let (name, value) = sign_header_form(&request, PathRule::Normalized, &scope, &secret, &names, signed);
    let mut headers = fixed.clone();
    headers.push((name, value.as_bytes()));
    let request = Request {
        headers: &headers,
        ..request
    };
    let attempt = received_at(request, received);
    rule(&world.broker.caller_identity(&world.snapshot, attempt).await)
}

/// Threat K7: from the moment that another key is in force it seals, and what was sealed before still opens.
#[tokio::test]
async fn the_keys_in_force_can_be_replaced() {
    let start = now();
    let world = World::make(start.plus(-7200));
    let key_of = |session: &Value| {
        let token = session["credentialSet"][0]["credentials"]["sessionToken"].as_str();
        let bytes = URL_SAFE_NO_PAD.decode(token.unwrap()).unwrap();
        u32::from_be_bytes(bytes[2..6].try_into().unwrap())
    };
    let before = session(&world, start).await;
    assert_eq!(key_of(&before), 1);
    let next = SealingKey::new(2, &[8; 32], start, start.plus(3600)).unwrap();
    world
        .broker
        .replace_key_ring(KeyRing::new(vec![world.sealing.clone(), next.clone()]));
    let after = session(&world, start).await;
    assert_eq!(key_of(&after), 2);
    for session in [&before, &after] {
        assert_eq!(identity(&world, session, start, start).await, None);
    }
    // And where the first is gone, what it sealed is too.
    world.broker.replace_key_ring(KeyRing::new(vec![next]));
    assert_eq!(
        identity(&world, &before, start, start).await,
        Some("identity.token")
    );
    assert_eq!(identity(&world, &after, start, start).await, None);
}

/// Threat K8: good until the very second of the expiry, and not one longer.
#[tokio::test]
async fn a_session_ends_at_its_expiry_to_the_second() {
    let start = now();
    let world = World::make(start.plus(-7200));
    let issued = start.plus(-3600);
    let session = session(&world, issued).await;
    let expiration = session["credentialSet"][0]["credentials"]["expiration"]
        .as_str()
        .unwrap();
    assert_eq!(Timestamp::parse_rfc3339(expiration).unwrap(), start);
    for (at, refused) in [
        (-3600, None),
        (-1, None),
        (0, Some("identity.expired")),
        (1, Some("identity.expired")),
    ] {
        let at = start.plus(at);
        assert_eq!(identity(&world, &session, at, at).await, refused, "{at}");
    }
}

/// Threat S6: a quarter of an hour at the STS door, as AWS has it.
#[tokio::test]
async fn the_window_of_the_sts_door_is_fifteen_minutes_to_the_second() {
    let start = now();
    let world = World::make(start.plus(-7200));
    let session = session(&world, start.plus(-60)).await;
    for (apart, refused) in [
        (-901, Some("identity.clock")),
        (-900, None),
        (900, None),
        (901, Some("identity.clock")),
    ] {
        assert_eq!(
            identity(&world, &session, start.plus(apart), start).await,
            refused,
            "{apart}"
        );
    }
}

/// Counts the paths that it is told of, and takes note of them or not.
#[derive(Debug)]
struct Notes {
    told: AtomicUsize,
    takes_note: bool,
}

impl EvidenceSource for Notes {
    fn met(&self, _: &Anchor, _: &[x509::Certificate]) -> bool {
        self.told.fetch_add(1, Ordering::Relaxed);
        self.takes_note
    }

    fn wanted(&self, _: &Anchor, _: &[x509::Certificate]) -> Wanted {
        Wanted::Nowhere
    }
}

/// Threat R5: a path of which no note was taken is not remembered, so that whoever fetches its evidence hears of it again.
#[tokio::test]
async fn a_path_is_told_of_until_note_is_taken() {
    for (takes_note, times) in [(true, 1), (false, 3)] {
        let world = World::make(now());
        let notes = Arc::new(Notes {
            told: AtomicUsize::new(0),
            takes_note,
        });
        let source: Arc<dyn EvidenceSource> = Arc::clone(&notes) as _;
        let world = World {
            broker: world.broker.with_evidence(source, Arc::default()),
            ..world
        };
        for _ in 0..3 {
            session(&world, world.now).await;
        }
        assert_eq!(
            notes.told.load(Ordering::Relaxed),
            times,
            "takes note: {takes_note}"
        );
    }
}

/// Threat P1: a certificate is good in the very second of its end, and its credentials never outlive it.
#[tokio::test]
async fn an_exchange_is_judged_by_the_time_that_it_is_given() {
    let start = now();
    let world = World::make(start);
    let leaf = x509::Certificate::parse(&world.chain[0]).unwrap();
    let proof = HandshakeProof::by_handshake(&world.chain, None, world.broker.certificates()).unwrap();
    for (at, refused) in [
        (leaf.not_before().plus(-1), Some("path.not-yet-valid")),
        (leaf.not_after().plus(1), Some("path.expired")),
    ] {
        let attempt = Attempt {
            at,
            ..world.attempt(&proof)
        };
        assert_eq!(
            rule(
                &world
                    .broker
                    .exchange(&world.snapshot, &attempt, world.fresh())
                    .await
            ),
            refused,
            "{at}"
        );
    }
}
