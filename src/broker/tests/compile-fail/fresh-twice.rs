use broker::{Attempt, Broker, Fresh, Recorded, Session, Snapshot};

async fn road(broker: &Broker, snapshot: &Snapshot, attempt: Attempt<'_>, fresh: Fresh) -> [Recorded<Session>; 2] {
    let first = broker.exchange(snapshot, &attempt, fresh).await;
    [first, broker.exchange(snapshot, &attempt, fresh).await]
}

fn main() {
    let _ = road;
}
