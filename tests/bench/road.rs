//! What each step of the road costs in CPU: one thread, one certificate below one intermediate, everything in memory.
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

use std::hint::black_box;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use audit::{CheckpointKey, Disk, DiskFile, Log};
use broker::{
    Anchor, Attempt, Broker, HandshakeProof, KeyRing, Presented, Profile, Randomness, RandomnessUnavailable,
    Replay, Role, SealingKey, Snapshot, SnapshotBuilder, Source, Witness,
};
use iam::{Allowances, AttributeMapping, TrustPolicy};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use ring::rand::SecureRandom as _;
use rustix::time::{ClockId, clock_gettime};
use rustls::crypto::ring::default_provider;
use wire::{RequestId, Timestamp};

const ROUNDS: u32 = 4096;
const CLIENTS: u32 = 64;
const ACCOUNT: &str = "111122223333";

fn main() {
    let world: &'static World = Box::leak(Box::new(World::make()));
    let proof: &'static HandshakeProof =
        Box::leak(Box::new(HandshakeProof::by_handshake(&world.chain).unwrap()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();

    let present = timed(|| {
        let attempt = world.attempt(proof);
        black_box(Presented::present(&world.snapshot, &attempt, world.algorithms).unwrap());
    });
    let attempt = world.attempt(proof);
    let presented = || Presented::present(&world.snapshot, &attempt, world.algorithms).unwrap();
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
        let authorized = authenticated().authorize(&world.snapshot, &attempt).unwrap();
        black_box(authorized.issue(&world.broker, &attempt).unwrap());
    });
    let signatures = timed(|| world.verify_path());
    let one = || async {
        let answered = world.broker.exchange(&world.snapshot, world.attempt(proof)).await;
        black_box(serde_json::to_vec(&answered.outcome().unwrap().response).unwrap());
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
        ("authenticate: path, validity, end-entity", authenticate),
        ("  of which two P-256 signatures", signatures),
        ("authorize: tags, trust policy, names", authorize),
        ("issue: seal the token, derive the secret", issue),
        ("record and JSON, 64 exchanges at once", together - to_issued),
        ("record and JSON, one exchange at a time", alone - to_issued),
        ("  of which the request's part of the event", witness),
        ("the whole exchange, 64 at once", together),
        ("  everything but the signatures", together - signatures),
        ("the whole exchange, one at a time", alone),
        ("  everything but the signatures", alone - signatures),
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

struct World {
    broker: Broker,
    snapshot: Snapshot,
    chain: Vec<Vec<u8>>,
    anchor_key: Vec<u8>,
    algorithms: &'static [&'static dyn rustls::pki_types::SignatureVerificationAlgorithm],
    query: String,
    body: String,
    now: Timestamp,
}

impl World {
    fn make() -> Self {
        let now = Timestamp::from_seconds(time::OffsetDateTime::now_utc().unix_timestamp());
        let root = CertifiedIssuer::self_signed(ca("Acme Root"), KeyPair::generate().unwrap()).unwrap();
        let middle =
            CertifiedIssuer::signed_by(ca("Acme Issuing"), KeyPair::generate().unwrap(), &root).unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Acme");
        params
            .distinguished_name
            .push(DnType::OrganizationalUnitName, "Web");
        params
            .distinguished_name
            .push(DnType::CommonName, "web-1.example.com");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let leaf = params.signed_by(&KeyPair::generate().unwrap(), &middle).unwrap();

        let anchor_arn = format!(
            "arn:aws:rolesanywhere:eu-local-1:{ACCOUNT}:trust-anchor/11111111-1111-4111-8111-111111111111"
        );
        let profile_arn = format!(
            "arn:aws:rolesanywhere:eu-local-1:{ACCOUNT}:profile/22222222-2222-4222-8222-222222222222"
        );
        let role_arn = format!("arn:aws:iam::{ACCOUNT}:role/Reader");
        let policy = serde_json::json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": {"Service": "rolesanywhere.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            "Condition": {"ArnEquals": {"aws:SourceArn": anchor_arn},
                "StringEquals": {"aws:PrincipalTag/x509Subject/OU": "Web"}}}]});
        let hour = wire::SessionDuration::DEFAULT;
        let root_certificate = x509::Certificate::parse(root.der()).unwrap();
        let anchor_key = root_certificate.public_key().key().to_vec();
        let snapshot = SnapshotBuilder {
            partition: "aws".parse().unwrap(),
            region: "eu-local-1".parse().unwrap(),
            server_names: vec!["broker.example.com".into()],
            replay: Replay::Refuse,
            anchors: vec![Anchor {
                arn: anchor_arn.parse().unwrap(),
                name: "acme".into(),
                enabled: true,
                trust: pki::TrustAnchor::new(vec![root_certificate]).unwrap(),
            }],
            profiles: vec![Profile {
                arn: profile_arn.parse().unwrap(),
                name: "web".into(),
                enabled: true,
                roles: vec![role_arn.parse().unwrap()],
                duration: hour,
                accept_role_session_name: false,
                attribute_mapping: AttributeMapping::default(),
            }],
            roles: vec![Role {
                arn: role_arn.parse().unwrap(),
                id: wire::RoleId::from_random([7; 11]),
                max_session_duration: hour,
                trust_policy: TrustPolicy::parse(&policy.to_string(), Allowances::default()).unwrap(),
            }],
        }
        .build()
        .unwrap();

        let randomness: Arc<dyn Randomness> = Arc::new(System(ring::rand::SystemRandom::new()));
        let key = CheckpointKey::from_seed(&zeroize::Zeroizing::new([9; 32])).unwrap();
        let disk = Box::new(Memory);
        let (log, _) = Log::open(audit::Settings::default(), disk, key, None, now).unwrap();
        let sealing = SealingKey::generate(1, now, randomness.as_ref()).unwrap();
        let algorithms = default_provider().signature_verification_algorithms.all;
        let broker = Broker::new(log, KeyRing::new(vec![sealing]), algorithms, randomness);
        Self {
            broker,
            snapshot,
            chain: vec![leaf.der().to_vec(), middle.der().to_vec()],
            anchor_key,
            algorithms,
            query: String::new(),
            body: serde_json::json!({"trustAnchorArn": anchor_arn, "profileArn": profile_arn, "roleArn": role_arn,
                "durationSeconds": 3600})
            .to_string(),
            now,
        }
    }

    fn attempt<'a>(&'a self, proof: &'a HandshakeProof) -> Attempt<'a> {
        const HEADERS: &[(&str, &[u8])] = &[
            ("host", b"broker.example.com"),
            ("content-type", b"application/json"),
        ];
        Attempt {
            request_id: RequestId::from_random([1; 16]),
            source: Source {
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
                port: 1,
            },
            user_agent: Some("bench"),
            at: self.now,
            request: sigv4::Request {
                method: "POST",
                path: "/sessions",
                query: (!self.query.is_empty()).then_some(self.query.as_str()),
                headers: HEADERS,
                body: self.body.as_bytes(),
            },
            handshake: Some(proof),
        }
    }

    /// The arithmetic that no verifier can leave out: the leaf's signature and the intermediate's.
    fn verify_path(&self) {
        use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
        let middle = x509::Certificate::parse(&self.chain[1]).unwrap();
        for (der, key) in [
            (&self.chain[0], middle.public_key().key()),
            (&self.chain[1], &self.anchor_key),
        ] {
            let (signed, signature) = split(der);
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
                .verify(signed, signature)
                .unwrap();
        }
    }
}

/// A certificate's signed part and its signature (RFC 5280, 4.1). All three parts here have lengths of two bytes, or
/// one; that is all that is read.
fn split(der: &[u8]) -> (&[u8], &[u8]) {
    let element = |bytes: &[u8]| -> (usize, usize) {
        match bytes[1] {
            0x82 => (4, usize::from(bytes[2]) << 8 | usize::from(bytes[3])),
            0x81 => (3, usize::from(bytes[2])),
            short => (2, usize::from(short)),
        }
    };
    let (head, length) = element(der);
    let inside = &der[head..head + length];
    let (head, length) = element(inside);
    let (signed, rest) = inside.split_at(head + length);
    let (head, length) = element(rest);
    let bits = &rest[head + length..];
    let (head, length) = element(bits);
    (signed, &bits[head + 1..head + length])
}

fn ca(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

#[derive(Debug)]
struct System(ring::rand::SystemRandom);

impl Randomness for System {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        self.0.fill(bytes).map_err(|_| RandomnessUnavailable)
    }
}

/// How long a sync takes: nothing, or what a disk would need. Waiting costs no CPU, and lets others come to wait too.
static SYNC_MICROSECONDS: AtomicU64 = AtomicU64::new(0);

/// A disk that takes everything and keeps nothing.
#[derive(Debug)]
struct Memory;

impl Disk for Memory {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(Vec::new())
    }

    fn open(&self, _: &str, _: bool) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Nothing))
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    fn free_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }
}

#[derive(Debug)]
struct Nothing;

impl DiskFile for Nothing {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        black_box(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        match SYNC_MICROSECONDS.load(Ordering::Relaxed) {
            0 => {}
            time => std::thread::sleep(Duration::from_micros(time)),
        }
        Ok(())
    }

    fn truncate(&mut self, _: u64) -> io::Result<()> {
        Ok(())
    }
}
