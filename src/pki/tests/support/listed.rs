//! A path of three whose certificates each need a revocation list.

use pki::{List, Mode, PathError, RevocationPolicy, Source, TrustAnchor};
use x509::Certificate;

use super::certificates::{Ca, intermediate, leaf, of, root, serial};
use super::evidence::Known;
use super::lists::{list, usable};
use super::questions::{Ask, anchor};

pub const LEAF: &[u8] = &[1, 2, 3];

pub const CA: &[u8] = &[9, 9];

/// A root, an intermediate with the serial number `CA`, and a leaf with the serial number `LEAF`.
pub struct World {
    pub root: Ca,
    pub one: Ca,
    pub pool: Vec<Certificate>,
    pub leaf: Certificate,
}

impl World {
    pub fn new() -> Self {
        let root = root(|_| {});
        let one = intermediate("One", &root, |params| params.serial_number = serial(CA));
        let (pool, leaf) = (vec![of(&one)], leaf(&one, |_| {}));
        Self {
            root,
            one,
            pool,
            leaf,
        }
    }

    /// Whether the leaf is trusted, each certificate needing a list, with these.
    pub fn judge(&self, lists: Vec<List>) -> Result<(), PathError> {
        let anchor = self.anchor(0);
        let known = Known::lists(lists);
        let ask = Ask::new(&self.leaf, &self.pool, &anchor).knowing(&known);
        ask.outcome().map(|_| ())
    }

    pub fn anchor(&self, staleness: i64) -> TrustAnchor {
        anchor(&[&self.root]).with_revocation(require(staleness))
    }

    /// The root's list about the intermediate, which says nothing against it.
    pub fn of_root(&self) -> List {
        usable(&list(&self.root, &[], |_| {}), &self.root)
    }
}

pub fn require(max_staleness: i64) -> RevocationPolicy {
    RevocationPolicy {
        mode: Mode::Require,
        sources: vec![Source::Crl],
        max_staleness,
    }
}

/// The rule, and about whom.
pub fn told(result: &Result<(), PathError>) -> (&'static str, &str) {
    match result {
        Ok(()) => ("valid", ""),
        Err(error @ (PathError::Revoked { subject, .. } | PathError::RevocationUnknown { subject, .. })) => {
            (error.rule(), subject)
        }
        Err(other) => (other.rule(), ""),
    }
}
