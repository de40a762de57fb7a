//! OCSP answers: asked for, verified, kept, and read back after a restart (RFC 6960).

use pki::{Answer, AnswerStatus};
use store::StoredAnswer;
use wire::Timestamp;
use x509::{CertId, Certificate, IssuerHash, OcspRequest, OcspResponse};

use super::jobs::Times;
use super::keeper::{Keeper, NotAccepted, algorithms};
use crate::primitives::sha256;

/// The request about a certificate. By SHA-1, which is what responders index by: the hash only names the issuer, whose
/// key verifies the answer.
pub(super) fn request(certificate: &Certificate, issuer: &Certificate, nonce: &[u8]) -> Vec<u8> {
    let id = CertId::of(
        issuer.subject().raw(),
        issuer.public_key().key(),
        certificate.serial(),
        IssuerHash::Sha1,
    );
    OcspRequest::encode(&id, Some(nonce))
}

impl Keeper {
    /// Takes an answer: verified, newer than what is there, and on disk before it counts.
    pub(super) fn accept_answer(
        &self,
        der: &[u8],
        (certificate, issuer): (&Certificate, &Certificate),
        nonce: &[u8],
        now: Timestamp,
    ) -> Result<Times, NotAccepted> {
        let refused = |error: &dyn std::fmt::Display| NotAccepted::Answer(error.to_string());
        let response = OcspResponse::parse(der).map_err(|error| refused(&error))?;
        let answer = pki::verify_answer(&response, certificate, issuer, now, Some(nonce), algorithms())
            .map_err(|error| refused(&error))?;
        let kept = self.state.store.put_ocsp_answer(&StoredAnswer {
            key: key_of(certificate, issuer),
            der: der.to_vec(),
            issuer_certificate: issuer.der().to_vec(),
            certificate: certificate.der().to_vec(),
            not_after: certificate.not_after(),
            this_update: answer.this_update,
            weight: weight(answer.status),
            next_update: Some(answer.next_update),
        })?;
        // What holds now is what would hold after a restart.
        if kept && !self.answers.put(issuer, certificate, answer) {
            return Err(NotAccepted::NoRoom);
        }
        Ok(Times {
            this_update: answer.this_update,
            next_update: Some(answer.next_update),
        })
    }

    /// Forgets the answers about certificates that are over, and no other (threat R9).
    pub(super) fn forget_answers(&self, now: Timestamp) {
        self.answers.forget(now);
        if let Err(error) = self.state.store.forget_ocsp_answers(now) {
            tracing::error!(%error, "OCSP answers about certificates that are over could not be forgotten");
        }
    }

    /// Reads the answers back that were kept, so that whoever was revoked before a restart is refused as the very first
    /// request after it. Each is verified again, by the time that it was made at: a responder's certificate may be over by
    /// now, and what it said of a revocation stays said.
    pub(crate) fn restore_answers(&self, now: Timestamp) -> anyhow::Result<usize> {
        self.state.store.forget_ocsp_answers(now)?;
        let mut restored = 0;
        for row in self.state.store.ocsp_answers()? {
            let answer = read_back(&row);
            match answer {
                Some((certificate, issuer, answer)) => {
                    self.answers.put(&issuer, &certificate, answer);
                    restored += 1;
                }
                None => tracing::error!(answer = ?row, "a kept OCSP answer cannot be used any more"),
            }
        }
        Ok(restored)
    }
}

/// Reads an answer that was verified when it was kept, and verifies it again.
pub(crate) fn read_back(row: &StoredAnswer) -> Option<(Certificate, Certificate, Answer)> {
    let response = OcspResponse::parse(&row.der).ok()?;
    let certificate = Certificate::parse(&row.certificate).ok()?;
    let issuer = Certificate::parse(&row.issuer_certificate).ok()?;
    let then = response.produced_at().max(row.this_update);
    let answer = pki::verify_answer(&response, &certificate, &issuer, then, None, algorithms()).ok()?;
    Some((certificate, issuer, answer))
}

/// Of two answers that were made at one instant, what revokes counts (threat R1).
fn weight(status: AnswerStatus) -> u8 {
    match status {
        AnswerStatus::Good => 0,
        AnswerStatus::Unknown => 1,
        AnswerStatus::Revoked(_) => 2,
    }
}

/// The issuer, by name and key, and the serial number.
fn key_of(certificate: &Certificate, issuer: &Certificate) -> Vec<u8> {
    let issuer = [issuer.subject().comparable(), &issuer.spki_sha256()].concat();
    [&sha256(&issuer), certificate.serial().octets()].concat()
}
