//! The daemon as a process, in a folder of its own.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use wire::{AccountId, ObjectKind, file_object_id};

use super::{Answer, Authority, Identity, Key, Leaf, Signed, Wire, certroled, tls_config};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REGION: &str = "eu-local-1";

/// What a daemon is started with; tests add to it.
pub(crate) struct Setup {
    /// The CA of the broker's own certificate.
    pub(crate) server_ca: Authority,
    /// Trust anchors: name, certificate, what stands in the table.
    pub(crate) anchors: Vec<(String, String, String)>,
    /// Whole tables, after those that are always there.
    pub(crate) more: String,
    /// `[limits]`.
    pub(crate) limits: String,
    /// `[audit]`.
    pub(crate) audit: String,
    /// Before the first table.
    pub(crate) top: String,
}

impl Setup {
    /// One trust anchor `acme`; the profile `web`, which lists the role `Reader`, which trusts OU=Web of `acme`.
    pub(crate) fn with(acme: &Authority) -> Self {
        Self {
            server_ca: Authority::root("Broker CA"),
            anchors: vec![("acme".into(), acme.pem(), String::new())],
            more: format!(
                "[profile.web]\nroles = [\"Reader\"]\n\n[role.Reader]\n{}",
                policy(
                    &[&anchor_arn("acme")],
                    r#""aws:PrincipalTag/x509Subject/OU": "Web""#
                )
            ),
            limits: String::new(),
            audit: String::new(),
            top: String::new(),
        }
    }

    pub(crate) fn anchor(mut self, name: &str, authority: &Authority, table: &str) -> Self {
        self.anchors.push((name.into(), authority.pem(), table.into()));
        self
    }

    pub(crate) fn more(mut self, text: &str) -> Self {
        self.more.push('\n');
        self.more.push_str(text);
        self
    }

    pub(crate) fn limits(mut self, text: &str) -> Self {
        self.limits = text.into();
        self
    }

    pub(crate) fn audit(mut self, text: &str) -> Self {
        self.audit = text.into();
        self
    }

    /// Writes everything, and makes the state.
    pub(crate) fn write(&self) -> Home {
        let folder = tempfile::tempdir().unwrap();
        let home = Home {
            address: free_address(),
            admin: free_address(),
            server_ca: self.server_ca.der(),
            server_ca_pem: self.server_ca.pem(),
            folder,
        };
        home.make_folder("trust-anchors");
        let server = self.server_ca.server();
        home.write("server.pem", &server.pem);
        home.write("server.key", &server.key_pem());
        let mut text = format!(
            "region = \"{REGION}\"\nserver_names = [\"localhost\"]\nstate = \"state\"\n{}\n[listen]\n\
             addresses = [\"{}\"]\ncertificate = \"server.pem\"\nprivate_key = \"server.key\"\n\n[admin]\n\
             addresses = [\"{}\"]\n\n[limits]\n{}\n\n[audit]\n{}\n\n[account.{ACCOUNT}]\nname = \"tests\"\n\n",
            self.top, home.address, home.admin, self.limits, self.audit
        );
        for (name, pem, table) in &self.anchors {
            home.write(&format!("trust-anchors/{name}.pem"), pem);
            text.push_str(&format!("[trust_anchor.{name}]\n{table}\n\n"));
        }
        text.push_str(&self.more);
        home.write("certrole.toml", &text);
        let made = home.command("init").output().unwrap();
        assert!(made.status.success(), "{}", said(&made));
        home
    }

    pub(crate) async fn start(self) -> Daemon {
        self.write().start().await
    }
}

/// A trust policy in a role's table: these anchors, and this `StringEquals` condition.
pub(crate) fn policy(anchors: &[&str], condition: &str) -> String {
    let anchors = json!(anchors);
    format!(
        "trust_policy = '''\n{{\"Version\": \"2012-10-17\", \"Statement\": [{{\"Effect\": \"Allow\",\n\
         \"Principal\": {{\"Service\": \"rolesanywhere.amazonaws.com\"}},\n\
         \"Action\": [\"sts:AssumeRole\", \"sts:TagSession\", \"sts:SetSourceIdentity\"],\n\
         \"Condition\": {{\"ArnEquals\": {{\"aws:SourceArn\": {anchors}}}, \"StringEquals\": {{{condition}}}}}}}]}}\n'''\n"
    )
}

fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

pub(crate) fn anchor_arn(name: &str) -> String {
    let id = file_object_id(account(), ObjectKind::TrustAnchor, name);
    format!("arn:aws:rolesanywhere:{REGION}:{ACCOUNT}:trust-anchor/{id}")
}

pub(crate) fn profile_arn(name: &str) -> String {
    let id = file_object_id(account(), ObjectKind::Profile, name);
    format!("arn:aws:rolesanywhere:{REGION}:{ACCOUNT}:profile/{id}")
}

pub(crate) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// An address that nobody has, and that no connection gets before the daemon binds it: Linux gives connections ports
/// from 32768 on, and each test process begins elsewhere below.
fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(97);
    for _ in 0..12_000 {
        let port = 20_000 + first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        let address = SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).unwrap()));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port from 20000 to 31999 is free");
}

/// Both streams of a program that ended.
pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The folder of a daemon, running or not.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    server_ca: Vec<u8>,
    pub(crate) server_ca_pem: String,
}

impl Home {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        self.chmod(name, 0o600);
    }

    pub(crate) fn make_folder(&self, name: &str) {
        fs::create_dir(self.path(name)).unwrap();
        self.chmod(name, 0o700);
    }

    pub(crate) fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// `certroled` with this configuration.
    pub(crate) fn command(&self, words: &str) -> std::process::Command {
        let mut command = certroled();
        command
            .args(words.split(' '))
            .arg("--config")
            .arg(self.path("certrole.toml"));
        command
    }

    pub(crate) fn tls(&self, identity: &Identity<'_>) -> std::sync::Arc<rustls::ClientConfig> {
        tls_config(&self.server_ca, identity)
    }

    pub(crate) fn tls_of_version(
        &self,
        identity: &Identity<'_>,
        version: &'static rustls::SupportedProtocolVersion,
    ) -> std::sync::Arc<rustls::ClientConfig> {
        super::tls_config_of(&self.server_ca, identity, &[version])
    }

    /// The same by another provider.
    pub(crate) fn tls_by(
        &self,
        provider: rustls::crypto::CryptoProvider,
        identity: &Identity<'_>,
        version: &'static rustls::SupportedProtocolVersion,
    ) -> std::sync::Arc<rustls::ClientConfig> {
        super::http::tls_config_by(provider.into(), &self.server_ca, identity, &[version])
    }

    /// Starts the daemon and waits until it is ready.
    pub(crate) async fn start(self) -> Daemon {
        self.start_by(|command| command).await
    }

    /// The same, by a command that the test bends.
    pub(crate) async fn start_by(
        self,
        bend: impl FnOnce(std::process::Command) -> std::process::Command,
    ) -> Daemon {
        let log = File::create(self.path("log")).unwrap();
        let mut command = bend(self.command("serve"));
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let mut daemon = Daemon {
            child: command.spawn().unwrap(),
            home: self,
        };
        for _ in 0..600 {
            if let Some(status) = daemon.child.try_wait().unwrap() {
                panic!("the daemon ended with {status}:\n{}", daemon.log());
            }
            if daemon.readiness().await == Some(200) {
                return daemon;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the daemon is not ready:\n{}", daemon.log());
    }

    /// Every event of the audit log, oldest first.
    pub(crate) fn events(&self) -> Vec<Value> {
        let folder = self.path("state/audit");
        let mut files: Vec<PathBuf> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
            .collect();
        files.sort();
        assert!(!files.is_empty(), "no audit file in {}", folder.display());
        let text: String = files
            .iter()
            .map(|file| fs::read_to_string(file).unwrap())
            .collect();
        text.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// `certroled audit verify`.
    pub(crate) fn verify_audit(&self) -> Output {
        self.command("audit verify").output().unwrap()
    }
}

/// A running daemon. It is killed when dropped.
pub(crate) struct Daemon {
    pub(crate) child: Child,
    pub(crate) home: Home,
}

impl std::ops::Deref for Daemon {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.home
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    pub(crate) fn log(&self) -> String {
        self.read("log")
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    pub(crate) fn host(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// The status of `/readyz`, if the second listener answers.
    pub(crate) async fn readiness(&self) -> Option<u16> {
        self.admin("/readyz").await.map(|(status, _)| status)
    }

    /// A page of the second listener.
    pub(crate) async fn admin(&self, path: &str) -> Option<(u16, String)> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = tokio::net::TcpStream::connect(self.admin).await.ok()?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.ok()?;
        let status = text.split(' ').nth(1)?.parse().ok()?;
        Some((
            status,
            text.split_once("\r\n\r\n")
                .map(|(_, body)| body.to_owned())
                .unwrap_or_default(),
        ))
    }

    /// Asks for a clean end, and waits for it.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        self.child.wait().unwrap()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Ends it like a power cut of the process, and gives its folder back.
    pub(crate) fn kill(mut self) -> Home {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.into_home()
    }

    /// Ends it cleanly, and gives its folder back.
    pub(crate) fn end(mut self) -> Home {
        let status = self.stop();
        assert!(status.success(), "{status}:\n{}", self.log());
        self.into_home()
    }

    fn into_home(mut self) -> Home {
        let empty = Home {
            folder: tempfile::tempdir().unwrap(),
            address: self.home.address,
            admin: self.home.admin,
            server_ca: self.home.server_ca.clone(),
            server_ca_pem: self.home.server_ca_pem.clone(),
        };
        std::mem::replace(&mut self.home, empty)
    }

    /// `certroled reload`, which waits for the verdict.
    pub(crate) fn reload(&self) -> Output {
        self.command("reload").output().unwrap()
    }

    /// Changes the configuration.
    pub(crate) fn change(&self, from: &str, to: &str) {
        let text = self.read("certrole.toml");
        assert!(text.contains(from), "{text}");
        self.write("certrole.toml", &text.replace(from, to));
    }

    /// A request for the role `Reader` by the profile `web`, to be signed by this certificate.
    pub(crate) fn signed<'a>(&self, leaf: &'a Leaf, key: Key) -> Signed<'a> {
        Signed {
            leaf,
            key,
            host: self.host(),
            query: query("acme", "web", "Reader"),
            body: "{\"durationSeconds\":3600}".into(),
            at: OffsetDateTime::now_utc(),
            region: REGION.into(),
            service: "rolesanywhere".into(),
            serial: None,
            unsigned: Vec::new(),
            extra: vec![("Amz-Sdk-Invocation-Id".into(), nonce())],
        }
    }

    /// Sends a signed request on a connection without a client certificate.
    pub(crate) async fn send(&self, signed: &Signed<'_>) -> Answer {
        self.send_with(signed, signed.headers()).await
    }

    /// The same with headers that the test changed after signing.
    pub(crate) async fn send_with(&self, signed: &Signed<'_>, headers: Vec<(String, String)>) -> Answer {
        let mut wire = self.open(&Identity::Nobody).await;
        let target = format!("/sessions?{}", signed.query);
        wire.request("POST", &target, &headers, signed.body.as_bytes())
            .await
            .unwrap()
    }

    pub(crate) async fn open(&self, identity: &Identity<'_>) -> Wire {
        Wire::open(self.address, &self.tls(identity)).await.unwrap()
    }

    /// An exchange proven by TLS.
    pub(crate) async fn by_tls(&self, leaf: &Leaf, body: &Value) -> Answer {
        let mut wire = self.open(&Identity::Certificate(leaf)).await;
        self.exchange_on(&mut wire, body).await.unwrap()
    }

    /// An exchange on a connection that is open.
    pub(crate) async fn exchange_on(&self, wire: &mut Wire, body: &Value) -> std::io::Result<Answer> {
        let headers = [
            ("Host".to_owned(), self.host()),
            ("Content-Type".to_owned(), "application/json".to_owned()),
        ];
        wire.request("POST", "/sessions", &headers, body.to_string().as_bytes())
            .await
    }

    /// The one event of a request.
    pub(crate) fn event(&self, answer: &Answer) -> Value {
        let id = answer.request_id();
        let mut found: Vec<Value> = self
            .events()
            .into_iter()
            .filter(|event| event["requestID"] == id)
            .collect();
        assert_eq!(found.len(), 1, "{id} has {} events", found.len());
        found.remove(0)
    }
}

/// Sixteen random bytes in hex: what makes two requests of one second two.
pub(crate) fn nonce() -> String {
    use ring::rand::SecureRandom as _;
    let mut bytes = [0; 16];
    ring::rand::SystemRandom::new().fill(&mut bytes).unwrap();
    hex::encode(bytes)
}

/// The query as the official client writes it.
pub(crate) fn query(anchor: &str, profile: &str, role: &str) -> String {
    let encoded = |arn: String| arn.replace(':', "%3A").replace('/', "%2F");
    format!(
        "profileArn={}&roleArn={}&trustAnchorArn={}",
        encoded(profile_arn(profile)),
        encoded(role_arn(role)),
        encoded(anchor_arn(anchor))
    )
}

/// The same members in a body.
pub(crate) fn members(anchor: &str, profile: &str, role: &str) -> Value {
    json!({"trustAnchorArn": anchor_arn(anchor), "profileArn": profile_arn(profile), "roleArn": role_arn(role)})
}

/// A file's permission bits.
pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}
