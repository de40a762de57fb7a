//! x509-limbo's cases of clients, through a running broker: each certificate proves its key once by a TLS handshake and
//! once by a signed request, and both must get the answer that the suite expects.
//!
//! One broker has an anchor for each case, so that the whole suite is one configuration. An anchor, or a list beside
//! it, that `certroled check` refuses has refused every certificate.

use std::io::Write as _;

use anyhow::Context as _;
use wire::Timestamp;

use crate::broker::{Anchor, Answer, Client, Daemon, Home, Identity, Proof};
use crate::limbo_cases::{self, Case};
use crate::now;
use crate::tally::{Outcome, Tally};

/// As many as a request may bring, the leaf among them.
const MOST_CERTIFICATES: usize = 10;

/// Why a case cannot be asked of a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LeftOut {
    OtherTime,
    TooManyCertificates,
    /// A broker's own limit is `MOST_CERTIFICATES`, and nobody sets a lower one.
    LowerDepth,
}

const LEFT_OUT: [(LeftOut, &str); 3] = [
    (LeftOut::OtherTime, "the answer depends on a time that is not now"),
    (
        LeftOut::TooManyCertificates,
        "more certificates than a request may bring",
    ),
    (
        LeftOut::LowerDepth,
        "fewer intermediates allowed (max_chain_depth) than there are",
    ),
];

pub(crate) fn run(file: &[u8]) -> anyhow::Result<Tally> {
    let cases = limbo_cases::read(file)?;
    for (why, text) in LEFT_OUT {
        let count = cases.iter().filter(|case| left_out(case) == Some(why)).count();
        writeln!(std::io::stdout(), "{count} cases left out: {text}")?;
    }
    let cases: Vec<&Case> = cases.iter().filter(|case| left_out(case).is_none()).collect();
    let anchors = cases.iter().enumerate().map(|(at, case)| Anchor {
        name: anchor_name(at),
        certificates: case.trusted_certs.concat(),
        lists: case.crls.concat(),
    });
    let (home, refused) = Home::new(anchors.collect())?;
    let mut daemon = Daemon::start(home)?;
    let client = Client::of(&daemon)?;
    let mut tally = Tally::new("limbo-client-broker")?;
    for (at, case) in cases.iter().enumerate() {
        let anchor = anchor_name(at);
        let outcome = match refused.iter().find(|(name, _)| *name == anchor) {
            Some((_, reason)) => Outcome::of(case.is_good(), Err(format!("the anchor is refused: {reason}"))),
            None => ask(case, &anchor, &client, now()).with_context(|| case.id.clone())?,
        };
        tally.count(&case.id, case.tier(), outcome);
    }
    daemon.is_well()?;
    tally.close(false);
    writeln!(
        std::io::stdout(),
        "{} cases were decided by their anchor or list alone, the others by a handshake and a signed request each",
        refused.len()
    )?;
    Ok(tally)
}

fn anchor_name(at: usize) -> String {
    format!("case-{at}")
}

fn left_out(case: &Case) -> Option<LeftOut> {
    let intermediates = case.untrusted_intermediates.len();
    if !case.broker_realtime {
        Some(LeftOut::OtherTime)
    } else if intermediates >= MOST_CERTIFICATES {
        Some(LeftOut::TooManyCertificates)
    } else if case.max_chain_depth.is_some_and(|most| most < intermediates) {
        Some(LeftOut::LowerDepth)
    } else {
        None
    }
}

/// An error means that the case could not be asked at all.
fn ask(case: &Case, anchor: &str, client: &Client<'_>, now: Timestamp) -> anyhow::Result<Outcome> {
    let key = case
        .peer_certificate_key
        .as_deref()
        .context("a case of a client comes with its key")?;
    let identity = Identity::read(&case.peer_certificate, &case.untrusted_intermediates, key)?;
    let mut wrong = Vec::new();
    let mut accepted = false;
    for proof in [Proof::Tls, Proof::Signature] {
        let answer = client.exchange(anchor, &identity, proof, now);
        let right = match &answer {
            Ok(Answer::Status(201, _)) => case.is_good(),
            Ok(Answer::Status(403, _)) => !case.is_good(),
            Ok(Answer::Alert(_)) => !case.is_good() && proof == Proof::Tls,
            // Neither a yes nor a no.
            Ok(Answer::Status(..)) | Err(_) => false,
        };
        accepted |= matches!(answer, Ok(Answer::Status(201, _)));
        if !right {
            wrong.push(match answer {
                Ok(answer) => format!("{proof:?}: {answer}"),
                Err(error) => format!("{proof:?}: {error:#}"),
            });
        }
    }
    Ok(match wrong.as_slice() {
        [] => Outcome::Passed,
        _ if accepted && !case.is_good() => Outcome::FalseAccept(wrong.join("; ")),
        _ => Outcome::Failed(wrong.join("; ")),
    })
}
