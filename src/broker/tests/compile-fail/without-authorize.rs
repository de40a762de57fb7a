use broker::{Attempt, Broker, Fresh, Presented, Recorded, Refusal, Session, Snapshot, Witness};

async fn road(broker: &Broker, snapshot: &Snapshot, attempt: Attempt<'_>, fresh: Fresh) -> Result<Recorded<Session>, Refusal> {
    let witness = Witness::of(&attempt, snapshot);
    let presented = Presented::present(broker, snapshot, &attempt)?;
    let authenticated = presented.authenticate(broker, snapshot, &attempt)?;
    let authorized = authenticated;
    let issued = authorized.issue(broker, &attempt, fresh)?;
    Ok(issued.record(broker, witness).await)
}

fn main() {
    let _ = road;
}
