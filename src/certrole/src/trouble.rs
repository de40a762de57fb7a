//! Everything that can keep the client from credentials: what it is, and what to do about it.

use std::path::PathBuf;

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("the configuration {} is not used: {problem}", path.display())]
    Configuration { path: PathBuf, problem: String },
    #[error("there is no [use.{name}] in {}", path.display())]
    NoSuchUse {
        path: PathBuf,
        name: String,
        known: Vec<String>,
    },
    #[error("--use {0} needs a configuration file, and there is none")]
    NoConfiguration(String),
    #[error("{0} is not given")]
    Missing(&'static str),
    #[error("{name} is not what it should be: {problem}")]
    Setting { name: String, problem: String },
    #[error("{flag} is refused: {reason}")]
    Refused {
        flag: &'static str,
        reason: &'static str,
        instead: &'static str,
    },
    #[error("{0}")]
    KeyFile(keyfile::Refusal),
    #[error("the private key in {} cannot be read: {problem}", path.display())]
    Key { path: PathBuf, problem: String },
    #[error("{what} cannot be read from {}: {problem}", path.display())]
    Certificates {
        what: &'static str,
        path: PathBuf,
        problem: String,
    },
    #[error("the private key in {} does not belong to the certificate in {}", key.display(), certificate.display())]
    Mismatch {
        key: PathBuf,
        certificate: PathBuf,
        /// Which certificate of the file the key does belong to, counted from 1.
        belongs_to: Option<usize>,
    },
    #[error("the certificate in {} {problem}", path.display())]
    Validity { path: PathBuf, problem: String },
    #[error("a certificate with a {0} key cannot prove itself")]
    UnusableKey(String),
    #[error("a {0} key signs no request, and {1}")]
    NoProof(String, &'static str),
    #[error("--proof=tls needs a broker that asks for a certificate in the handshake, and {0} did not")]
    NotAsked(String),
    #[error("the private key did not sign: {0}")]
    Signing(String),
    #[error("the system gives no random numbers")]
    Randomness,
    #[error("no certificates of authorities can be read from {}: {problem}", path.display())]
    Roots { path: PathBuf, problem: String },
    #[error("this machine has no bundle of trusted authorities where others keep theirs")]
    NoRoots,
    #[error("the proxy {proxy} {problem}")]
    Proxy { proxy: String, problem: String },
    #[error("the proxy {proxy} is not reached: {problem}")]
    ProxyUnreached { proxy: String, problem: String },
    #[error("{name} cannot be resolved to an address: {problem}")]
    Name { name: String, problem: String },
    #[error("no connection to {to}: {problem}")]
    Connect { to: String, problem: String },
    #[error("the broker at {at} is not trusted: {problem}")]
    Untrusted { at: String, problem: String },
    #[error("the broker at {at} refused the handshake: {problem}")]
    Handshake { at: String, problem: String },
    #[error("no answer from {from} within {seconds} seconds")]
    TooSlow { from: String, seconds: u64 },
    #[error("the connection to {0} broke before the answer: {1}")]
    Broken(String, String),
    #[error("the broker at {at} gave an answer that is not used: {problem}")]
    Answer { at: String, problem: String },
    #[error("the broker refused: {status} {code}: {message} (request id {request_id})")]
    Told {
        status: u16,
        code: String,
        message: String,
        request_id: String,
    },
    #[error("standard output is a terminal, and credentials are not shown on one")]
    Terminal,
    #[error("the credentials could not be written: {0}")]
    Output(std::io::Error),
}

impl Trouble {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> String {
        match self {
            Self::Configuration { .. } => "mend the file; docs/configuration.md lists every key".into(),
            Self::NoSuchUse { known, .. } if known.is_empty() => "write a [use.NAME] table".into(),
            Self::NoSuchUse { known, .. } => format!("it has {}", known.join(", ")),
            Self::NoConfiguration(_) => {
                "name one with --config, or write /etc/certrole/client.toml or ~/.config/certrole/client.toml".into()
            }
            Self::Missing(name) => format!(
                "give it as a flag, or as `{}` in the configuration file",
                name.trim_start_matches("--")
            ),
            Self::Setting { name, .. } => format!("correct {name}"),
            Self::Refused { instead, .. } => (*instead).to_owned(),
            // The refusal itself ends with its fix.
            Self::KeyFile(refusal) => match refusal.problem {
                keyfile::FileProblem::Breach(..) => {
                    "as said above; `--key-permissions=warn` uses the key all the same".into()
                }
                keyfile::FileProblem::Parent(..) => {
                    "as said above; without --strict-paths it is a warning".into()
                }
                _ => "as said above".into(),
            },
            Self::Key { path, .. } => {
                format!("see what is in it with `openssl pkey -in {} -noout`", path.display())
            }
            Self::Certificates { path, .. } => format!(
                "see what is in it with `openssl x509 -in {} -noout -subject`; PEM is needed",
                path.display()
            ),
            Self::Mismatch {
                belongs_to: Some(number),
                ..
            } => {
                format!("it belongs to certificate number {number} of that file: put that one first")
            }
            Self::Mismatch { .. } => "name the key that the certificate was issued for; \
                 `openssl x509 -pubkey -noout -in CERTIFICATE` and `openssl pkey -pubout -in KEY` print the same then"
                .into(),
            Self::Validity { .. } => {
                "renew the certificate; if its dates are right, set this machine's clock".into()
            }
            Self::UnusableKey(_) => {
                "use a certificate with a key of RSA 2048 to 4096 bits, P-256, P-384 or Ed25519".into()
            }
            Self::NoProof(..) => {
                "use a broker that asks for a client certificate, or an RSA, P-256 or P-384 key".into()
            }
            Self::NotAsked(_) => {
                "use --proof=auto or --proof=signature; if the broker is a certroled, something between ends TLS".into()
            }
            Self::Signing(_) => "check the key with `openssl pkey -check -noout -in KEY`".into(),
            Self::Randomness => "check that /dev/urandom is there".into(),
            Self::Roots { .. } => "name a PEM file with the CA of the broker's certificate".into(),
            Self::NoRoots => {
                "name the CA of the broker's certificate with --ca-bundle, or install ca-certificates".into()
            }
            Self::Proxy { .. } | Self::ProxyUnreached { .. } => {
                "correct HTTPS_PROXY, or take the broker out of it with NO_PROXY; ask who runs the proxy whether it \
                 allows CONNECT to the broker"
                    .into()
            }
            Self::Name { .. } => "check --endpoint and this machine's DNS".into(),
            Self::Connect { .. } => {
                "check that the broker runs, the port of --endpoint, and the firewalls between".into()
            }
            Self::Untrusted { .. } => {
                "if the broker is yours, name the CA of its certificate with --ca-bundle; otherwise trust it not".into()
            }
            Self::Handshake { .. } => {
                "the broker's operator finds the reason with `certroled explain --address ADDRESS --since 10m`".into()
            }
            Self::TooSlow { .. } => "check the network; --timeout SECONDS gives it more time".into(),
            Self::Broken(..) => "try again; if it happens again, look into the broker's log".into(),
            Self::Answer { .. } => {
                "check --endpoint: it may not be a broker; if the times are odd, set this machine's clock".into()
            }
            Self::Told {
                code, request_id, ..
            } => told(code, request_id),
            Self::Terminal => {
                "run `certrole doctor` to see whether all is well, or pass --to-terminal to see the secret".into()
            }
            Self::Output(_) => "check the program that reads them".into(),
        }
    }
}

fn told(code: &str, request_id: &str) -> String {
    match code {
        "ValidationException" => {
            "check the ARNs, --session-duration (900 to 43200) and --role-session-name".into()
        }
        "ThrottlingException" => "wait a little; fewer calls, or longer sessions, spare the broker".into(),
        "MissingAuthenticationTokenException" => {
            "the certificate did not reach the broker: something between ends TLS; use --proof=signature"
                .into()
        }
        _ => format!(
            "only the broker's operator sees why: `certroled explain --request-id {request_id}` tells the rule and \
             the fix"
        ),
    }
}
