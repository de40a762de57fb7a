use broker::{Attempt, Presented, Refusal, Snapshot};

fn present(snapshot: &Snapshot, attempt: &Attempt<'_>) -> Result<Presented, Refusal> {
    Ok(Presented { certificate: todo!(), pool: vec![], wanted: todo!(), signature: None })
}

fn main() {
    let _ = present;
}
