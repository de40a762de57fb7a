//! Where the programs under test are.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

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

/// Starts the program with the right to dump as much core as this test may.
pub(crate) fn let_it_dump_core(command: &mut Command) {
    // SAFETY: getrlimit and setrlimit are async-signal-safe and touch nothing but the child's own limit.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(|| {
            let most = getrlimit(Resource::Core).maximum;
            setrlimit(
                Resource::Core,
                Rlimit {
                    current: most,
                    maximum: most,
                },
            )?;
            Ok(())
        });
    }
}

/// How large a core a running program may dump, as the kernel has it.
pub(crate) fn core_limit(pid: u32) -> Option<String> {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))?;
    line.split_whitespace().nth(4).map(str::to_owned)
}
