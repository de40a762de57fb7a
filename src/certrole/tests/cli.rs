//! The command line as a process. (That this test is here also makes `cargo test` build the program, which `tests/`
//! runs.)

#![allow(clippy::unwrap_used, missing_docs)]

use std::process::{Command, Output};

fn certrole(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_certrole"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn help_and_version_are_answers_and_a_mistake_is_status_1() {
    for (arguments, status, word) in [
        (&["--help"][..], 0, "credential-process"),
        (&["credential-process", "--help"], 0, "--trust-anchor-arn"),
        (&["version"], 0, env!("CARGO_PKG_VERSION")),
        (&["--version"], 0, env!("CARGO_PKG_VERSION")),
        (&["credential-process", "--trust-anchor"], 1, "--trust-anchor-arn"),
        (&["credentialprocess"], 1, "credential-process"),
    ] {
        let output = certrole(arguments);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        let (said, silent) = if status == 0 {
            (&output.stdout, &output.stderr)
        } else {
            (&output.stderr, &output.stdout)
        };
        assert!(String::from_utf8_lossy(said).contains(word), "{arguments:?}");
        assert!(silent.is_empty(), "{arguments:?}");
    }
}

/// Dangerous flags are understood, so that they can be refused, and offered to nobody.
#[test]
fn dangerous_flags_are_not_offered() {
    let output = certrole(&["credential-process", "--help"]);
    let help = String::from_utf8_lossy(&output.stdout).into_owned();
    for flag in ["--no-verify-ssl", "--pkcs8-password", "--tpm-key-password"] {
        assert!(!help.contains(flag), "{help}");
    }
}
