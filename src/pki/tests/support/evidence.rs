//! What is known of revocation, in a map.

use std::collections::HashMap;
use std::sync::Arc;

use pki::{Answer, AnswerStatus, Evidence, List};
use wire::Timestamp;
use x509::{Certificate, Name, RevocationReason, Revoked, Serial};

use super::certificates::now;

#[derive(Debug, Clone, Default)]
pub struct Known {
    lists: HashMap<Vec<u8>, Vec<Arc<List>>>,
    answers: HashMap<([u8; 32], Vec<u8>), Answer>,
}

impl Known {
    /// These lists, in this order.
    pub fn lists(lists: impl IntoIterator<Item = List>) -> Self {
        let mut known = Self::default();
        for list in lists {
            let issuer = list.crl().issuer().comparable().to_vec();
            known.lists.entry(issuer).or_default().push(Arc::new(list));
        }
        known
    }

    /// These, and an answer about a certificate.
    pub fn answer(mut self, certificate: &Certificate, issuer: &Certificate, answer: Answer) -> Self {
        let key = (issuer.spki_sha256(), certificate.serial().octets().to_vec());
        self.answers.insert(key, answer);
        self
    }
}

impl Evidence for Known {
    fn lists(&self, issuer: &Name) -> &[Arc<List>] {
        self.lists
            .get(issuer.comparable())
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    fn answer(&self, issuer: &Certificate, serial: &Serial) -> Option<Answer> {
        self.answers
            .get(&(issuer.spki_sha256(), serial.octets().to_vec()))
            .copied()
    }
}

/// An answer that is fresh for an hour each way.
pub fn answer(status: AnswerStatus) -> Answer {
    Answer {
        status,
        this_update: now().plus(-3600),
        next_update: now().plus(3600),
    }
}

pub fn revoked() -> AnswerStatus {
    AnswerStatus::Revoked(Revoked {
        date: Timestamp::from_seconds(now().seconds() - 60),
        reason: Some(RevocationReason::KeyCompromise),
    })
}
