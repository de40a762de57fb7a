//! The files of a lab, in `certs/lab/`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use broker::Randomness;
use wire::{AccountId, ObjectKind, Timestamp, file_object_id};

use super::pki::Pki;
use crate::state::State;

const REGION: &str = "local-1";
const ROLE: &str = "LabReader";
/// What tells a lab's folder from any other: `certroled dev` replaces nothing else.
const ENVIRONMENT: &str = "lab.env";

/// Where everything of a lab is.
#[derive(Debug)]
pub(crate) struct LabFiles {
    pub(crate) folder: PathBuf,
    pub(crate) configuration: PathBuf,
    pub(crate) trust_anchor: String,
    pub(crate) profile: String,
    pub(crate) role: String,
}

impl LabFiles {
    /// Makes a fresh lab below `root`, in place of the one before.
    pub(crate) fn make(
        root: &Path,
        port: u16,
        admin_port: u16,
        now: Timestamp,
        randomness: &dyn Randomness,
    ) -> anyhow::Result<Self> {
        let root =
            std::fs::canonicalize(root).with_context(|| format!("there is no folder {}", root.display()))?;
        let folder = root.join("certs").join("lab");
        replace(&folder)?;
        let account = AccountId::LAB;
        let anchor_id = file_object_id(account, ObjectKind::TrustAnchor, "lab");
        let profile_id = file_object_id(account, ObjectKind::Profile, "lab");
        let files = Self {
            configuration: folder.join("certrole.toml"),
            trust_anchor: format!("arn:aws:rolesanywhere:{REGION}:{account}:trust-anchor/{anchor_id}"),
            profile: format!("arn:aws:rolesanywhere:{REGION}:{account}:profile/{profile_id}"),
            role: format!("arn:aws:iam::{account}:role/{ROLE}"),
            folder,
        };

        let pki = Pki::make(now)?;
        let write = |name: &str, text: &str| {
            let path = files.folder.join(name);
            keyfile::create_private(&path, text.as_bytes())
                .with_context(|| "the lab cannot be written".to_owned())
        };
        keyfile::create_private_folder(&files.folder.join("trust-anchors"))?;
        write("trust-anchors/lab.pem", &pki.ca)?;
        write("ca.pem", &pki.ca)?;
        write("server.pem", &pki.server.certificate)?;
        write("server.key", &pki.server.key)?;
        write("client.pem", &pki.client.certificate)?;
        write("client.key", &pki.client.key)?;
        write("certrole.toml", &files.configuration(account, port, admin_port))?;
        State::init(&files.folder.join("state"), randomness)?;
        Ok(files)
    }

    fn configuration(&self, account: AccountId, port: u16, admin_port: u16) -> String {
        let anchor = &self.trust_anchor;
        format!(
            r#"# A lab, made by `certroled dev`: worth nothing tomorrow.
region = "{REGION}"
server_names = ["localhost", "127.0.0.1"]
state = "state"

[listen]
addresses = ["127.0.0.1:{port}"]
certificate = "server.pem"
private_key = "server.key"

[admin]
addresses = ["127.0.0.1:{admin_port}"]

[log]
format = "text"

[account.{account}]
name = "lab"

[trust_anchor.lab]

[profile.lab]
roles = ["{ROLE}"]

[role.{ROLE}]
trust_policy = '''
{{
  "Version": "2012-10-17",
  "Statement": [{{
    "Effect": "Allow",
    "Principal": {{ "Service": "rolesanywhere.amazonaws.com" }},
    "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
    "Condition": {{
      "ArnEquals": {{ "aws:SourceArn": "{anchor}" }},
      "StringEquals": {{ "aws:PrincipalTag/x509Subject/OU": "lab" }}
    }}
  }}]
}}
'''
"#
        )
    }

    /// Writes what scripts and the client read, now that the ports are known.
    pub(crate) fn announce(&self, endpoint: &str, admin: &str) -> anyhow::Result<()> {
        let mut client = String::from("# For `certrole`, made by `certroled dev`.\n[use.lab]\n");
        let mut environment =
            String::from("# For scripts: `. certs/lab/lab.env`. Made by `certroled dev`.\n");
        let path = |name: &str| self.folder.join(name).display().to_string();
        for (key, value) in [
            ("endpoint", endpoint.to_owned()),
            ("trust-anchor-arn", self.trust_anchor.clone()),
            ("profile-arn", self.profile.clone()),
            ("role-arn", self.role.clone()),
            ("certificate", path("client.pem")),
            ("private-key", path("client.key")),
            ("ca-bundle", path("ca.pem")),
        ] {
            writeln!(client, "{key} = {}", toml_text(&value))?;
            writeln!(
                environment,
                "LAB_{}={}",
                key.to_uppercase().replace('-', "_"),
                shell_text(&value)
            )?;
        }
        writeln!(environment, "LAB_REGION={REGION}")?;
        writeln!(environment, "LAB_ADMIN={}", shell_text(admin))?;
        writeln!(
            environment,
            "LAB_CLIENT_CONFIG={}",
            shell_text(&path("client.toml"))
        )?;
        keyfile::create_private(&self.folder.join("client.toml"), client.as_bytes())?;
        // Last, and whole at once: whoever waits for the lab waits for this file.
        let unfinished = self.folder.join("lab.env.new");
        keyfile::create_private(&unfinished, environment.as_bytes())?;
        std::fs::rename(&unfinished, self.folder.join(ENVIRONMENT))?;
        Ok(())
    }

    /// The lines that a user would paste.
    pub(crate) fn instructions(&self, endpoint: &str, admin: &str) -> String {
        let folder = self.folder.display();
        let (anchor, profile, role) = (&self.trust_anchor, &self.profile, &self.role);
        let client = client();
        format!(
            "A lab broker answers at {endpoint} (health and metrics at http://{admin}); end it with Ctrl-C.\n\
             Its CA lives for a day. Everything is in {folder}.\n\
             \n\
             For the AWS CLI and every SDK, in ~/.aws/config:\n\
             \n\
             \x20   [profile lab]\n\
             \x20   region = {REGION}\n\
             \x20   ca_bundle = {folder}/ca.pem\n\
             \x20   credential_process = {client} credential-process --config {folder}/client.toml --use lab\n\
             \n\
             then: aws --profile lab --endpoint-url {endpoint} sts get-caller-identity\n\
             \n\
             With the official Roles Anywhere helper:\n\
             \n\
             \x20   SSL_CERT_FILE={folder}/ca.pem aws_signing_helper credential-process \\\n\
             \x20       --endpoint {endpoint} --certificate {folder}/client.pem --private-key {folder}/client.key \\\n\
             \x20       --trust-anchor-arn {anchor} \\\n\
             \x20       --profile-arn {profile} \\\n\
             \x20       --role-arn {role}\n\
             \n\
             With curl:\n\
             \n\
             \x20   curl --cacert {folder}/ca.pem --cert {folder}/client.pem --key {folder}/client.key \\\n\
             \x20       -H 'Content-Type: application/json' {endpoint}/sessions \\\n\
             \x20       -d '{{\"trustAnchorArn\":\"{anchor}\",\"profileArn\":\"{profile}\",\"roleArn\":\"{role}\"}}'\n"
        )
    }
}

/// The client's path: the one that was built beside this program, or whatever the shell finds.
fn client() -> String {
    let beside = std::env::current_exe().map(|path| path.with_file_name("certrole"));
    match beside {
        Ok(path) if path.exists() => path.display().to_string(),
        _ => "certrole".to_owned(),
    }
}

/// Removes the lab before this one, and nothing that is not a lab.
fn replace(folder: &Path) -> anyhow::Result<()> {
    let shown = folder.display();
    if folder.exists() {
        let is_a_lab = folder.join("certrole.toml").exists() || folder.join(ENVIRONMENT).exists();
        let is_empty = std::fs::read_dir(folder)?.next().is_none();
        if !is_a_lab && !is_empty {
            bail!("{shown} is there and was not made by `certroled dev`: move it away");
        }
        if std::os::unix::net::UnixStream::connect(folder.join("state").join("control.sock")).is_ok() {
            bail!("a lab runs in {shown} already: end it first, or choose another folder with --dir");
        }
        std::fs::remove_dir_all(folder)
            .with_context(|| format!("the lab before this one cannot be removed from {shown}"))?;
    }
    if let Some(parent) = folder.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    }
    keyfile::create_private_folder(folder)?;
    Ok(())
}

fn toml_text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn shell_text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
