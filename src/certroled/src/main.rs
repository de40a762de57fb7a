//! The certrole broker daemon, and its operator's commands.

fn main() -> std::process::ExitCode {
    certroled::main()
}
