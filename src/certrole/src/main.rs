//! The certrole client.

fn main() -> std::process::ExitCode {
    certrole::main()
}
