//! How the daemon runs: listeners, folders, logs, the audit log. Changes take effect at the next start, but for the
//! server's certificate, which every reload reads again.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use broker::Replay;
use wire::{Partition, Region};

use super::limits::Limits;
use super::section::Section;

/// How the daemon runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) region: Region,
    pub(crate) partition: Partition,
    pub(crate) server_names: Vec<String>,
    /// The state folder.
    pub(crate) state: PathBuf,
    pub(crate) control_socket: PathBuf,
    pub(crate) listen: ListenSettings,
    /// The addresses of the second listener.
    pub(crate) admin: Vec<SocketAddr>,
    pub(crate) log: LogSettings,
    pub(crate) audit: audit::Settings,
    pub(crate) replay: Replay,
    pub(crate) limits: Limits,
}

/// The main listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListenSettings {
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) certificate: PathBuf,
    pub(crate) private_key: PathBuf,
    pub(crate) client_auth: ClientAuth,
}

/// Whether a client certificate is asked for or demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ClientAuth {
    #[default]
    Optional,
    /// A filter against noise, not access control.
    Required,
}

/// The log on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LogSettings {
    pub(crate) format: LogFormat,
    pub(crate) level: tracing::level_filters::LevelFilter,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Json,
    Text,
}

impl Settings {
    /// Reads the top of the file and the tables that are about running. None when something that nothing can do
    /// without is missing or wrong; that is reported then.
    pub(crate) fn read(top: &mut Section<'_, '_>, folder: &Path) -> Option<Self> {
        let region = top
            .required(
                "region",
                "write the name that clients sign for, such as region = \"eu-local-1\"",
            )
            .and_then(|text| {
                top.parsed(
                    "region",
                    &text,
                    "a region is letters, digits and hyphens, not empty",
                )
            });
        let partition = match top.text("partition") {
            Some(text) => top.parsed(
                "partition",
                &text,
                "write \"aws\" unless your ARNs begin otherwise",
            ),
            None => "aws".parse().ok(),
        };
        let server_names = server_names(top);
        let state = top
            .required(
                "state",
                "write the folder that `certroled init` makes, such as state = \"/var/lib/certrole\"",
            )
            .map(|text| folder.join(text.value));
        let control_socket = top.text("control_socket").map(|text| folder.join(text.value));
        let listen = listen(top, folder);
        let admin = match top.section("admin") {
            Some(mut section) => {
                let addresses = addresses(&mut section);
                section.close();
                addresses.unwrap_or_default()
            }
            None => vec![SocketAddr::from(([127, 0, 0, 1], 9110))],
        };
        let log = log(top);
        let audit = audit_settings(top);
        let replay = match top.section("sessions") {
            Some(mut section) => {
                let words = [("refuse", Replay::Refuse), ("allow", Replay::Allow)];
                let replay = section.one_of("replay", &words, Replay::Refuse);
                section.close();
                replay
            }
            None => Replay::Refuse,
        };
        let limits = Limits::read(top.section("limits"));
        let state = state?;
        let control_socket = control_socket.unwrap_or_else(|| state.join("control.sock"));
        Some(Self {
            region: region?,
            partition: partition?,
            server_names: server_names?,
            state,
            control_socket,
            listen: listen?,
            admin,
            log,
            audit,
            replay,
            limits,
        })
    }
}

fn server_names(top: &mut Section<'_, '_>) -> Option<Vec<String>> {
    let remedy = "write the names that clients use, such as server_names = [\"broker.example.com:8443\"]; a name \
                  without a port matches any port";
    let line = top.line;
    let Some(names) = top.texts("server_names") else {
        top.source.report(line, "`server_names` is missing", remedy);
        return None;
    };
    if names.is_empty() {
        top.source.report(line, "`server_names` is empty", remedy);
        return None;
    }
    for name in &names {
        let odd = |c: char| !(c.is_ascii_alphanumeric() || ".-:[]_".contains(c));
        if name.value.is_empty() || name.value.contains(odd) {
            top.source.report(
                name.line,
                format!("`{}` is not a host name, with or without a port", name.value),
                "write it as in the endpoint's address, without https:// and without a path",
            );
        }
    }
    Some(names.into_iter().map(|name| name.value).collect())
}

fn listen(top: &mut Section<'_, '_>, folder: &Path) -> Option<ListenSettings> {
    let line = top.line;
    let Some(mut section) = top.section("listen") else {
        top.source.report(
            line,
            "the table [listen] is missing",
            "write [listen] with addresses, certificate and private_key",
        );
        return None;
    };
    let addresses = addresses(&mut section);
    if addresses.as_ref().is_none_or(Vec::is_empty) {
        let remedy = "write addresses = [\"0.0.0.0:8443\", \"[::]:8443\"]";
        section.source.report(
            section.line,
            "`addresses` of [listen] is missing or empty",
            remedy,
        );
    }
    let mut path =
        |key: &'static str, remedy: &str| section.required(key, remedy).map(|text| folder.join(text.value));
    let certificate = path(
        "certificate",
        "write the file of the server's certificate and its chain, such as certificate = \"certs/server.pem\"",
    );
    let private_key = path(
        "private_key",
        "write the file of the server's key, such as private_key = \"certs/server.key\"",
    );
    let words = [
        ("optional", ClientAuth::Optional),
        ("required", ClientAuth::Required),
    ];
    let client_auth = section.one_of("client_auth", &words, ClientAuth::Optional);
    section.close();
    Some(ListenSettings {
        addresses: addresses.filter(|addresses| !addresses.is_empty())?,
        certificate: certificate?,
        private_key: private_key?,
        client_auth,
    })
}

fn addresses(section: &mut Section<'_, '_>) -> Option<Vec<SocketAddr>> {
    let texts = section.texts("addresses")?;
    let remedy = "write an address and a port: \"0.0.0.0:8443\", \"[::]:8443\", \"127.0.0.1:8443\"";
    let parsed = texts
        .iter()
        .filter_map(|text| section.parsed("addresses", text, remedy));
    Some(parsed.collect())
}

fn log(top: &mut Section<'_, '_>) -> LogSettings {
    use tracing::level_filters::LevelFilter;
    let mut log = LogSettings {
        format: LogFormat::Json,
        level: LevelFilter::INFO,
    };
    if let Some(mut section) = top.section("log") {
        let words = [("json", LogFormat::Json), ("text", LogFormat::Text)];
        log.format = section.one_of("format", &words, LogFormat::Json);
        let words = [
            ("error", LevelFilter::ERROR),
            ("warn", LevelFilter::WARN),
            ("info", LevelFilter::INFO),
            ("debug", LevelFilter::DEBUG),
        ];
        log.level = section.one_of("level", &words, LevelFilter::INFO);
        section.close();
    }
    log
}

fn audit_settings(top: &mut Section<'_, '_>) -> audit::Settings {
    let default = audit::Settings::default();
    let Some(mut section) = top.section("audit") else {
        return default;
    };
    let seconds = u64::try_from(default.checkpoint_seconds).unwrap_or(60);
    let settings = audit::Settings {
        max_file_bytes: section.number("max_file_bytes", 1 << 20..=1 << 40, default.max_file_bytes),
        checkpoint_events: section.number("checkpoint_events", 1..=1_000_000, default.checkpoint_events),
        checkpoint_seconds: i64::try_from(section.number("checkpoint_seconds", 1..=86_400, seconds))
            .unwrap_or(60),
        gather: default.gather,
        reserve_bytes: section.number("reserve_bytes", 0..=1 << 40, default.reserve_bytes),
        refusals_per_address_per_minute: u32::try_from(section.number(
            "refusals_per_address_per_minute",
            1..=100_000,
            u64::from(default.refusals_per_address_per_minute),
        ))
        .unwrap_or(default.refusals_per_address_per_minute),
    };
    section.close();
    settings
}
