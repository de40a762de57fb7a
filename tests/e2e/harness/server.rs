//! The client as a process, on a server of its own.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::{Leaf, anchor_arn, certrole, profile_arn, role_arn, said};

/// A server that runs the client: its certificate and key in files.
pub(crate) struct Server {
    pub(crate) folder: TempDir,
}

impl Server {
    pub(crate) fn with(leaf: &Leaf, ca_pem: &str) -> Self {
        let server = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let intermediates: String = leaf.chain.iter().map(|der| pem(der)).collect();
        server.write("client.pem", &format!("{}{intermediates}", leaf.pem), 0o644);
        server.write("client.key", &leaf.key_pem(), 0o600);
        server.write("ca.pem", ca_pem, 0o644);
        server
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    }

    /// A command with everything it needs.
    pub(crate) fn command(&self, name: &str, endpoint: &str) -> Command {
        let mut command = certrole();
        command
            .args([name, "--endpoint", endpoint])
            .args([
                "--trust-anchor-arn",
                &anchor_arn("acme"),
                "--profile-arn",
                &profile_arn("web"),
            ])
            .args(["--role-arn", &role_arn("Reader")])
            .arg("--certificate")
            .arg(self.path("client.pem"))
            .arg("--private-key")
            .arg(self.path("client.key"))
            .arg("--ca-bundle")
            .arg(self.path("ca.pem"))
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", self.path("config"))
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn credentials(&self, endpoint: &str, more: &[&str]) -> Output {
        self.command("credential-process", endpoint)
            .args(more)
            .output()
            .unwrap()
    }

    pub(crate) fn doctor(&self, endpoint: &str, more: &[&str]) -> Output {
        self.command("doctor", endpoint).args(more).output().unwrap()
    }
}

fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

pub(crate) fn document(output: &Output) -> Value {
    assert!(output.status.success(), "{}", said(output));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Nothing on standard output, status 1, and a fix on standard error.
pub(crate) fn trouble(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    assert!(output.stdout.is_empty(), "{}", said(output));
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(text.contains("\n  fix: "), "{text}");
    text
}
