//! Checkpoints: a line's number and hash, signed with Ed25519, which can be kept elsewhere. Whoever rewrites the log
//! later cannot rewrite those (threat O2).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use wire::Timestamp;
use zeroize::Zeroizing;

use crate::chain::Mark;
use crate::primitives::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// The key that signs checkpoints.
pub struct CheckpointKey {
    pair: Ed25519KeyPair,
}

/// The bytes are no Ed25519 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an Ed25519 key: 32 bytes are needed, as base64 where text is asked for")]
pub struct NotAKey;

impl CheckpointKey {
    /// The key of this seed.
    pub fn from_seed(seed: &Zeroizing<[u8; 32]>) -> Result<Self, NotAKey> {
        Ed25519KeyPair::from_seed_unchecked(seed.as_slice())
            .map(|pair| Self { pair })
            .map_err(|_| NotAKey)
    }

    /// The half that verifies.
    pub fn public_key(&self) -> CheckpointPublicKey {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(self.pair.public_key().as_ref()) {
            *to = *from;
        }
        CheckpointPublicKey(bytes)
    }

    pub(crate) fn sign(&self, mark: Mark, at: Timestamp) -> Checkpoint {
        let signature = self.pair.sign(signed_text(mark, at).as_bytes()).as_ref().to_vec();
        Checkpoint { mark, at, signature }
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointKey({})", self.public_key())
    }
}

/// The half of the key that verifies; all that an auditor needs. Its text is base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointPublicKey([u8; 32]);

impl fmt::Display for CheckpointPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl FromStr for CheckpointPublicKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| NotAKey)?;
        bytes.try_into().map(Self).map_err(|_| NotAKey)
    }
}

/// A signed mark. As text it is one line, made to be kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The line that it vouches for.
    pub mark: Mark,
    /// When it was signed.
    pub at: Timestamp,
    signature: Vec<u8>,
}

/// The word that a checkpoint's text begins with.
const WORD: &str = "certrole-checkpoint-1";

fn signed_text(mark: Mark, at: Timestamp) -> String {
    format!(
        "{WORD} {} {} {}",
        mark.sequence,
        hex::encode(mark.hash),
        at.basic()
    )
}

impl Checkpoint {
    /// Whether this key signed it.
    pub fn is_signed_by(&self, key: &CheckpointPublicKey) -> bool {
        UnparsedPublicKey::new(&ED25519, key.0)
            .verify(signed_text(self.mark, self.at).as_bytes(), &self.signature)
            .is_ok()
    }

    /// The inside of its line in the log.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        json!({ "checkpoint": self.to_string() }).to_string().into_bytes()
    }

    /// Reads the line of the log that holds one.
    pub(crate) fn from_line(line: &[u8]) -> Option<Self> {
        let line: serde_json::Value = serde_json::from_slice(line).ok()?;
        line.get("checkpoint")?.as_str()?.parse().ok()
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}",
            signed_text(self.mark, self.at),
            STANDARD.encode(&self.signature)
        )
    }
}

/// The text is no checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a checkpoint: one line `{WORD} NUMBER HASH TIME SIGNATURE`, as `certroled audit checkpoint` prints"
)]
pub struct NotACheckpoint;

impl FromStr for Checkpoint {
    type Err = NotACheckpoint;

    fn from_str(text: &str) -> Result<Self, NotACheckpoint> {
        let fields: Vec<&str> = text.trim().split(' ').collect();
        let [WORD, sequence, hash, at, signature] = fields.as_slice() else {
            return Err(NotACheckpoint);
        };
        let hash = hex::decode(hash)
            .ok()
            .and_then(|hash| hash.try_into().ok())
            .ok_or(NotACheckpoint)?;
        let checkpoint = Self {
            mark: Mark {
                sequence: sequence.parse().map_err(|_| NotACheckpoint)?,
                hash,
            },
            at: Timestamp::parse_basic(at).map_err(|_| NotACheckpoint)?,
            signature: STANDARD.decode(signature).map_err(|_| NotACheckpoint)?,
        };
        // One spelling only: a change of case is a change.
        if checkpoint.to_string() == text.trim() {
            Ok(checkpoint)
        } else {
            Err(NotACheckpoint)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const KNOWN_CHECKPOINT: &str = "certrole-checkpoint-1 12 0303030303030303030303030303030303030303030303030303030303030303 20270115T080000Z CWomV02na2eJul66XUaWfyvM2c48b0FWe2c2bKrpXgIQUjv6xoyeukDqhptQAcrevOSbCg+uEjrJxi3VzXdOCw==";
    const KNOWN_KEY: &str = "6kpsY+KcUgq+9VB7Ey7F+ZVHdq6+vnuSQh7qaRRG0iw=";

    /// Both builds sign the same bytes (docs/cryptography.md): a log goes on, and is verified, under either. The line
    /// was signed by the build with ring.
    #[test]
    fn a_checkpoint_does_not_depend_on_the_build() {
        let key = CheckpointKey::from_seed(&Zeroizing::new([7; 32])).unwrap();
        let mark = Mark {
            sequence: 12,
            hash: [3; 32],
        };
        let checkpoint = key.sign(mark, Timestamp::from_seconds(1_800_000_000));
        assert_eq!(checkpoint.to_string(), KNOWN_CHECKPOINT);
        let known: Checkpoint = KNOWN_CHECKPOINT.parse().unwrap();
        assert!(known.is_signed_by(&KNOWN_KEY.parse().unwrap()));
    }

    #[test]
    fn a_checkpoint_survives_as_text_and_no_change_does() {
        let key = CheckpointKey::from_seed(&Zeroizing::new([7; 32])).unwrap();
        let checkpoint = key.sign(
            Mark {
                sequence: 12,
                hash: [3; 32],
            },
            Timestamp::from_seconds(1_800_000_000),
        );
        let text = checkpoint.to_string();
        assert_eq!(text.parse::<Checkpoint>().unwrap(), checkpoint);
        assert!(checkpoint.is_signed_by(&key.public_key().to_string().parse().unwrap()));
        let other = CheckpointKey::from_seed(&Zeroizing::new([8; 32])).unwrap();
        assert!(!checkpoint.is_signed_by(&other.public_key()));
        for bent in [
            text.replace(" 12 ", " 13 "),
            text.replace("0303", "0304"),
            text.replace("2027", "2028"),
        ] {
            assert_ne!(bent, text);
            assert!(
                !bent
                    .parse::<Checkpoint>()
                    .unwrap()
                    .is_signed_by(&key.public_key()),
                "{bent}"
            );
        }
    }
}
