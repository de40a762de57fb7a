//! Asking: is there a path from this leaf to this anchor?

use std::cell::RefCell;
use std::collections::HashSet;

use pki::{
    Evidence, NoEvidence, NoMemory, PathError, Question, Report, SignatureFact, SignatureMemory, TrustAnchor,
    VerifiedPath, explain,
};
use wire::Timestamp;
use x509::Certificate;

use super::certificates::{Ca, now, of};

/// An anchor of these CAs.
pub fn anchor(cas: &[&Ca]) -> TrustAnchor {
    TrustAnchor::new(cas.iter().map(|ca| of(ca)).collect()).unwrap()
}

/// A question with everything as a request has it, save what is set.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    pub leaf: &'a Certificate,
    pub pool: &'a [Certificate],
    pub anchor: &'a TrustAnchor,
    pub now: Timestamp,
    pub memory: &'a dyn SignatureMemory,
    pub evidence: &'a dyn Evidence,
}

impl<'a> Ask<'a> {
    pub fn new(leaf: &'a Certificate, pool: &'a [Certificate], anchor: &'a TrustAnchor) -> Self {
        Self {
            leaf,
            pool,
            anchor,
            now: now(),
            memory: &NoMemory,
            evidence: &NoEvidence,
        }
    }

    pub fn at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    pub fn knowing(self, evidence: &'a dyn Evidence) -> Self {
        Self { evidence, ..self }
    }

    pub fn remembering(self, memory: &'a dyn SignatureMemory) -> Self {
        Self { memory, ..self }
    }

    pub fn question(&self) -> Question<'a> {
        let known = (self.memory, self.evidence);
        let algorithms = webpki::ALL_VERIFICATION_ALGS;
        Question::for_client(self.leaf, self.pool, self.anchor, self.now, algorithms, known)
    }

    pub fn report(&self) -> Report {
        explain(&self.question())
    }

    pub fn outcome(&self) -> Result<VerifiedPath, PathError> {
        self.report().outcome
    }

    /// The rule that refuses, or `valid`.
    pub fn rule(&self) -> &'static str {
        rule(&self.outcome())
    }
}

pub fn rule(result: &Result<VerifiedPath, PathError>) -> &'static str {
    result.as_ref().map_or_else(PathError::rule, |_| "valid")
}

/// Remembers every signature that verified.
#[derive(Debug, Default)]
pub struct Memory(RefCell<HashSet<SignatureFact>>);

impl SignatureMemory for Memory {
    fn holds(&self, fact: &SignatureFact) -> bool {
        self.0.borrow().contains(fact)
    }

    fn remember(&self, fact: SignatureFact) {
        self.0.borrow_mut().insert(fact);
    }
}
