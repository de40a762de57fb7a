//! Where the programs under test are.

use std::path::PathBuf;
use std::process::Command;

fn program(name: &str) -> PathBuf {
    // target/PROFILE/deps/e2e-… → target/PROFILE/NAME
    let mut path = std::env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo test --workspace`, which builds the programs beside the tests",
        path.display()
    );
    path
}

pub(crate) fn certroled() -> Command {
    Command::new(program("certroled"))
}

pub(crate) fn certrole() -> Command {
    let mut command = Command::new(program("certrole"));
    // Nothing of the machine's own configuration may reach a test.
    for (name, _) in std::env::vars() {
        if name.starts_with("AWS_")
            || name.starts_with("CERTROLE_")
            || name.to_lowercase().ends_with("_proxy")
        {
            command.env_remove(name);
        }
    }
    command
}
