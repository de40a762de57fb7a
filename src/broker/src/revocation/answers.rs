//! OCSP answers that were verified, by issuer and serial number.

use std::collections::HashMap;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use pki::Answer;
use wire::Timestamp;
use x509::{Certificate, Serial};

/// How many are kept: every one is about a certificate that led to an anchor and is not over.
const MOST: usize = 1_000_000;

/// OCSP answers. They come one at a time, each about one certificate, so they are not part of a snapshot: the road looks
/// each up when it judges a path, a remembered one too, and so a new answer holds at once.
#[derive(Default)]
pub struct OcspAnswers(RwLock<HashMap<Key, Vec<Kept>>>);

/// The SHA-256 of the issuer's key, and the serial number. Whom else that may be, the issuer's name tells: a key may be
/// certified under two.
type Key = ([u8; 32], Serial);

struct Kept {
    issuer: Vec<u8>,
    not_after: Timestamp,
    answer: Answer,
}

impl OcspAnswers {
    /// The answer about the certificate with this serial number, of this issuer.
    pub fn find(&self, issuer: &Certificate, serial: &Serial) -> Option<Answer> {
        let answers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if answers.is_empty() {
            return None;
        }
        let kept = answers.get(&(issuer.spki_sha256(), serial.clone()))?;
        let of_issuer = |kept: &&Kept| kept.issuer == issuer.subject().comparable();
        kept.iter().find(of_issuer).map(|kept| kept.answer)
    }

    /// Puts a verified answer about a certificate in force, in the place of the one that was. Whether it is newer was
    /// decided where answers are kept, so that what holds now is what holds after a restart. Tells whether there was room.
    pub fn put(&self, issuer: &Certificate, certificate: &Certificate, answer: Answer) -> bool {
        let mut answers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let room = answers.len() < MOST;
        let key = (issuer.spki_sha256(), certificate.serial().clone());
        if !room && !answers.contains_key(&key) {
            return false;
        }
        let of_key = answers.entry(key).or_default();
        of_key.retain(|kept| kept.issuer != issuer.subject().comparable());
        of_key.push(Kept {
            issuer: issuer.subject().comparable().to_vec(),
            not_after: certificate.not_after(),
            answer,
        });
        true
    }

    /// Forgets the answers about certificates that were over before this instant, and no other (threat R9).
    pub fn forget(&self, before: Timestamp) {
        let mut answers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|_, of_key| {
            of_key.retain(|kept| kept.not_after >= before);
            !of_key.is_empty()
        });
    }
}

impl fmt::Debug for OcspAnswers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "OcspAnswers({})", answers.len())
    }
}

#[cfg(test)]
mod tests {
    use pki::AnswerStatus;
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;

    fn certificate(name: &str, key: &KeyPair, years: i32) -> Certificate {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.serial_number = Some(vec![5].into());
        params.not_after = rcgen::date_time_ymd(2030 + years, 1, 1);
        Certificate::parse(params.self_signed(key).expect("a certificate").der()).expect("a certificate")
    }

    /// Threats R3, R9.
    #[test]
    fn an_answer_is_about_one_name_and_one_key_and_goes_with_its_certificate() {
        let (one, other) = (
            KeyPair::generate().expect("a key"),
            KeyPair::generate().expect("a key"),
        );
        let (old_name, new_name) = (certificate("Old CA", &one, 0), certificate("New CA", &one, 0));
        let same_name = certificate("Old CA", &other, 0);
        let (leaf, longer) = (certificate("web", &other, 1), certificate("web", &other, 2));
        let at = Timestamp::from_seconds;
        let good = Answer {
            status: AnswerStatus::Good,
            this_update: at(0),
            next_update: at(10),
        };
        let answers = OcspAnswers::default();
        assert!(answers.put(&old_name, &leaf, good));
        assert_eq!(answers.find(&old_name, leaf.serial()), Some(good));
        assert_eq!(answers.find(&new_name, leaf.serial()), None);
        assert_eq!(answers.find(&same_name, leaf.serial()), None);
        // The other name's answer stands beside it.
        let unknown = Answer {
            status: AnswerStatus::Unknown,
            ..good
        };
        assert!(answers.put(&new_name, &longer, unknown));
        assert_eq!(answers.find(&old_name, leaf.serial()), Some(good));
        answers.forget(leaf.not_after().plus(1));
        assert_eq!(answers.find(&old_name, leaf.serial()), None);
        assert_eq!(answers.find(&new_name, leaf.serial()), Some(unknown));
    }
}
