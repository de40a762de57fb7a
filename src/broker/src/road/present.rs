//! Step 1, present: which certificate was presented, and that its key was proven (contract 1.2 to 1.6; threats
//! section 4, T13).

mod by_signature;

use std::borrow::Cow;
use std::sync::Arc;

use wire::{CreateSession, ErrorClass, Timestamp};
use x509::Certificate;

use crate::attempt::{Attempt, HandshakeProof};
use crate::exchange::Broker;
use crate::refusal::{Refusal, Step};
use crate::replay::Fingerprint;
use crate::snapshot::Snapshot;

/// The most certificates that one request may bring, TLS and header together.
const MOST_CERTIFICATES: usize = 10;

/// A certificate whose key was proven to be in the client's hands, and what the client asks for. Made by
/// [`Presented::present`] only.
#[derive(Debug)]
pub struct Presented {
    pub(crate) certificate: Certificate,
    /// An unordered pool of hints (contract 1.6): nothing in it is trusted.
    pub(crate) pool: Arc<[Certificate]>,
    pub(crate) wanted: Arc<CreateSession>,
    /// How a signed request was signed; none when TLS alone proved the key.
    pub(crate) signature: Option<SignedBy>,
}

/// What is remembered of a verified signature.
#[derive(Debug)]
pub(crate) struct SignedBy {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) signed_at: Timestamp,
}

impl Presented {
    /// Reads the request, and decides how its certificate is proven.
    ///
    /// A request that bears any mark of a signature is a signed one, and stands or falls with that signature: TLS
    /// never rescues it. Where both proofs are there, both must hold and name the same certificate.
    pub fn present(broker: &Broker, snapshot: &Snapshot, attempt: &Attempt<'_>) -> Result<Self, Refusal> {
        match (is_signed(attempt), attempt.handshake) {
            (true, handshake) => by_signature::present(broker, snapshot, attempt, handshake),
            (false, Some(proof)) => Self::by_handshake(attempt, proof),
            (false, None) => Err(Refusal::new(
                Step::Present,
                ErrorClass::MissingAuthentication,
                "present.no-proof",
            )),
        }
    }

    fn by_handshake(attempt: &Attempt<'_>, proof: &HandshakeProof) -> Result<Self, Refusal> {
        let certificate = proven_leaf(proof)?.clone();
        counted(proof.certificates)?;
        let wanted = wanted(attempt)?;
        Ok(Self {
            certificate,
            pool: Arc::clone(&proof.pool),
            wanted: Arc::new(wanted),
            signature: None,
        })
    }
}

/// Whether anything in the request claims a signature (design section 3).
fn is_signed(attempt: &Attempt<'_>) -> bool {
    let header = attempt.request.headers.iter().any(|(name, _)| {
        name.eq_ignore_ascii_case("authorization")
            || name.eq_ignore_ascii_case("x-amz-date")
            || starts_with_ignoring_case(name, "x-amz-x509")
    });
    header || query_names(attempt).any(|name| starts_with_ignoring_case(&name, "x-amz-"))
}

fn query_names<'a>(attempt: &Attempt<'a>) -> impl Iterator<Item = Cow<'a, str>> {
    let pairs = attempt.request.query.map(|query| query.split('&'));
    pairs.into_iter().flatten().map(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        // An escaped name is the same name to whoever decodes it.
        percent_encoding::percent_decode_str(name).decode_utf8_lossy()
    })
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The members of the request.
fn wanted(attempt: &Attempt<'_>) -> Result<CreateSession, Refusal> {
    CreateSession::parse(attempt.request.query, attempt.request.body)
        .map_err(|error| malformed("present.members").with("reason", error))
}

/// The leaf that the handshake proved, if it can be read.
fn proven_leaf(proof: &HandshakeProof) -> Result<&Certificate, Refusal> {
    proof.leaf.as_ref().map_err(|error| {
        Refusal::new(
            Step::Present,
            ErrorClass::Unauthenticated,
            "present.unreadable-certificate",
        )
        .with("proof", "TLS handshake")
        .with("reason", error)
    })
}

pub(super) fn counted(certificates: usize) -> Result<(), Refusal> {
    if certificates > MOST_CERTIFICATES {
        return Err(malformed("present.too-many-certificates")
            .with("certificates", certificates)
            .with("most", MOST_CERTIFICATES));
    }
    Ok(())
}

fn malformed(rule: &'static str) -> Refusal {
    Refusal::new(Step::Present, ErrorClass::Malformed, rule)
}

fn unproven(rule: &'static str) -> Refusal {
    Refusal::new(Step::Present, ErrorClass::Unauthenticated, rule)
}
