use broker::{
    Attempt, Authenticated, Broker, Fresh, Issued, OcspAnswers, Refusal, Rehearsal, Snapshot, Supposition,
};

fn issue(
    broker: &Broker,
    snapshot: &Snapshot,
    attempt: &Attempt<'_>,
    authenticated: Authenticated<'_>,
    supposed: &Supposition<'_>,
    fresh: Fresh,
) -> Result<Issued, Refusal> {
    let rehearsed = Rehearsal::of(snapshot, &OcspAnswers::default(), &[], supposed);
    let authorized = authenticated.authorize(snapshot, attempt)?;
    rehearsed.outcome.as_ref().map_err(Clone::clone)?;
    authorized.issue(broker, attempt, fresh)
}

fn main() {
    let _ = issue;
}
