//! The folder that a broker runs in: configuration, anchors, and a certificate of its own.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;
use wire::{AccountId, ObjectKind, file_object_id};

const ACCOUNT: &str = "111122223333";
pub(super) const REGION: &str = "eu-local-1";
const PROFILE: &str = "any";
const ROLE: &str = "Anybody";

/// An anchor as it is configured.
#[derive(Debug)]
pub(crate) struct Anchor {
    /// A file's name, without its end.
    pub(crate) name: String,
    /// Of `NAME.pem`.
    pub(crate) certificates: String,
    /// Of `NAME.crl`; empty: there is none, and nobody asks for one.
    pub(crate) lists: String,
}

/// A broker's folder. It is gone when this is dropped.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    /// The program itself.
    program: PathBuf,
    pub(super) address: SocketAddr,
    pub(super) admin: SocketAddr,
    /// The broker's own certificate, self-signed.
    pub(super) certificate: Vec<u8>,
    anchors: Vec<Anchor>,
}

impl Home {
    /// A broker that gives everybody whom one of these anchors trusts a role, and is in no hurry with anybody. Anchors that
    /// `certroled check` refuses are left out; their names come back with the reasons.
    pub(crate) fn new(anchors: Vec<Anchor>) -> anyhow::Result<(Self, Vec<(String, String)>)> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(["localhost".to_owned()])?.self_signed(&key)?;
        // Both are taken before either is let go, so that they differ.
        let free = [
            TcpListener::bind("127.0.0.1:0")?,
            TcpListener::bind("127.0.0.1:0")?,
        ];
        let [address, admin] = free.map(|listener| listener.local_addr());
        let mut home = Self {
            folder: tempfile::tempdir()?,
            program: program()?,
            address: address?,
            admin: admin?,
            certificate: certificate.der().to_vec(),
            anchors,
        };
        fs::create_dir(home.path("trust-anchors"))?;
        fs::set_permissions(home.path("trust-anchors"), Permissions::from_mode(0o700))?;
        home.write("server.pem", &certificate.pem())?;
        home.write("server.key", &key.serialize_pem())?;
        for anchor in &home.anchors {
            home.write(
                &format!("trust-anchors/{}.pem", anchor.name),
                &anchor.certificates,
            )?;
            if !anchor.lists.is_empty() {
                home.write(&format!("trust-anchors/{}.crl", anchor.name), &anchor.lists)?;
            }
        }
        let refused = home.take_out_what_is_refused()?;
        let made = home.command("init").output()?;
        if !made.status.success() {
            bail!("certroled init: {}", String::from_utf8_lossy(&made.stderr));
        }
        Ok((home, refused))
    }

    /// Asks which anchors are refused, and takes them out.
    fn take_out_what_is_refused(&mut self) -> anyhow::Result<Vec<(String, String)>> {
        self.configure()?;
        let said = self.command("check").output()?;
        let said = String::from_utf8_lossy(&said.stderr).into_owned();
        let mut refused: Vec<(String, String)> = Vec::new();
        for line in said.lines() {
            // FOLDER/trust-anchors/NAME.pem: REASON
            let Some((_, rest)) = line.split_once("/trust-anchors/") else {
                continue;
            };
            let Some((file, reason)) = rest.split_once(": ") else {
                continue;
            };
            let name = file.trim_end_matches(".pem").trim_end_matches(".crl");
            if !refused.iter().any(|(known, _)| known == name) {
                refused.push((name.to_owned(), reason.to_owned()));
            }
        }
        self.anchors
            .retain(|anchor| refused.iter().all(|(name, _)| *name != anchor.name));
        for (name, _) in &refused {
            for end in ["pem", "crl"] {
                let file = self.path(&format!("trust-anchors/{name}.{end}"));
                if file.exists() {
                    fs::remove_file(file)?;
                }
            }
        }
        self.configure()?;
        Ok(refused)
    }

    fn configure(&self) -> anyhow::Result<()> {
        let mut text = format!(
            "region = \"{REGION}\"\nserver_names = [\"localhost\"]\nstate = \"state\"\n\n[listen]\naddresses = \
             [\"{}\"]\ncertificate = \"server.pem\"\nprivate_key = \"server.key\"\n\n[admin]\naddresses = \
             [\"{}\"]\n\n[limits]\nrequests_per_address_per_second = 1000000\nrequests_per_address_burst = \
             1000000\n\n[account.{ACCOUNT}]\nname = \"suite\"\n\n[profile.{PROFILE}]\nroles = \
             [\"{ROLE}\"]\n\n[role.{ROLE}]\nany_anchor = true\nany_certificate = true\ntrust_policy = '''{TRUST}'''\n",
            self.address, self.admin
        );
        for Anchor { name, lists, .. } in &self.anchors {
            let mode = if lists.is_empty() { "off" } else { "require" };
            writeln!(
                text,
                "\n[trust_anchor.{name}]\n[trust_anchor.{name}.revocation]\nmode = \"{mode}\""
            )?;
        }
        self.write("certrole.toml", &text)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        fs::write(&path, text).with_context(|| path.display().to_string())?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(())
    }

    /// `certroled WORD` with this configuration.
    pub(super) fn command(&self, word: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(word).arg("--config").arg(self.path("certrole.toml"));
        command
    }

    /// The query of an exchange that names this anchor.
    pub(super) fn query(anchor: &str) -> anyhow::Result<String> {
        let account: AccountId = ACCOUNT.parse()?;
        let arn = |kind: ObjectKind, word: &str, name: &str| {
            let id = file_object_id(account, kind, name);
            format!("arn%3Aaws%3Arolesanywhere%3A{REGION}%3A{ACCOUNT}%3A{word}%2F{id}")
        };
        Ok(format!(
            "profileArn={}&roleArn=arn%3Aaws%3Aiam%3A%3A{ACCOUNT}%3Arole%2F{ROLE}&trustAnchorArn={}",
            arn(ObjectKind::Profile, "profile", PROFILE),
            arn(ObjectKind::TrustAnchor, "trust-anchor", anchor)
        ))
    }
}

const TRUST: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
"Principal": {"Service": "rolesanywhere.amazonaws.com"},
"Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]}]}"#;

/// The daemon that was built beside this program.
fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let program = own.parent().unwrap_or(Path::new("")).join("certroled");
    if !program.exists() {
        bail!(
            "{} is not built: scripts/conformance builds it first",
            program.display()
        );
    }
    Ok(program)
}
