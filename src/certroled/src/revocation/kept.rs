//! The lists of one anchor, and the certificates that they are verified with.

use std::collections::BTreeMap;
use std::sync::Arc;

use broker::IssuerLists;
use pki::List;
use x509::Certificate;

use super::scope::scope_of;

/// How many intermediates an anchor's lists are verified with: more than any CA has in use.
const MOST_ISSUERS: usize = 256;

/// What is kept for one anchor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    /// The anchor's own certificates, those beside its lists, and intermediates of paths that were found valid.
    issuers: Vec<Certificate>,
    /// The list in force of each scope: the one with the highest number.
    by_scope: BTreeMap<Vec<u8>, Arc<List>>,
    /// Lists from files whose issuer was not met yet. They are verified on the paths that they are about.
    unverified: Vec<Arc<List>>,
}

impl Kept {
    pub(crate) fn issuers(&self) -> &[Certificate] {
        &self.issuers
    }

    /// Adds a certificate that lists may be signed with; tells whether it is new.
    pub(crate) fn add_issuer(&mut self, certificate: &Certificate) -> bool {
        let new = self.issuers.len() < MOST_ISSUERS && !self.issuers.contains(certificate);
        if new {
            self.issuers.push(certificate.clone());
        }
        new
    }

    /// Puts a list in force, unless there is one with a higher number; tells whether it did.
    pub(crate) fn add(&mut self, list: Arc<List>) -> bool {
        let Some(scope) = scope_of(&list) else {
            self.unverified.push(list);
            return true;
        };
        let newer = self
            .by_scope
            .get(&scope)
            .is_none_or(|known| known.crl().number() <= list.crl().number());
        if newer {
            self.by_scope.insert(scope, list);
        }
        newer
    }

    /// The list in force of a scope.
    pub(super) fn of_scope(&self, scope: &[u8]) -> Option<&Arc<List>> {
        self.by_scope.get(scope)
    }

    pub(crate) fn lists(&self) -> IssuerLists {
        IssuerLists::new(self.by_scope.values().chain(&self.unverified).cloned())
    }

    /// How many lists, and how many certificates they revoke.
    pub(super) fn count(&self) -> (usize, usize) {
        let all = self.by_scope.values().chain(&self.unverified);
        all.fold((0, 0), |(lists, entries), list| {
            (lists + 1, entries + list.crl().len())
        })
    }
}
