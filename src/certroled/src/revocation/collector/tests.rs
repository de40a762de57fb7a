//! What is done as time goes on.

#![allow(clippy::unwrap_used)]
use pki::{Answer, AnswerStatus};
use rcgen::{CertificateParams, KeyPair, SerialNumber};
use time::{Duration, OffsetDateTime};

use super::super::tests::Kept;
use super::*;
use crate::randomness::System;

/// Threat R9: answers about certificates that are over are forgotten as the daemon runs, and no other.
#[test]
fn answers_about_certificates_that_are_over_are_forgotten_in_time() {
    let kept = Kept::new();
    let issuer = Certificate::parse(kept.authority.der()).unwrap();
    let leaf = |serial: u64, seconds: i64| {
        let mut params = CertificateParams::default();
        params.serial_number = Some(SerialNumber::from(serial));
        params.not_after =
            OffsetDateTime::from_unix_timestamp(kept.now.seconds()).unwrap() + Duration::seconds(seconds);
        let signed = params.signed_by(&KeyPair::generate().unwrap(), &kept.authority);
        Certificate::parse(signed.unwrap().der()).unwrap()
    };
    let (over, stays) = (leaf(1, 60), leaf(2, 2 * CLEANING));
    let answer = Answer {
        status: AnswerStatus::Good,
        this_update: kept.now,
        next_update: kept.now.plus(3600),
    };
    for certificate in [&over, &stays] {
        assert!(kept.keeper.answers.put(&issuer, certificate, answer));
    }
    let known = |certificate: &Certificate| kept.keeper.answers.find(&issuer, certificate.serial()).is_some();
    // A runtime that is dropped waits for what it was given to do.
    let at = |work: &mut Work, seconds: i64| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { work.keep_up(kept.now.plus(seconds)) });
        drop(runtime);
        (known(&over), known(&stays))
    };
    let mut work = Work {
        collector: Collector::new(),
        keeper: Arc::clone(&kept.keeper),
        snapshot: Arc::clone(&kept.snapshot),
        randomness: Arc::new(System::new()),
        metrics: Arc::new(Metrics::new()),
        jobs: Jobs::default(),
        cleaned: kept.now,
        unlearnt: Vec::new(),
        fetcher: None,
    };
    assert_eq!(at(&mut work, CLEANING - 1), (true, true), "not every second");
    assert_eq!(at(&mut work, CLEANING), (false, true));
}
