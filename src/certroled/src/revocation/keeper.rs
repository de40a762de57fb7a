//! Which evidence is in force. Every change makes a new snapshot, so that it holds for the next exchange, on kept
//! connections too.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use arc_swap::ArcSwap;
use broker::{Anchor, OcspAnswers, RevocationLists, Snapshot};
use pki::{List, Mode};
use store::{ListSource, Store, StoredList};
use wire::{Timestamp, TrustAnchorArn};
use x509::Certificate;

use super::jobs::Times;
use super::kept::Kept;
use super::scope::scope_of;
use crate::config::Objects;
use crate::primitives;
use crate::state::State;

/// Whoever keeps lists and answers.
pub(crate) struct Keeper {
    pub(super) state: Arc<State>,
    pub(super) answers: Arc<OcspAnswers>,
    snapshot: Arc<ArcSwap<Snapshot>>,
    anchors: Mutex<HashMap<TrustAnchorArn, Kept>>,
}

/// What a set of objects makes of the lists, before it is in force. While there is one, no list is taken: one that came
/// in between would be in the store, and not in force.
#[derive(Debug)]
pub(crate) struct Prepared<'k> {
    in_force: MutexGuard<'k, HashMap<TrustAnchorArn, Kept>>,
    anchors: HashMap<TrustAnchorArn, Kept>,
}

/// Why a list or an answer is not taken. What was there stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAccepted {
    #[error("{0}")]
    List(#[from] pki::ListError),
    #[error(
        "none of the certificates that are known here signed it: its issuer's certificate must be beside it"
    )]
    UnknownIssuer,
    #[error("it is a delta, and the full list that it changes is not here: bring that in first")]
    DeltaWithoutBase,
    #[error("it is from a time to come ({this_update}, and it is {now}): are both clocks right?")]
    NotYet { this_update: Timestamp, now: Timestamp },
    #[error("{0}")]
    Store(#[from] store::ListError),
    #[error("{0}")]
    Unreadable(#[from] x509::CrlFileError),
    #[error("there are {0} lists where one was to be")]
    Several(usize),
    #[error("there is no such trust anchor")]
    NoAnchor,
    #[error("{0}")]
    Answer(String),
    #[error("more OCSP answers are kept than there is room for")]
    NoRoom,
}

impl Keeper {
    pub(crate) fn new(
        state: Arc<State>,
        answers: Arc<OcspAnswers>,
        snapshot: Arc<ArcSwap<Snapshot>>,
    ) -> Self {
        Self {
            state,
            answers,
            snapshot,
            anchors: Mutex::default(),
        }
    }

    /// Reads what is kept for a set of objects: their files, and what the store has. A file's list that is older than
    /// one that was seen is refused, unless the newer one is in the store (threat R6).
    pub(crate) fn prepare(&self, objects: &Objects) -> anyhow::Result<Prepared<'_>> {
        let in_force = self.anchors.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stored = self.state.store.revocation_lists()?;
        let mut anchors = HashMap::new();
        for (anchor, beside) in objects.anchors.iter().zip(&objects.revocation) {
            let mut kept = Kept::new(anchor.arn.clone());
            for certificate in anchor.trust.certificates().iter().chain(&beside.certificates) {
                kept.add_issuer(certificate);
            }
            let (account, id) = names_of(&anchor.arn);
            for row in stored.extract_if(.., |row| row.account == account && row.trust_anchor == id) {
                match read_stored(self.state.store.as_ref(), &row, &mut kept) {
                    Ok(list) => {
                        kept.add(list, row.url);
                    }
                    Err(error) => lost(anchor, &row, &error)?,
                }
            }
            // Full lists first: a delta without its list is a mistake.
            let (deltas, full): (Vec<_>, Vec<_>) = beside.lists.iter().partition(|list| list.is_delta());
            for list in full.into_iter().chain(deltas) {
                self.add_from_file(&mut kept, list)
                    .map_err(|error| anyhow::anyhow!("trust-anchors/{}.crl: {error}", anchor.name))?;
            }
            anchors.insert(anchor.arn.clone(), kept);
        }
        Ok(Prepared { in_force, anchors })
    }

    fn add_from_file(&self, kept: &mut Kept, list: &Arc<List>) -> Result<(), NotAccepted> {
        let scope = kept.scope(list);
        if list.is_delta() && !kept.has_base_of(list) {
            return Err(NotAccepted::DeltaWithoutBase);
        }
        let number = number_of(list);
        let mark = self
            .state
            .store
            .raise_revocation_mark(&scope, &number, &list.crl().sha256());
        match mark {
            Ok(()) => {
                kept.add(Arc::clone(list), None);
                Ok(())
            }
            Err(store::ListError::Older { .. }) if kept.of_scope(&scope).is_some() => {
                tracing::warn!(
                    list = ?list.crl(),
                    "the file's revocation list is older than the one that was fetched or imported, which is in force"
                );
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Puts what was prepared in force, together with the snapshot that it was prepared for.
    pub(crate) fn put_in_force(&self, prepared: Prepared<'_>, snapshot: &Snapshot) {
        let Prepared {
            mut in_force,
            anchors,
        } = prepared;
        *in_force = anchors;
        let lists = Arc::new(lists_of(&in_force));
        self.snapshot.store(Arc::new(snapshot.with_lists(lists)));
    }

    /// Takes a list that came from outside: read, verified, newer than what is there, and on disk before it counts.
    pub(crate) fn accept_list(
        &self,
        anchor: &TrustAnchorArn,
        der: &[u8],
        beside: &[Certificate],
        (source, url): (ListSource, Option<String>),
        now: Timestamp,
    ) -> Result<Arc<List>, NotAccepted> {
        let issuers = {
            let anchors = self.anchors.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = anchors.get(anchor).ok_or(NotAccepted::NoAnchor)?;
            [kept.issuers(), beside].concat()
        };
        // Reading a list of a million entries takes a while: nobody waits for it.
        let list = Arc::new(List::new(der, &issuers, algorithms())?);
        // What nobody verified may be anyone's: its number must not stand in the way of the issuer's.
        if !list.is_verified() {
            return Err(NotAccepted::UnknownIssuer);
        }
        // One from a time to come would take the place of one that counts now.
        if list.crl().this_update() > now {
            return Err(NotAccepted::NotYet {
                this_update: list.crl().this_update(),
                now,
            });
        }
        let (account, trust_anchor) = names_of(anchor);
        let issuer = issuers
            .iter()
            .find(|issuer| list.verified_keys().contains(&issuer.spki_sha256()));
        let row = StoredList {
            account,
            trust_anchor,
            scope: scope_of(anchor, &list),
            source,
            url: url.clone(),
            der: der.to_vec(),
            issuer_certificate: issuer.map(|issuer| issuer.der().to_vec()),
            number: number_of(&list),
            sha256: list.crl().sha256(),
            stored_at: now,
        };
        let mut anchors = self.anchors.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = anchors.get_mut(anchor).ok_or(NotAccepted::NoAnchor)?;
        if list.is_delta() && !kept.has_base_of(&list) {
            return Err(NotAccepted::DeltaWithoutBase);
        }
        let known = kept.of_scope(&row.scope).map(|known| known.crl().sha256());
        self.state.store.put_revocation_list(&row)?;
        // The same list again changes nothing, and must not forget what is remembered.
        if known != Some(row.sha256) {
            kept.add(Arc::clone(&list), url);
            self.publish(&anchors);
        }
        Ok(list)
    }

    /// Takes a list that was fetched: DER, as RFC 5280, 4.2.1.13 has it, or PEM, as some servers have it all the same.
    pub(super) fn accept_fetched_list(
        &self,
        anchor: &TrustAnchorArn,
        bytes: &[u8],
        source: (ListSource, Option<String>),
        now: Timestamp,
    ) -> Result<Times, NotAccepted> {
        let file = x509::read_crls(bytes)?;
        let [der] = file.crls.as_slice() else {
            return Err(NotAccepted::Several(file.crls.len()));
        };
        // Certificates beside it came from the same place as the list: they vouch for nothing.
        let list = self.accept_list(anchor, der, &[], source, now)?;
        Ok(times_of(&list))
    }

    /// The lists that were fetched before a restart: where, and their times. None while a list is taken or a reload is
    /// under way.
    pub(super) fn fetched_lists(&self) -> Option<Vec<(TrustAnchorArn, String, Times)>> {
        let anchors = self.try_anchors()?;
        let fetched = anchors.iter().flat_map(|(anchor, kept)| {
            let lists = kept.fetched();
            lists.map(|(url, list)| (anchor.clone(), url.to_owned(), times_of(list)))
        });
        Some(fetched.collect())
    }

    /// The lists, for whoever must not wait.
    fn try_anchors(&self) -> Option<MutexGuard<'_, HashMap<TrustAnchorArn, Kept>>> {
        match self.anchors.try_lock() {
            Ok(anchors) => Some(anchors),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Learns the intermediates of a path that was found valid; tells whether one is new. None while a list is taken or a
    /// reload is under way, which nobody waits for here: ask again.
    pub(super) fn learn(&self, anchor: &TrustAnchorArn, path: &[Certificate]) -> Option<bool> {
        let mut anchors = self.try_anchors()?;
        let Some(kept) = anchors.get_mut(anchor) else {
            return Some(false);
        };
        // Not the leaf: it signs no list.
        let mut new = false;
        for certificate in path.iter().skip(1) {
            new |= kept.add_issuer(certificate);
        }
        Some(new)
    }

    /// How many lists are in force, and how many certificates they revoke.
    pub(crate) fn count(&self) -> (usize, usize) {
        let anchors = self.anchors.lock().unwrap_or_else(PoisonError::into_inner);
        anchors
            .values()
            .map(Kept::count)
            .fold((0, 0), |(lists, entries), (l, e)| (lists + l, entries + e))
    }

    fn publish(&self, anchors: &HashMap<TrustAnchorArn, Kept>) {
        let lists = Arc::new(lists_of(anchors));
        self.snapshot
            .rcu(|snapshot| snapshot.with_lists(Arc::clone(&lists)));
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("lists", &self.count())
            .finish_non_exhaustive()
    }
}

/// A kept list that cannot be read back. Where evidence is required its certificates are refused for want of it; where
/// it is not they would pass, revoked ones too, and so nothing is put in force (threat R2).
fn lost(anchor: &Anchor, row: &StoredList, error: &NotAccepted) -> anyhow::Result<()> {
    let name = &anchor.name;
    tracing::error!(trust_anchor = name, list = ?row, %error, "a kept revocation list cannot be used any more");
    if anchor.trust.revocation().mode == Mode::Prefer {
        anyhow::bail!(
            "a kept revocation list of trust anchor `{name}` cannot be used any more ({error}), and whoever it revokes \
             would pass: write mode = \"require\" into [trust_anchor.{name}.revocation] until its issuer's present list \
             was imported or fetched"
        );
    }
    Ok(())
}

/// Reads a list that was verified when it was kept, and verifies it again.
pub(crate) fn read_stored(
    store: &dyn Store,
    row: &StoredList,
    kept: &mut Kept,
) -> Result<Arc<List>, NotAccepted> {
    let mut issuers = kept.issuers().to_vec();
    if let Some(issuer) = row
        .issuer_certificate
        .as_deref()
        .and_then(|der| Certificate::parse(der).ok())
    {
        kept.add_issuer(&issuer);
        issuers.push(issuer);
    }
    let list = List::new(&row.der, &issuers, algorithms())?;
    if !list.is_verified() {
        return Err(NotAccepted::UnknownIssuer);
    }
    // It was put there with its number: the mark cannot lie lower, and is only asked.
    match store.raise_revocation_mark(&kept.scope(&list), &row.number, &row.sha256) {
        Ok(()) => Ok(Arc::new(list)),
        // A newer one was in a file that may be gone by now.
        Err(store::ListError::Older { .. }) => Ok(Arc::new(list.superseded())),
        Err(error) => Err(error.into()),
    }
}

fn times_of(list: &List) -> Times {
    Times {
        this_update: list.crl().this_update(),
        next_update: list.crl().next_update(),
    }
}

fn lists_of(anchors: &HashMap<TrustAnchorArn, Kept>) -> RevocationLists {
    let mut lists = RevocationLists::default();
    for (anchor, kept) in anchors {
        lists.replace(anchor.clone(), kept.lists());
    }
    lists
}

pub(crate) fn names_of(anchor: &TrustAnchorArn) -> (String, String) {
    (anchor.account().to_string(), anchor.id().to_string())
}

fn number_of(list: &List) -> Vec<u8> {
    list.crl()
        .number()
        .map(|number| number.octets().to_vec())
        .unwrap_or_default()
}

pub(super) fn algorithms() -> pki::Algorithms<'static> {
    primitives::provider().signature_verification_algorithms.all
}
