//! Who may have issued whom, by name: the graph that paths are searched in.
//!
//! Only certificates that the leaf leads to are in it. A certificate that is not fit to issue anything is in it as a
//! dead end, with the reason.

use wire::Timestamp;
use x509::Certificate;

use crate::error::PathError;
use crate::fitness;
use crate::question::Question;

/// The leaf is the first node.
pub(crate) const LEAF: usize = 0;
/// Further from an anchor than any path is long.
const NOWHERE: usize = usize::MAX;

/// A certificate and what it leads to.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) certificate: &'a Certificate,
    /// Whether it is one of the anchor's: a path ends here.
    pub(crate) is_anchor: bool,
    /// Who may have issued it: the anchor's first, then by how well key identifiers fit.
    pub(crate) issuers: Vec<usize>,
    /// Why it issues nothing, if it does not.
    pub(crate) unfit: Option<PathError>,
    /// The fewest steps from here to an anchor, over certificates that are fit.
    pub(crate) distance: usize,
}

#[derive(Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) nodes: Vec<Node<'a>>,
}

impl<'a> Graph<'a> {
    pub(crate) fn new(question: &Question<'a>) -> Self {
        let node = |certificate, is_anchor| Node {
            certificate,
            is_anchor,
            issuers: Vec::new(),
            unfit: None,
            distance: NOWHERE,
        };
        let anchors = question.anchor.certificates();
        let mut nodes = vec![node(question.leaf, false)];
        for certificate in anchors {
            nodes.push(node(certificate, true));
        }
        for hint in question.pool {
            // Repeats, the leaf itself, and what the anchor has anyway.
            if nodes.iter().all(|known| known.certificate != hint) {
                nodes.push(node(hint, false));
            }
        }
        let mut graph = Self { nodes };
        graph.connect(question.now);
        graph.measure();
        graph
    }

    /// Goes up from the leaf, from name to name.
    fn connect(&mut self, now: Timestamp) {
        let mut seen = vec![false; self.nodes.len()];
        let mut waiting = vec![LEAF];
        while let Some(at) = waiting.pop() {
            let Some(child) = self.nodes.get(at) else { continue };
            // A path ends at the anchor, and does not go on through what is not fit.
            if at != LEAF && (child.is_anchor || child.unfit.is_some()) {
                continue;
            }
            let child = child.certificate;
            let mut issuers: Vec<usize> = self
                .nodes
                .iter()
                .enumerate()
                .filter(|(other, node)| {
                    *other != LEAF && *other != at && node.certificate.subject().matches(child.issuer())
                })
                .map(|(other, _)| other)
                .collect();
            issuers.sort_by_key(|other| self.nodes.get(*other).map(|node| preference(child, node)));
            for issuer in &issuers {
                if let Some(seen) = seen.get_mut(*issuer)
                    && !std::mem::replace(seen, true)
                {
                    if let Some(node) = self.nodes.get_mut(*issuer) {
                        node.unfit = unfit(node, now);
                    }
                    waiting.push(*issuer);
                }
            }
            if let Some(child) = self.nodes.get_mut(at) {
                child.issuers = issuers;
            }
        }
    }

    /// Takes an edge out whose signature does not hold. What led to an anchor over it only leads nowhere then, so that
    /// one bad signature at the top ends a search, and not every way there is tried (threat P9).
    pub(crate) fn cut(&mut self, child: usize, issuer: usize) {
        if let Some(child) = self.nodes.get_mut(child) {
            child.issuers.retain(|other| *other != issuer);
        }
        self.measure();
    }

    /// How far each is from an anchor. A search that knows it never walks into a part that leads nowhere, however many
    /// circles that has (threats P8, P9).
    fn measure(&mut self) {
        let mut frontier: Vec<usize> = Vec::new();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            node.distance = NOWHERE;
            if node.is_anchor && node.unfit.is_none() {
                node.distance = 0;
                frontier.push(at);
            }
        }
        let mut distance = 0usize;
        while !frontier.is_empty() {
            distance = distance.saturating_add(1);
            let mut next = Vec::new();
            for (at, node) in self.nodes.iter_mut().enumerate() {
                let reaches = node.issuers.iter().any(|issuer| frontier.contains(issuer));
                if reaches && node.distance == NOWHERE && node.unfit.is_none() {
                    node.distance = distance;
                    next.push(at);
                }
            }
            frontier = next;
        }
    }

    pub(crate) fn node(&self, at: usize) -> Option<&Node<'a>> {
        self.nodes.get(at)
    }
}

/// Lower is tried first. Key identifiers are hints: one that does not fit is tried last, not left out.
fn preference(child: &Certificate, issuer: &Node<'_>) -> (bool, u8) {
    let fit = match (child.authority_key_id(), issuer.certificate.subject_key_id()) {
        (Some(wanted), Some(have)) if wanted == have => 0,
        (Some(_), Some(_)) => 2,
        _ => 1,
    };
    (!issuer.is_anchor, fit)
}

fn unfit(node: &Node<'_>, now: Timestamp) -> Option<PathError> {
    let certificate = node.certificate;
    check_validity(certificate, now).err().or_else(|| {
        // An anchor's certificates were judged when it was made.
        let fitness = if node.is_anchor {
            Ok(())
        } else {
            fitness::check_ca(certificate)
        };
        fitness.err().map(|reason| PathError::Unfit {
            subject: certificate.subject().display(),
            reason: reason.to_string(),
        })
    })
}

/// Inclusive at both ends, in whole seconds (RFC 5280, 4.1.2.5; threat P1).
pub(crate) fn check_validity(certificate: &Certificate, now: Timestamp) -> Result<(), PathError> {
    let subject = || certificate.subject().display();
    if now < certificate.not_before() {
        return Err(PathError::NotYetValid {
            subject: subject(),
            not_before: certificate.not_before(),
            now,
        });
    }
    if now > certificate.not_after() {
        return Err(PathError::Expired {
            subject: subject(),
            not_after: certificate.not_after(),
            now,
        });
    }
    Ok(())
}
