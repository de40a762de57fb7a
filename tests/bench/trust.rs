//! What a trust decision costs: a path found for the first time, beside rustls-webpki in the same run, and found again;
//! and a revocation list with a million entries. Run by `scripts/bench trust`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    missing_docs
)]

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use pki::{
    List, NoEvidence, NoMemory, Question, SignatureFact, SignatureMemory, TrustAnchor, recheck, validate,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    PKCS_ECDSA_P384_SHA384, PKCS_RSA_SHA256, RevocationReason, RevokedCertParams, SanType, SerialNumber,
    SignatureAlgorithm,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use wire::Timestamp;
use x509::Certificate;

const NOW: i64 = 1_800_000_000;
const ENTRIES: u32 = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|word| word == "--list") {
        return load(&arguments[at + 1], &arguments[at + 2]);
    }
    println!(
        "{:<52} {:>10} {:>10}",
        "leaf and intermediate, µs", "median", "of webpki"
    );
    for (name, algorithm, rounds) in [
        ("P-256", &PKCS_ECDSA_P256_SHA256, 400),
        ("P-384", &PKCS_ECDSA_P384_SHA384, 40),
        ("RSA-2048", &PKCS_RSA_SHA256, 400),
    ] {
        paths(name, algorithm, rounds);
    }
    list();
}

/// Remembers every signature.
#[derive(Default)]
struct Everything(Mutex<HashSet<SignatureFact>>);

impl SignatureMemory for Everything {
    fn holds(&self, fact: &SignatureFact) -> bool {
        self.0.lock().unwrap().contains(fact)
    }

    fn remember(&self, fact: SignatureFact) {
        self.0.lock().unwrap().insert(fact);
    }
}

fn paths(name: &str, algorithm: &'static SignatureAlgorithm, rounds: u32) {
    let key = || KeyPair::generate_for(algorithm).unwrap();
    let root = CertifiedIssuer::self_signed(ca("Acme Root"), key()).unwrap();
    let middle = CertifiedIssuer::signed_by(ca("Acme Issuing"), key(), &root).unwrap();
    let leaf = client().signed_by(&key(), &middle).unwrap();
    let (leaf, middle) = (leaf.der().to_vec(), middle.der().to_vec());
    let anchor = TrustAnchor::new(vec![Certificate::parse(root.der()).unwrap()]).unwrap();
    let algorithms = rustls::crypto::ring::default_provider()
        .signature_verification_algorithms
        .all;
    let now = Timestamp::from_seconds(NOW);
    let ask = |leaf: &Certificate, pool: &[Certificate], memory: &dyn SignatureMemory| {
        let question = Question::for_client(leaf, pool, &anchor, now, algorithms, (memory, &NoEvidence));
        validate(&question).unwrap()
    };

    let trusted = [webpki::anchor_from_trusted_cert(root.der()).unwrap()];
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(NOW).unwrap()));
    let theirs = timed(rounds, || {
        let der = CertificateDer::from(leaf.as_slice());
        let pool = [CertificateDer::from(middle.as_slice())];
        let leaf = webpki::EndEntityCert::try_from(&der).unwrap();
        let usage = webpki::KeyUsage::client_auth();
        let path = leaf.verify_for_usage(algorithms, &trusted, &pool, time, usage, None, None);
        black_box(path.unwrap());
    });
    let first = timed(rounds, || {
        let read = Certificate::parse(&leaf).unwrap();
        let pool = [Certificate::parse(&middle).unwrap()];
        black_box(ask(&read, &pool, &NoMemory));
    });
    let (read, pool) = (
        Certificate::parse(&leaf).unwrap(),
        [Certificate::parse(&middle).unwrap()],
    );
    let memory = Everything::default();
    let known = timed(4000, || {
        black_box(ask(&read, &pool, &memory));
    });
    let path = ask(&read, &pool, &memory);
    let again = timed(4000, || {
        let question = Question::for_client(&read, &pool, &anchor, now, algorithms, (&memory, &NoEvidence));
        black_box(recheck(&question, &path)).unwrap();
    });
    let reading = timed(4000, || {
        black_box(Certificate::parse(&leaf).unwrap());
    });
    for (what, cost) in [
        ("rustls-webpki, reading included", theirs),
        ("certrole, first time, reading included", first),
        ("certrole, other bag, signatures remembered", known),
        ("certrole, path remembered, revocation asked again", again),
        ("reading one certificate", reading),
    ] {
        println!(
            "{:<52} {cost:>10.1} {:>10.2}",
            format!("{name}: {what}"),
            cost / theirs
        );
    }
}

fn params(name: &str) -> CertificateParams {
    let start = time::OffsetDateTime::from_unix_timestamp(NOW - 3600).unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, "Acme");
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (start, start + time::Duration::days(7));
    params.use_authority_key_identifier_extension = true;
    params
}

fn ca(name: &str) -> CertificateParams {
    let mut params = params(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn client() -> CertificateParams {
    let mut params = params("web-01");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.subject_alt_names = vec![SanType::DnsName("web-01.example.com".try_into().unwrap())];
    params
}

fn list() {
    let root = CertifiedIssuer::self_signed(ca("Acme Root"), KeyPair::generate().unwrap()).unwrap();
    let start = time::OffsetDateTime::from_unix_timestamp(NOW - 3600).unwrap();
    let revoked_certs = (0..ENTRIES)
        .map(|number| RevokedCertParams {
            serial_number: SerialNumber::from(serial(number).to_vec()),
            revocation_time: start,
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        })
        .collect();
    let der = CertificateRevocationListParams {
        this_update: start,
        next_update: start + time::Duration::days(7),
        crl_number: SerialNumber::from(7),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: KeyIdMethod::Sha256,
    }
    .signed_by(&root)
    .unwrap()
    .der()
    .to_vec();
    // In a process of its own, whose memory nothing else has been in.
    let folder = tempfile::tempdir().unwrap();
    let (list, issuer) = (folder.path().join("list"), folder.path().join("issuer"));
    std::fs::write(&list, &der).unwrap();
    std::fs::write(&issuer, root.der()).unwrap();
    let program = std::env::current_exe().unwrap();
    let status = std::process::Command::new(program)
        .arg("--list")
        .args([&list, &issuer])
        .status();
    assert!(status.unwrap().success());
}

/// Brings a list in, and looks certificates up in it.
fn load(list: &str, issuer: &str) {
    let der = std::fs::read(list).unwrap();
    let issuers = [Certificate::parse(&std::fs::read(issuer).unwrap()).unwrap()];
    let algorithms = rustls::crypto::ring::default_provider()
        .signature_verification_algorithms
        .all;
    let before = resident();
    let began = Instant::now();
    let list = List::new(&der, &issuers, algorithms).unwrap();
    let took = began.elapsed();
    let kept = resident().saturating_sub(before);
    println!();
    println!("a list of {ENTRIES} entries, {} bytes", der.len());
    println!(
        "{:<52} {:>10.3} s",
        "reading it and verifying its signature",
        took.as_secs_f64()
    );
    println!("{:<52} {:>10.1} MB", "memory", kept as f64 / 1e6);
    let serials = [0, ENTRIES / 3, ENTRIES - 1].map(|number| {
        let mut leaf = client();
        leaf.serial_number = Some(SerialNumber::from(serial(number).to_vec()));
        let leaf = leaf.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Certificate::parse(leaf.der()).unwrap().serial().clone()
    });
    let looked_up = timed(100_000, || {
        for serial in &serials {
            black_box(list.crl().find(serial).unwrap());
        }
    }) / 3.0;
    println!("{:<52} {looked_up:>10.2} µs", "looking one up");
}

/// Sixteen octets that look like chance.
fn serial(number: u32) -> [u8; 16] {
    let mut bytes = [0; 16];
    let mut state = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for (at, byte) in bytes.iter_mut().enumerate() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state.to_be_bytes()[0] ^ u8::try_from(at).unwrap();
    }
    bytes[0] = 0x40 | (bytes[0] & 0x3f);
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    bytes
}

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Microseconds of one call, by the median of batches.
fn timed(rounds: u32, mut call: impl FnMut()) -> f64 {
    let mut batches: Vec<f64> = (0..21)
        .map(|_| {
            let began = Instant::now();
            for _ in 0..rounds / 20 {
                call();
            }
            began.elapsed().as_secs_f64() * 1e6 / f64::from(rounds / 20)
        })
        .collect();
    batches.sort_by(f64::total_cmp);
    batches[batches.len() / 2]
}
