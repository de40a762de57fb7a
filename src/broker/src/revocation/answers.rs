//! OCSP answers that were verified, by issuer and serial number.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use pki::{Answer, AnswerStatus};
use x509::Serial;

/// How many are kept: every one is about a certificate that led to an anchor.
const MOST: usize = 1_000_000;

/// OCSP answers. They come one at a time, each about one certificate, so they are not part of a snapshot: the road looks
/// each up when it judges a path, a remembered one too, and so a new answer holds at once.
#[derive(Default)]
pub struct OcspAnswers(RwLock<HashMap<Key, Answer>>);

type Key = ([u8; 32], Serial);

impl OcspAnswers {
    /// The answer about the certificate with this serial number, of the issuer whose key has this SHA-256.
    pub fn find(&self, issuer_key: &[u8; 32], serial: &Serial) -> Option<Answer> {
        let answers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        answers.get(&(*issuer_key, serial.clone())).copied()
    }

    /// Puts a verified answer in force. One that is older than what is there is not (threat R6); tells whether it was.
    /// Where there is no room, only what revokes gets in.
    pub fn put(&self, issuer_key: [u8; 32], serial: &Serial, answer: Answer) -> bool {
        let mut answers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let key = (issuer_key, serial.clone());
        let newer = answers
            .get(&key)
            .is_none_or(|known| known.this_update <= answer.this_update);
        let room = answers.len() < MOST
            || answers.contains_key(&key)
            || matches!(answer.status, AnswerStatus::Revoked(_));
        if newer && room {
            answers.insert(key, answer);
        }
        newer && room
    }

    /// Forgets the answers that this does not want kept (threat R9: certificates that are over, and nothing else).
    pub fn retain(&self, mut keep: impl FnMut(&[u8; 32], &Serial) -> bool) {
        let mut answers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|(issuer, serial), _| keep(issuer, serial));
    }
}

impl fmt::Debug for OcspAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "OcspAnswers({})", answers.len())
    }
}
