//! The command line as a process. (That this test is here also makes `cargo test` build the program, which `tests/`
//! runs.)

#![allow(clippy::unwrap_used, missing_docs)]

use std::process::Command;

#[test]
fn help_is_an_answer_and_mistakes_are_told() {
    for (arguments, status, word) in [
        (&["--help"][..], 0, "serve"),
        (&["explain", "--help"], 0, "--request-id"),
        (&["--version"], 0, env!("CARGO_PKG_VERSION")),
        (&["sreve"], 2, "serve"),
        (&["serve", "--confg", "x"], 2, "--config"),
        (
            &["serve", "--config", "/no/such/file.toml"],
            1,
            "/no/such/file.toml",
        ),
        (
            &["explain", "--config", "/no/such/file.toml"],
            1,
            "say which event",
        ),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_certroled"))
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        let said = [output.stdout, output.stderr].concat();
        assert!(
            String::from_utf8_lossy(&said).contains(word),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&said)
        );
    }
}
