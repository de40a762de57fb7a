//! A rehearsal of the road: what would be decided about a certificate whose key nobody proved.
//!
//! What lives here: the decisions of authenticate and authorize, by the very functions that the road uses, told with all
//! that they rest on. What does not: any way on. A [`Rehearsal`] holds words and values; no step of the road takes one,
//! nothing is remembered of it, and nothing is fetched for it.

use std::net::IpAddr;

use pki::{NoMemory, Question, Report};
use rustls_pki_types::SignatureVerificationAlgorithm;
use wire::{CreateSession, ErrorClass, RoleSessionName, SourceIdentity, Timestamp};
use x509::Certificate;

use super::authenticate::{named_anchor, no_path};
use super::authorize::{Application, Terms, decide};
use super::end_entity::{self, Channel};
use super::{issue, present};
use crate::refusal::Refusal;
use crate::revocation::{AnchorEvidence, OcspAnswers};
use crate::snapshot::Snapshot;

/// What is supposed: that this certificate were presented, its key proven, and this asked for.
#[derive(Debug, Clone, Copy)]
pub struct Supposition<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// What would come with it.
    pub pool: &'a [Certificate],
    /// What would be asked for.
    pub wanted: &'a CreateSession,
    /// When.
    pub at: Timestamp,
    /// From where. Without one a condition on the address is not met.
    pub address: Option<IpAddr>,
}

/// What would be decided.
#[derive(Debug)]
pub struct Rehearsal {
    /// The search for a path, with every path that was tried; none where it was not come to.
    pub search: Option<Report>,
    /// What would be granted, or why nothing.
    pub outcome: Result<Granted, Refusal>,
    /// Why the key could not be proven by a signed request, where TLS alone would do.
    pub not_by_signature: Option<Refusal>,
}

/// What would be granted. No credentials exist of it.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The name of the session.
    pub session_name: RoleSessionName,
    /// The source identity.
    pub source_identity: SourceIdentity,
    /// The session's tags, in order.
    pub tags: Vec<(String, String)>,
    /// The tags that had no room.
    pub dropped_tags: Vec<String>,
    /// When the session would be over.
    pub expires: Timestamp,
}

impl Rehearsal {
    /// Rehearses the road. OCSP answers come from whoever keeps them, revocation lists from the snapshot.
    pub fn of(
        snapshot: &Snapshot,
        answers: &OcspAnswers,
        algorithms: &[&dyn SignatureVerificationAlgorithm],
        supposed: &Supposition<'_>,
    ) -> Self {
        let mut search = None;
        let outcome = rehearse(snapshot, answers, algorithms, supposed, &mut search);
        let by_signature = end_entity::judge(supposed.certificate, Channel::Signature, algorithms);
        Self {
            search,
            not_by_signature: by_signature.err().filter(|_| outcome.is_ok()),
            outcome,
        }
    }
}

fn rehearse(
    snapshot: &Snapshot,
    answers: &OcspAnswers,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    supposed: &Supposition<'_>,
    search: &mut Option<Report>,
) -> Result<Granted, Refusal> {
    let Supposition {
        certificate,
        pool,
        wanted,
        at,
        address,
    } = *supposed;
    present::counted(pool.len().saturating_add(1))?;
    let anchor = named_anchor(snapshot, &wanted.trust_anchor)?;
    end_entity::judge(certificate, Channel::Handshake, algorithms)?;
    let evidence = AnchorEvidence {
        lists: snapshot.revocation_lists(&anchor.arn),
        answers,
    };
    let question = Question::for_client(
        certificate,
        pool,
        &anchor.trust,
        at,
        algorithms,
        (&NoMemory, &evidence),
    );
    let report = search.insert(pki::explain(&question));
    let path = report
        .outcome
        .as_ref()
        .map_err(|error| no_path(ErrorClass::Unauthenticated, anchor, certificate, error.clone()))?;
    let terms = decide(
        snapshot,
        &Application {
            certificate,
            anchor,
            not_after: path.earliest_not_after(),
            source_identity: iam::source_identity(certificate).as_ref(),
            tags: &|profile| profile.attribute_mapping.tags(certificate),
            wanted,
            at,
            address,
            user_agent: None,
        },
    )?;
    issue::packed(&terms.tags)?;
    Ok(Granted::of(terms))
}

impl Granted {
    fn of(terms: Terms<'_>) -> Self {
        let tags = terms.tags.iter();
        Self {
            tags: tags
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
            dropped_tags: terms.tags.dropped().to_vec(),
            session_name: terms.session_name,
            source_identity: terms.source_identity,
            expires: terms.expires,
        }
    }
}
