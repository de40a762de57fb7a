//! Sources that tests control.

use std::sync::atomic::{AtomicU64, Ordering};

use wire::Timestamp;

use crate::primitives::digest::{SHA256, digest};
use crate::randomness::{Randomness, RandomnessUnavailable};
use crate::token::Claims;

/// Bytes that never repeat, and are the same in every run.
#[derive(Debug, Default)]
pub(crate) struct Counted(AtomicU64);

impl Counted {
    pub(crate) fn starting_at(number: u64) -> Self {
        Self(AtomicU64::new(number << 32))
    }
}

impl Randomness for Counted {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let digest = digest(&SHA256, &count.to_be_bytes());
            for (to, from) in chunk.iter_mut().zip(digest.as_ref()) {
                *to = *from;
            }
        }
        Ok(())
    }
}

/// A source that fails.
#[derive(Debug)]
pub(crate) struct NoRandomness;

impl Randomness for NoRandomness {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        Err(RandomnessUnavailable)
    }
}

pub(crate) fn claims() -> Claims<'static> {
    let account = "111122223333".parse().expect("an account");
    Claims {
        account,
        trust_anchor: uuid::Uuid::from_bytes([1; 16]),
        profile: uuid::Uuid::from_bytes([2; 16]),
        role: wire::RoleId::from_random([3; 11]),
        issuer: "CN=Issuing CA,O=Acme".into(),
        serial: vec![1, 35].into(),
        public_key: [4; 32],
        certificate: [5; 32],
        issued: Timestamp::from_seconds(1_800_000_000),
        expires: Timestamp::from_seconds(1_800_003_600),
        access_key: wire::AccessKeyId::new(account, [6; 5]),
        root_session: [7; 16],
        session_name: "0123".parse().expect("a name"),
        source_identity: "CN=web".parse().expect("an identity"),
        tags: [
            ("x509Subject/CN".into(), "web".into()),
            ("x509Subject/2.5.4.97".into(), "z\u{fc}rich".into()),
        ]
        .into(),
    }
}
