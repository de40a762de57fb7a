//! The search for a path: shortest first, signatures from the anchor down.
//!
//! No key does any work before it is trusted: a path is found by names, and its signatures are verified beginning with
//! the one that the anchor's key made. One that fails takes its edge out of the graph for good, so that the number of
//! signatures is bounded by the number of edges, whatever the number of paths.

use std::collections::HashMap;

use x509::Certificate;

use crate::error::PathError;
use crate::fitness;
use crate::graph::{Graph, LEAF, check_validity};
use crate::judge;
use crate::path::VerifiedPath;
use crate::question::Question;
use crate::signature::{self, BadSignature};
use crate::work::{Account, Work};

/// A path that was tried, and why it is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The subjects, from the leaf up, as far as it went.
    pub subjects: Vec<String>,
    /// Why it ended.
    pub error: PathError,
}

/// An answer with everything that was looked at on the way.
#[derive(Debug)]
pub struct Report {
    /// The verdict.
    pub outcome: Result<VerifiedPath, PathError>,
    /// The paths that were tried and are none, in order; the first few of them.
    pub tried: Vec<Tried>,
    /// The certificates of a path, leaf first and the anchor's last, on which nothing is wrong but that revocation
    /// cannot be told: whoever keeps evidence may look for it in the places that these name.
    pub unproven: Option<Vec<Certificate>>,
    /// What it cost.
    pub work: Work,
}

/// How many failed paths are told of.
const MOST_TOLD: usize = 16;
/// How many signatures are verified only to tell why there is no path. The keys are those of certificates that nobody
/// vouched for.
const MOST_BLAMED: usize = 4;

/// Looks for a valid path from the leaf to the anchor.
pub fn validate(question: &Question<'_>) -> Result<VerifiedPath, PathError> {
    explain(question).outcome
}

/// The same, and tells what was tried.
pub fn explain(question: &Question<'_>) -> Report {
    let mut account = Account::new(question.limits);
    let mut tried = Vec::new();
    let mut unproven = None;
    let outcome = answer(question, &mut account, &mut tried, &mut unproven);
    Report {
        outcome,
        tried,
        unproven,
        work: account.work(),
    }
}

fn answer(
    question: &Question<'_>,
    account: &mut Account,
    tried: &mut Vec<Tried>,
    unproven: &mut Option<Vec<Certificate>>,
) -> Result<VerifiedPath, PathError> {
    let limit = account.limits().pool;
    if question.pool.len() > limit {
        return Err(PathError::TooMany(question.pool.len(), limit));
    }
    let leaf = question.leaf;
    check_validity(leaf, question.now)?;
    fitness::check_end_entity(leaf).map_err(|reason| PathError::Unfit {
        subject: leaf.subject().display(),
        reason: reason.to_string(),
    })?;
    judge::check_purpose(leaf, question.purpose)?;
    if question.anchor.kind() == crate::AnchorKind::Pinned {
        return judge::pinned(question);
    }
    let mut search = Search {
        question,
        graph: Graph::new(question),
        account,
        edges: HashMap::new(),
        tried,
        unproven,
        stack: vec![LEAF],
    };
    search.run()
}

struct Search<'q, 'a> {
    question: &'q Question<'a>,
    graph: Graph<'a>,
    account: &'q mut Account,
    /// What is known of signatures: (child, issuer).
    edges: HashMap<(usize, usize), Result<(), BadSignature>>,
    tried: &'q mut Vec<Tried>,
    unproven: &'q mut Option<Vec<Certificate>>,
    /// The path as far as it goes, from the leaf up.
    stack: Vec<usize>,
}

/// What came of a part of the search.
enum Outcome {
    Found(VerifiedPath),
    /// Nothing here. The path is good up to this many certificates; what lies above is to be tried otherwise.
    Back(usize),
    GivenUp(PathError),
}

impl Search<'_, '_> {
    fn run(&mut self) -> Result<VerifiedPath, PathError> {
        // Shorter paths first: a circle is then never walked twice before the way out of it was tried.
        let nearest = self.graph.node(LEAF).map_or(usize::MAX, |leaf| leaf.distance);
        let longest = self.graph.nodes.len().saturating_sub(1);
        for length in nearest..=longest {
            match self.extend(length) {
                Outcome::Found(path) => return Ok(path),
                Outcome::GivenUp(error) => return Err(error),
                Outcome::Back(_) => {}
            }
        }
        Err(self.most_telling())
    }

    /// Extends the path by exactly `left` certificates, the last of them the anchor's.
    fn extend(&mut self, left: usize) -> Outcome {
        let here = self.stack.len();
        if left == 0 {
            return self.try_path();
        }
        let Some(at) = self.stack.last().copied() else {
            return Outcome::Back(0);
        };
        let issuers = self
            .graph
            .node(at)
            .map(|node| node.issuers.clone())
            .unwrap_or_default();
        for issuer in issuers {
            if !self.may_follow(issuer, left - 1) {
                continue;
            }
            if let Err(error) = self.account.step() {
                return Outcome::GivenUp(error.into());
            }
            self.stack.push(issuer);
            let outcome = self.extend(left - 1);
            self.stack.truncate(here);
            match outcome {
                Outcome::Back(good) if good >= here => {}
                other => return other,
            }
        }
        Outcome::Back(here)
    }

    fn may_follow(&self, issuer: usize, left: usize) -> bool {
        let Some(node) = self.graph.node(issuer) else {
            return false;
        };
        // An anchor ends a path, and nothing else does.
        let fits = node.unfit.is_none() && node.distance <= left && node.is_anchor == (left == 0);
        // A CA stands on a path once: the same name with the same key is the same CA, whoever certified it.
        let again = |on_path: &usize| {
            self.graph.node(*on_path).is_some_and(|other| {
                *on_path == issuer
                    || (*on_path != LEAF
                        && other.certificate.spki_sha256() == node.certificate.spki_sha256()
                        && other.certificate.subject().matches(node.certificate.subject()))
            })
        };
        fits && !self.stack.iter().any(again)
    }

    /// The path leads to the anchor by names: do its signatures hold, and may it be?
    fn try_path(&mut self) -> Outcome {
        let mut position = self.stack.len();
        // From the anchor down.
        for pair in self.stack.clone().windows(2).rev() {
            position = position.saturating_sub(1);
            let [child, issuer] = pair else { continue };
            match self.edge(*child, *issuer) {
                Ok(Ok(())) => {}
                Ok(Err(bad)) => {
                    let error = self.bad_signature(*child, *issuer, bad);
                    self.tell(error);
                    self.graph.cut(*child, *issuer);
                    return Outcome::Back(position);
                }
                Err(error) => return Outcome::GivenUp(error),
            }
        }
        let path: Vec<_> = self
            .stack
            .iter()
            .filter_map(|at| self.graph.node(*at))
            .map(|node| node.certificate)
            .collect();
        match judge::path(self.question, &path, self.account) {
            Ok(path) => Outcome::Found(path),
            Err(error @ PathError::TooMuchWork(_)) => Outcome::GivenUp(error),
            Err(error) => {
                if matches!(error, PathError::RevocationUnknown { .. }) {
                    self.unproven
                        .get_or_insert_with(|| path.into_iter().cloned().collect());
                }
                self.tell(error);
                Outcome::Back(self.stack.len().saturating_sub(1))
            }
        }
    }

    /// Whether the child was signed with the issuer's key: from this search, from memory, or by verifying.
    fn edge(&mut self, child: usize, issuer: usize) -> Result<Result<(), BadSignature>, PathError> {
        if let Some(known) = self.edges.get(&(child, issuer)) {
            return Ok(*known);
        }
        let (Some(below), Some(above)) = (self.graph.node(child), self.graph.node(issuer)) else {
            return Ok(Err(BadSignature::Mismatch));
        };
        let (below, above) = (below.certificate, above.certificate);
        let fact = signature::fact(below, above);
        let outcome = if self.question.signatures.holds(&fact) {
            Ok(())
        } else {
            self.account.signature()?;
            let verified = signature::verify(below.signed(), above.public_key(), self.question.algorithms);
            if verified.is_ok() {
                self.question.signatures.remember(fact);
            }
            verified
        };
        self.edges.insert((child, issuer), outcome);
        Ok(outcome)
    }

    fn bad_signature(&self, child: usize, issuer: usize, bad: BadSignature) -> PathError {
        let subject = |at| {
            self.graph
                .node(at)
                .map(|node| node.certificate.subject().display())
        };
        let subject_of = |at| subject(at).unwrap_or_default();
        match bad {
            BadSignature::Mismatch => PathError::Signature {
                subject: subject_of(child),
                issuer: subject_of(issuer),
            },
            BadSignature::Algorithm => PathError::Algorithm {
                subject: subject_of(child),
                algorithm: self.graph.node(child).map_or_else(String::new, |node| {
                    node.certificate.signature_algorithm().to_string()
                }),
                key: self.graph.node(issuer).map_or_else(String::new, |node| {
                    node.certificate.public_key().algorithm().to_string()
                }),
            },
        }
    }

    fn tell(&mut self, error: PathError) {
        if self.tried.len() < MOST_TOLD {
            let subjects = self
                .stack
                .iter()
                .filter_map(|at| self.graph.node(*at))
                .map(|node| node.certificate.subject().display())
                .collect();
            self.tried.push(Tried { subjects, error });
        }
    }

    /// The reason that helps most, when there is no path: of paths whose signatures hold, then of certificates that are
    /// not fit and did sign, then of signatures that do not hold, then of what is missing.
    fn most_telling(&mut self) -> PathError {
        let is_signature =
            |error: &PathError| matches!(error, PathError::Signature { .. } | PathError::Algorithm { .. });
        if let Some(judged) = self.tried.iter().find(|tried| !is_signature(&tried.error)) {
            return judged.error.clone();
        }
        if let Some(unfit) = self.unfit_issuer() {
            return unfit;
        }
        if let Some(tried) = self.tried.first() {
            return tried.error.clone();
        }
        self.missing_issuer()
    }

    /// Goes up from the leaf to the certificates that are not fit to issue, and takes the first that did issue; where
    /// there is none, the first whose key is of no kind that could tell.
    fn unfit_issuer(&mut self) -> Option<PathError> {
        let (mut did, mut may_have) = (None, None);
        let most = self.account.work().signatures.saturating_add(MOST_BLAMED);
        for (child, issuer) in self.upward() {
            let Some(error) = self.graph.node(issuer).and_then(|node| node.unfit.clone()) else {
                continue;
            };
            if self.account.work().signatures >= most {
                break;
            }
            let told = match self.edge(child, issuer) {
                Ok(Ok(())) => did.get_or_insert(error),
                Ok(Err(BadSignature::Algorithm)) => may_have.get_or_insert(error),
                // Whoever only bears the issuer's name says nothing about this path but that.
                Ok(Err(bad)) => &mut self.bad_signature(child, issuer, bad),
                Err(_) => break,
            };
            let told = told.clone();
            self.stack = vec![child, issuer];
            self.tell(told);
        }
        self.stack = vec![LEAF];
        did.or(may_have)
    }

    /// Every step from a certificate to a possible issuer, nearest to the leaf first.
    fn upward(&self) -> Vec<(usize, usize)> {
        let mut seen = vec![LEAF];
        let mut steps = Vec::new();
        let mut next = 0;
        while let Some(at) = seen.get(next).copied() {
            next = next.saturating_add(1);
            for issuer in self
                .graph
                .node(at)
                .map(|node| node.issuers.as_slice())
                .unwrap_or_default()
            {
                steps.push((at, *issuer));
                if !seen.contains(issuer) {
                    seen.push(*issuer);
                }
            }
        }
        steps
    }

    /// The last certificate on the way up that nobody issued.
    fn missing_issuer(&mut self) -> PathError {
        let mut last = LEAF;
        for (_, issuer) in self.upward() {
            if self
                .graph
                .node(issuer)
                .is_some_and(|node| node.issuers.is_empty() && !node.is_anchor)
            {
                last = issuer;
            }
        }
        let issuer = self
            .graph
            .node(last)
            .map(|node| node.certificate.issuer().display());
        let error = PathError::IssuerMissing {
            issuer: issuer.unwrap_or_default(),
        };
        self.stack = if last == LEAF {
            vec![LEAF]
        } else {
            vec![LEAF, last]
        };
        self.tell(error.clone());
        self.stack = vec![LEAF];
        error
    }
}
