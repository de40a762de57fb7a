//! `[trust_anchor.NAME]`: the table by itself, before any file of the anchor is read.

use pki::{AnchorConstraints, AnchorKind, RevocationPolicy};
use wire::AccountId;

use super::accounts::Accounts;
use super::anchor_revocation::Locations;
use super::fetching::Fetching;
use super::section::Section;
use super::{anchor_constraints, anchor_revocation};

/// What the table says.
#[derive(Debug)]
pub(super) struct AnchorTable {
    /// None: it was reported.
    pub(super) account: Option<AccountId>,
    pub(super) enabled: bool,
    pub(super) kind: AnchorKind,
    pub(super) constraints: AnchorConstraints,
    pub(super) revocation: RevocationPolicy,
    pub(super) locations: Locations,
}

impl AnchorTable {
    pub(super) fn read(
        mut section: Section<'_, '_>,
        accounts: &Accounts,
        fetching: Option<&Fetching>,
    ) -> Self {
        let account = accounts.of(&mut section);
        let enabled = section.flag("enabled", true);
        let words = [("ca", AnchorKind::Ca), ("pinned", AnchorKind::Pinned)];
        let kind = section.one_of("kind", &words, AnchorKind::Ca);
        let constraints = anchor_constraints::read(section.section("constraints"), kind);
        let (revocation, locations) = anchor_revocation::read(section.section("revocation"), kind, fetching);
        section.close();
        Self {
            account,
            enabled,
            kind,
            constraints,
            revocation,
            locations,
        }
    }
}
