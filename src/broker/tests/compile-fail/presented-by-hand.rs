use broker::{Attempt, Broker, Presented, Refusal, Snapshot};

fn present(broker: &Broker, snapshot: &Snapshot, attempt: &Attempt<'_>) -> Result<Presented, Refusal> {
    Ok(Presented { certificate: todo!(), pool: todo!(), wanted: todo!(), signature: None })
}

fn main() {
    let _ = present;
}
