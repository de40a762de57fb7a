//! The lists of one anchor, and the certificates that they are verified with.

use std::collections::BTreeMap;
use std::sync::Arc;

use broker::IssuerLists;
use pki::List;
use wire::TrustAnchorArn;
use x509::Certificate;

use super::scope::{base_of, scope_of};

/// How many intermediates an anchor's lists are verified with: more than any CA has in use.
const MOST_ISSUERS: usize = 256;

/// What is kept for one anchor.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    anchor: TrustAnchorArn,
    /// The anchor's own certificates, those beside its lists, and intermediates of paths that were found valid.
    issuers: Vec<Certificate>,
    /// The list in force of each scope: the one with the highest number.
    by_scope: BTreeMap<Vec<u8>, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    list: Arc<List>,
    /// Where it was fetched.
    url: Option<String>,
}

impl Kept {
    pub(crate) fn new(anchor: TrustAnchorArn) -> Self {
        Self {
            anchor,
            issuers: Vec::new(),
            by_scope: BTreeMap::new(),
        }
    }

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

    /// The scope of a list here.
    pub(super) fn scope(&self, list: &List) -> Vec<u8> {
        scope_of(&self.anchor, list)
    }

    /// Puts a list in force, unless there is one of its scope with a higher number; tells whether it did. A full list
    /// ends the deltas that it holds already.
    pub(crate) fn add(&mut self, list: Arc<List>, url: Option<String>) -> bool {
        let scope = self.scope(&list);
        let newer = self
            .by_scope
            .get(&scope)
            .is_none_or(|known| known.list.crl().number() <= list.crl().number());
        if newer {
            if !list.is_delta() {
                let anchor = &self.anchor;
                self.by_scope.retain(|_, known| {
                    let ended = known.list.is_delta()
                        && base_of(anchor, &known.list) == scope
                        && known.list.crl().number() <= list.crl().number();
                    !ended
                });
            }
            self.by_scope.insert(scope, Entry { list, url });
        }
        newer
    }

    /// Whether the full list that a delta changes is here: one of its scope, with at least the number that the delta
    /// names (RFC 5280, 5.2.4). A newer delta without it says less than the delta before it.
    pub(crate) fn has_base_of(&self, delta: &List) -> bool {
        self.by_scope
            .get(&base_of(&self.anchor, delta))
            .is_some_and(|base| base.list.crl().number() >= delta.crl().delta_base())
    }

    /// The list in force of a scope.
    pub(super) fn of_scope(&self, scope: &[u8]) -> Option<&Arc<List>> {
        self.by_scope.get(scope).map(|entry| &entry.list)
    }

    pub(crate) fn lists(&self) -> IssuerLists {
        IssuerLists::new(self.by_scope.values().map(|entry| Arc::clone(&entry.list)))
    }

    /// The lists that were fetched, and where.
    pub(super) fn fetched(&self) -> impl Iterator<Item = (&str, &List)> {
        let entries = self.by_scope.values();
        entries.filter_map(|entry| Some((entry.url.as_deref()?, entry.list.as_ref())))
    }

    /// How many lists, and how many certificates they revoke.
    pub(super) fn count(&self) -> (usize, usize) {
        self.by_scope.values().fold((0, 0), |(lists, entries), entry| {
            (lists + 1, entries + entry.list.crl().len())
        })
    }
}
