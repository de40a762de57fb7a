use broker::{Attempt, Broker, Fresh, Presented, Recorded, Refusal, Session, Snapshot, Witness};

async fn road(broker: &Broker, snapshot: &Snapshot, attempt: Attempt<'_>, fresh: Fresh) -> Result<Recorded<Session>, Refusal> {
    let witness = Witness::of(&attempt, snapshot);
    let presented = Presented::present(broker, snapshot, &attempt)?;
    let authenticated = presented.authenticate(broker, snapshot, &attempt)?;
    let authorized = authenticated.authorize(snapshot, &attempt)?;
    let issued = authorized.issue(broker, &attempt, fresh)?;
    Ok(issued)
}

fn main() {
    let _ = road;
}
