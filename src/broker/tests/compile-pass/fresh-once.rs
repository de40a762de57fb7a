use broker::{Attempt, Broker, Fresh, Recorded, Session, Snapshot};

async fn road(broker: &Broker, snapshot: &Snapshot, attempt: Attempt<'_>, fresh: [Fresh; 2]) -> [Recorded<Session>; 2] {
    let [one, two] = fresh;
    let first = broker.exchange(snapshot, &attempt, one).await;
    [first, broker.exchange(snapshot, &attempt, two).await]
}

fn main() {
    let _ = road;
}
