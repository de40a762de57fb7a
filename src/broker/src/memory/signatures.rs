//! Signatures that verified: this certificate, or list, under that key.

use std::fmt;

use pki::{SignatureFact, SignatureMemory};
use quick_cache::sync::Cache;

/// How many are kept: 64 bytes each, and some for the index.
const MOST: usize = 64 * 1024;

/// Facts of arithmetic, kept across reloads: no change of configuration makes them untrue. Signatures are verified from
/// an anchor down, so that only CAs that are trusted, and what they signed, get in here.
pub(crate) struct VerifiedSignatures(Cache<SignatureFact, ()>);

impl Default for VerifiedSignatures {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl SignatureMemory for VerifiedSignatures {
    fn holds(&self, fact: &SignatureFact) -> bool {
        self.0.get(fact).is_some()
    }

    fn remember(&self, fact: SignatureFact) {
        self.0.insert(fact, ());
    }
}

impl fmt::Debug for VerifiedSignatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedSignatures({})", self.0.len())
    }
}
