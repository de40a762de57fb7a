//! A broker in memory, whose time and disk are the test's.

use std::hint::black_box;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use audit::{CheckpointKey, Disk, DiskFile, Log};
use broker::{
    Anchor, Attempt, Broker, Fresh, HandshakeProof, KeyRing, Profile, Randomness, RandomnessUnavailable,
    Replay, Role, SealingKey, Snapshot, SnapshotBuilder, Source,
};
use iam::{Allowances, AttributeMapping, TrustPolicy};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use ring::rand::SecureRandom as _;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::SignatureVerificationAlgorithm;
use wire::{RequestId, Timestamp};

const ACCOUNT: &str = "111122223333";
/// The host that signed requests name.
pub(crate) const HOST: &str = "broker.example.com";
/// The region of everything.
pub(crate) const REGION: &str = "eu-local-1";

/// How long a sync takes: nothing, or what a disk would need. Waiting costs no CPU, and lets others come to wait too.
pub(crate) static SYNC_MICROSECONDS: AtomicU64 = AtomicU64::new(0);

/// The broker, its objects, and one client below an intermediate.
pub(crate) struct World {
    pub(crate) broker: Broker,
    pub(crate) sealing: SealingKey,
    pub(crate) snapshot: Snapshot,
    pub(crate) chain: Vec<Vec<u8>>,
    pub(crate) algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
    pub(crate) key: KeyPair,
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) now: Timestamp,
}

impl World {
    /// Everything as of this time.
    pub(crate) fn make(now: Timestamp) -> Self {
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
        let leaf_key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&leaf_key, &middle).unwrap();

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

        let randomness = System(ring::rand::SystemRandom::new());
        let key = CheckpointKey::from_seed(&zeroize::Zeroizing::new([9; 32])).unwrap();
        let disk = Box::new(Memory);
        let (log, _) = Log::open(audit::Settings::default(), disk, key, None, now).unwrap();
        let sealing = SealingKey::generate(1, now, &randomness).unwrap();
        let algorithms = default_provider().signature_verification_algorithms.all;
        let broker = Broker::new(
            log,
            KeyRing::new(vec![sealing.clone()]),
            algorithms,
            Arc::new(randomness),
        );
        Self {
            broker,
            sealing,
            snapshot,
            chain: vec![leaf.der().to_vec(), middle.der().to_vec()],
            algorithms,
            key: leaf_key,
            query: String::new(),
            body: serde_json::json!({"trustAnchorArn": anchor_arn, "profileArn": profile_arn, "roleArn": role_arn,
                "durationSeconds": 3600})
            .to_string(),
            now,
        }
    }

    /// The randomness of one exchange.
    pub(crate) fn fresh(&self) -> Fresh {
        Fresh::draw(&System(ring::rand::SystemRandom::new())).unwrap()
    }

    pub(crate) fn attempt<'a>(&'a self, proof: &'a HandshakeProof) -> Attempt<'a> {
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
