use broker::{Attempt, Broker, Presented, Refusal, Snapshot};

fn present(broker: &Broker, snapshot: &Snapshot, attempt: &Attempt<'_>) -> Result<Presented, Refusal> {
    Presented::present(broker, snapshot, attempt)
}

fn main() {
    let _ = present;
}
