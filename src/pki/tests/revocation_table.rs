//! `docs/revocation.md` walked row by row: what it says of every combination of evidence is what happens.

#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::HashSet;

use pki::{
    Answer, AnswerStatus, List, Mode, PathError, RevocationPolicy, Source, TrustAnchor, Undetermined, Verdict,
};
use support::certificates::{Ca, key, leaf, now, of, root};
use support::evidence::{Known, answer, revoked};
use support::lists::{Fields, bring_in, uri_point, usable};
use support::questions::{Ask, anchor};
use x509::Certificate;

const DOCUMENT: &str = include_str!("../../../docs/revocation.md");

/// The grace that the anchor gives.
const GRACE: i64 = 600;
const LEAF: &[u8] = &[1, 2, 3];

const LISTS: [&str; 8] = [
    "missing",
    "good",
    "in grace",
    "stale",
    "from the future",
    "out of scope",
    "unusable",
    "revoked",
];
const ANSWERS: [&str; 7] = [
    "missing",
    "good",
    "in grace",
    "stale",
    "from the future",
    "unknown",
    "revoked",
];
const NOT_ASKED: &str = "not asked";

struct World {
    ca: Ca,
    leaf: Certificate,
}

impl World {
    fn list(&self, state: &str) -> Option<List> {
        let good = Fields::of(&self.ca, &[]);
        let until = |seconds: i64| {
            good.clone()
                .with(|fields| fields.next_update = Some(now().plus(seconds)))
        };
        let signed = |fields: &Fields| usable(&fields.signed_by(self.ca.key()), &self.ca);
        Some(match state {
            "missing" => return None,
            "good" => signed(&good),
            "in grace" => signed(&until(-GRACE)),
            "stale" => signed(&until(-GRACE - 1)),
            "from the future" => signed(&good.with(|fields| fields.this_update = now().plus(1))),
            "out of scope" => signed(&good.scope(&[&uri_point("http://crl.example/elsewhere")])),
            "unusable" => bring_in(&good.signed_by(&key()), &[]).unwrap(),
            "revoked" => signed(&Fields::of(&self.ca, &[LEAF])),
            other => panic!("no list is {other}"),
        })
    }

    fn answer(state: &str) -> Option<Answer> {
        let good = answer(AnswerStatus::Good);
        Some(match state {
            "missing" => return None,
            "good" => good,
            "in grace" => Answer {
                next_update: now().plus(-GRACE),
                ..good
            },
            "stale" => Answer {
                next_update: now().plus(-GRACE - 1),
                ..good
            },
            "from the future" => Answer {
                this_update: now().plus(1),
                ..good
            },
            "unknown" => answer(AnswerStatus::Unknown),
            "revoked" => answer(revoked()),
            other => panic!("no answer is {other}"),
        })
    }

    /// What is known in these states.
    fn known(&self, lists: &str, ocsp: &str) -> Known {
        let lists = Some(lists).filter(|state| *state != NOT_ASKED);
        let ocsp = Some(ocsp).filter(|state| *state != NOT_ASKED);
        let known = Known::lists(lists.and_then(|state| self.list(state)));
        match ocsp.and_then(Self::answer) {
            Some(answer) => known.answer(&self.leaf, &of(&self.ca), answer),
            None => known,
        }
    }

    fn anchor(&self, mode: Mode, sources: &[Source]) -> TrustAnchor {
        anchor(&[&self.ca]).with_revocation(RevocationPolicy {
            mode,
            sources: sources.to_vec(),
            max_staleness: GRACE,
        })
    }

    /// What happens, in the words of the document; and who said good, where somebody did.
    fn outcome(&self, known: &Known, mode: Mode, sources: &[Source]) -> (String, Option<Source>) {
        let anchor = self.anchor(mode, sources);
        match Ask::new(&self.leaf, &[], &anchor).knowing(known).outcome() {
            Ok(path) => {
                let good = path
                    .revocation()
                    .iter()
                    .find_map(|checked| match checked.verdict {
                        Verdict::Good { source, .. } => Some(source),
                        _ => None,
                    });
                ("passes".to_owned(), good)
            }
            Err(PathError::Revoked { .. }) => ("403 revoked".to_owned(), None),
            Err(PathError::RevocationUnknown { why, .. }) => (status(&why).to_owned(), None),
            Err(other) => panic!("{other}"),
        }
    }
}

/// The daemon's answer to each reason, where it has a place to fetch from.
fn status(why: &Undetermined) -> &'static str {
    match why {
        Undetermined::Missing => "503 missing",
        Undetermined::OutOfScope(_) => "503 out of scope",
        Undetermined::Unusable(_) => "503 unusable",
        Undetermined::NotYet { .. } => "503 from the future",
        Undetermined::Stale { .. } => "503 stale",
        Undetermined::Unknown => "403 unknown",
    }
}

/// The rows of the table: lists, OCSP, prefer, require.
fn rows() -> Vec<[&'static str; 4]> {
    let (_, table) = DOCUMENT
        .split_once("| lists | OCSP | prefer | require |\n|---|---|---|---|\n")
        .unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|'));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        <[&str; 4]>::try_from(cells).unwrap()
    })
    .collect()
}

#[test]
fn every_row_is_what_happens() {
    let ca = root(|_| {});
    let leaf = leaf(&ca, |_| {});
    let world = World { ca, leaf };
    for [lists, ocsp, prefer, require] in rows() {
        let known = world.known(lists, ocsp);
        let orders: &[&[Source]] = match (lists, ocsp) {
            (_, NOT_ASKED) => &[&[Source::Crl]],
            (NOT_ASKED, _) => &[&[Source::Ocsp]],
            _ => &[&[Source::Crl, Source::Ocsp], &[Source::Ocsp, Source::Crl]],
        };
        for sources in orders {
            for (mode, wanted) in [
                (Mode::Prefer, prefer),
                (Mode::Require, require),
                (Mode::Off, "passes"),
            ] {
                let (said, by) = world.outcome(&known, mode, sources);
                assert_eq!(said, wanted, "lists {lists}, OCSP {ocsp}, {mode:?}, {sources:?}");
                // Of two that say good, the first in order is named.
                if (lists, ocsp) == ("good", "good") && mode != Mode::Off {
                    assert_eq!(by, sources.first().copied());
                }
            }
        }
    }
}

/// Evidence of a source that the policy does not name is not looked at.
#[test]
fn sources_that_are_not_named_are_not_asked() {
    let ca = root(|_| {});
    let leaf = leaf(&ca, |_| {});
    let world = World { ca, leaf };
    for (lists, ocsp, source) in [
        ("good", "revoked", Source::Crl),
        ("revoked", "good", Source::Ocsp),
    ] {
        let known = world.known(lists, ocsp);
        let (said, by) = world.outcome(&known, Mode::Require, &[source]);
        assert_eq!((said.as_str(), by), ("passes", Some(source)));
    }
}

#[test]
fn the_table_has_one_row_for_each_combination() {
    let mut wanted: HashSet<(&str, &str)> = HashSet::new();
    wanted.extend(LISTS.map(|state| (state, NOT_ASKED)));
    wanted.extend(ANSWERS.map(|state| (NOT_ASKED, state)));
    for lists in LISTS.into_iter().filter(|state| *state != "in grace") {
        let answers = ANSWERS.into_iter().filter(|state| *state != "in grace");
        wanted.extend(answers.map(|ocsp| (lists, ocsp)));
    }
    let rows = rows();
    let there: HashSet<(&str, &str)> = rows.iter().map(|[lists, ocsp, ..]| (*lists, *ocsp)).collect();
    assert_eq!(there, wanted);
    assert_eq!(rows.len(), wanted.len(), "a row stands twice");
}
