use broker::{Attempt, Presented, Refusal, Snapshot};

fn present(snapshot: &Snapshot, attempt: &Attempt<'_>) -> Result<Presented, Refusal> {
    Presented::present(snapshot, attempt, &[])
}

fn main() {
    let _ = present;
}
