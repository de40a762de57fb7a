//! Step 2, authenticate: a valid path to the named anchor, now, and a certificate fit for a client
//! (contract 2; threats section 2).

use std::sync::Arc;

use pki::{PathError, Question, Report, Undetermined};
use wire::{ErrorClass, TrustAnchorArn};
use x509::Certificate;

use super::Presented;
use super::end_entity::{self, Channel};
use crate::attempt::Attempt;
use crate::exchange::Broker;
use crate::memory::{KnownPath, PathKey};
use crate::refusal::{Refusal, Step};
use crate::replay::Memory;
use crate::revocation::{AnchorEvidence, Wanted};
use crate::snapshot::{Anchor, Replay, Snapshot};

/// How long a signed request may lie away from now, either side (design section 3).
pub(super) const WINDOW_SECONDS: i64 = 300;

/// A certificate that is trusted. Made by [`Presented::authenticate`] only.
#[derive(Debug)]
pub struct Authenticated<'s> {
    pub(super) presented: Presented,
    pub(super) anchor: &'s Anchor,
    pub(super) path: Arc<KnownPath>,
}

impl Presented {
    /// Decides whether the certificate is trusted: a path to the anchor that the request names, and to no other
    /// (threat P18).
    pub fn authenticate<'s>(
        self,
        broker: &Broker,
        snapshot: &'s Snapshot,
        attempt: &Attempt<'_>,
    ) -> Result<Authenticated<'s>, Refusal> {
        let anchor = named_anchor(snapshot, &self.wanted.trust_anchor)?;
        let channel = if self.signature.is_some() {
            Channel::Signature
        } else {
            Channel::Handshake
        };
        let path = self.path(broker, snapshot, anchor, attempt, channel)?;
        self.remember(broker, snapshot, attempt)?;
        Ok(Authenticated {
            presented: self,
            anchor,
            path,
        })
    }

    /// A valid path, found or remembered, for a certificate that is fit for a client. What is known of revocation is asked
    /// about each time, so that a list or an answer that came since holds for a remembered path too.
    fn path(
        &self,
        broker: &Broker,
        snapshot: &Snapshot,
        anchor: &Anchor,
        attempt: &Attempt<'_>,
        channel: Channel,
    ) -> Result<Arc<KnownPath>, Refusal> {
        let evidence = AnchorEvidence {
            lists: snapshot.revocation_lists(&anchor.arn),
            answers: &broker.answers,
        };
        let question = Question::for_client(
            &self.certificate,
            &self.pool,
            &anchor.trust,
            attempt.at,
            broker.algorithms,
            (&broker.signatures, &evidence),
        );
        let key = PathKey::of(anchor, &self.certificate, &self.pool);
        if let Some(path) = snapshot.paths.find(&key, attempt.at)
            && pki::recheck(&question, path.path()).is_ok()
        {
            // A path is kept for a leaf that was judged (`Fit`), by the same bytes and in this snapshot; how its key is
            // proven this time was not. A second line: no signature of such a key gets as far as this.
            return end_entity::judge_proof(&self.certificate, channel).map(|()| path);
        }
        let fit = end_entity::judge(&self.certificate, channel, broker.algorithms)?;
        let Report {
            outcome, unproven, ..
        } = pki::explain(&question);
        match outcome {
            Ok(path) => {
                let certificates: Vec<_> = path.certificates().cloned().collect();
                for certificate in &certificates {
                    broker.certificates.keep(certificate);
                }
                let path = Arc::new(KnownPath::new(path, &anchor.arn));
                if broker.evidence.met(anchor, &certificates) {
                    snapshot.paths.keep(key, &path, fit);
                }
                Ok(path)
            }
            Err(error) => {
                let fetched = may_be_fetched(&error)
                    && unproven.is_some_and(|path| broker.evidence.wanted(anchor, &path) == Wanted::Queued);
                let class = if fetched {
                    ErrorClass::Unavailable
                } else {
                    ErrorClass::Unauthenticated
                };
                Err(no_path(class, anchor, &self.certificate, error))
            }
        }
    }

    /// A signed request is entered only now: strangers cannot fill the memory (threat S5).
    fn remember(&self, broker: &Broker, snapshot: &Snapshot, attempt: &Attempt<'_>) -> Result<(), Refusal> {
        let Some(signature) = &self.signature else {
            return Ok(());
        };
        if snapshot.replay == Replay::Allow {
            return Ok(());
        }
        let until = signature.signed_at.plus(WINDOW_SECONDS);
        let throttle = |rule| Refusal::new(Step::Authenticate, ErrorClass::Throttled, rule);
        match broker.replay.remember(
            signature.fingerprint,
            self.certificate.sha256(),
            until,
            attempt.at,
        ) {
            Memory::New => Ok(()),
            Memory::Repeated => Err(throttle("authenticate.replayed").with("signed at", signature.signed_at)),
            Memory::Full => Err(throttle("authenticate.replay-memory-full")),
        }
    }
}

/// The anchor that a request names, if it may be used.
pub(super) fn named_anchor<'s>(
    snapshot: &'s Snapshot,
    named: &TrustAnchorArn,
) -> Result<&'s Anchor, Refusal> {
    // An unknown anchor and a disabled one look alike to the caller (threat A12).
    let anchor = snapshot
        .anchor(named)
        .ok_or_else(|| refuse("authenticate.unknown-anchor").with("trust anchor", named))?;
    if !anchor.enabled {
        return Err(refuse("authenticate.disabled-anchor").with("trust anchor", &anchor.name));
    }
    Ok(anchor)
}

/// The refusal of a certificate that no path leads from.
pub(super) fn no_path(
    class: ErrorClass,
    anchor: &Anchor,
    certificate: &Certificate,
    error: PathError,
) -> Refusal {
    Refusal::new(Step::Authenticate, class, error.rule())
        .with("trust anchor", &anchor.name)
        .with("subject", certificate.subject().display())
        .with("issuer", certificate.issuer().display())
        .with("reason", error)
}

/// Whether newer evidence could tell what this could not.
fn may_be_fetched(error: &PathError) -> bool {
    match error {
        PathError::RevocationUnknown { why, .. } => !matches!(why, Undetermined::Unknown),
        _ => false,
    }
}

fn refuse(rule: &'static str) -> Refusal {
    Refusal::new(Step::Authenticate, ErrorClass::Unauthenticated, rule)
}
