//! The whole road, on one screen.

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use rustls_pki_types::SignatureVerificationAlgorithm;

use crate::attempt::Attempt;
use crate::fresh::Fresh;
use crate::memory::{CertificateMemory, VerifiedSignatures};
use crate::randomness::Randomness;
use crate::record::{Recorded, Witness};
use crate::replay::ReplayMemory;
use crate::revocation::{EvidenceSource, NoEvidenceSource, OcspAnswers};
use crate::road::Presented;
use crate::snapshot::Snapshot;
use crate::token::KeyRing;

/// The broker: what outlives a request, apart from the objects that requests are judged by.
pub struct Broker {
    pub(crate) audit: audit::Log,
    pub(crate) replay: ReplayMemory,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
    pub(crate) certificates: Arc<CertificateMemory>,
    pub(crate) signatures: VerifiedSignatures,
    pub(crate) answers: Arc<OcspAnswers>,
    pub(crate) evidence: Arc<dyn EvidenceSource>,
    keys: ArcSwap<KeyRing>,
}

/// A session that was issued, and whose event is in the log.
#[derive(Debug)]
pub struct Session {
    /// The answer.
    pub response: wire::CreateSessionResponse,
}

impl Broker {
    /// A broker that writes to this log, seals with these keys and verifies with these algorithms.
    pub fn new(
        audit: audit::Log,
        keys: KeyRing,
        algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
        randomness: Arc<dyn Randomness>,
    ) -> Self {
        let keys = ArcSwap::from_pointee(keys);
        Self {
            audit,
            replay: ReplayMemory::default(),
            randomness,
            algorithms,
            certificates: Arc::default(),
            signatures: VerifiedSignatures::default(),
            answers: Arc::default(),
            evidence: Arc::new(NoEvidenceSource),
            keys,
        }
    }

    /// The broker with someone who fetches evidence of revocation.
    #[must_use]
    pub fn with_evidence(mut self, source: Arc<dyn EvidenceSource>, answers: Arc<OcspAnswers>) -> Self {
        self.evidence = source;
        self.answers = answers;
        self
    }

    /// The certificates that were read before.
    pub fn certificates(&self) -> &Arc<CertificateMemory> {
        &self.certificates
    }

    /// The exchange: a certificate in, temporary credentials out (design section 3).
    ///
    /// Each step takes what only the step before can make. Whatever the outcome, it is answered only after it is
    /// recorded: all is decided here and now, and what is waited for is the disk.
    pub fn exchange<'b>(
        &'b self,
        snapshot: &Snapshot,
        attempt: &Attempt<'_>,
        fresh: Fresh,
    ) -> impl Future<Output = Recorded<Session>> + use<'b> {
        let mut witness = Witness::of(attempt, snapshot);
        let issued = Presented::present(self, snapshot, attempt)
            .inspect(|presented| witness.presented(presented))
            .and_then(|presented| presented.authenticate(self, snapshot, attempt))
            .inspect(|authenticated| witness.authenticated(authenticated))
            .and_then(|authenticated| authenticated.authorize(snapshot, attempt))
            .inspect(|authorized| witness.authorized(authorized))
            .and_then(|authorized| authorized.issue(self, attempt, fresh));
        let recorded = match issued {
            Ok(issued) => Ok(issued.record(self, witness)),
            Err(refusal) => Err(Recorded::refusal(self, witness, &refusal)),
        };
        async {
            match recorded {
                Ok(given) => given.await,
                Err(refused) => refused.await,
            }
        }
    }

    /// The keys in force.
    pub(crate) fn key_ring(&self) -> Guard<Arc<KeyRing>> {
        self.keys.load()
    }

    /// Puts other keys in force, for every request from now on.
    pub fn replace_key_ring(&self, keys: KeyRing) {
        self.keys.store(Arc::new(keys));
    }
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker")
            .field("keys", &self.key_ring())
            .finish_non_exhaustive()
    }
}
