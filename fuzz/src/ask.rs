//! Asking `pki` about a plan.

use pki::{NoMemory, Question, Report, RevocationPolicy, Source, TrustAnchor};
use wire::Timestamp;
use x509::Certificate;

use crate::build::World;
use crate::plan::{Mode, NOW, Plan};

/// What `pki` says; nothing where no certificate of the plan is fit to be an anchor. The report and the limits that it
/// was made within.
pub fn ask(plan: &Plan, world: &World) -> Option<(Report, pki::Limits)> {
    let (anchors, pool) = world.apart(plan);
    let mut anchors: Vec<Certificate> = anchors
        .into_iter()
        .filter(|one| TrustAnchor::new(vec![one.clone()]).is_ok())
        .collect();
    // Nobody may configure one twice.
    anchors.sort_by_key(Certificate::sha256);
    anchors.dedup();
    let anchor = TrustAnchor::new(anchors).ok()?.with_revocation(policy(plan));
    let leaf = world.certificates.first()?;
    let (now, algorithms) = (Timestamp::from_seconds(NOW), webpki::ALL_VERIFICATION_ALGS);
    let known = (&NoMemory as &_, &world.known as &_);
    let mut question = Question::for_client(leaf, &pool, &anchor, now, algorithms, known);
    question.limits.depth = plan.depth;
    // One more than a request may bring, once in a while.
    question.limits.pool = pool.len();
    let report = pki::explain(&question);
    Some((report, question.limits))
}

fn policy(plan: &Plan) -> RevocationPolicy {
    let sources = [(plan.asks_lists, Source::Crl), (plan.asks_answers, Source::Ocsp)];
    RevocationPolicy {
        mode: match plan.mode {
            Mode::Off => pki::Mode::Off,
            Mode::Prefer => pki::Mode::Prefer,
            Mode::Require => pki::Mode::Require,
        },
        sources: sources
            .iter()
            .filter(|(asked, _)| *asked)
            .map(|(_, source)| *source)
            .collect(),
        max_staleness: plan.staleness,
    }
}
