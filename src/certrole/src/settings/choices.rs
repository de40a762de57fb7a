//! The choices that a flag and a key of the configuration file make alike.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use wire::{Region, RoleSessionName, SessionDuration, TrustAnchorArn};

use super::{Environment, Settings};
use crate::network::Endpoint;
use crate::trouble::Trouble;

/// How possession of the private key is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Proof {
    /// By TLS when the broker asks for a certificate, else by signature.
    #[default]
    Auto,
    /// By TLS only.
    Tls,
    /// By a signed request only.
    Signature,
}

/// What happens when the key's file breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyPermissions {
    /// The key is not used.
    Enforce,
    /// A warning.
    Warn,
    /// No check.
    Off,
}

/// Flags, and keys of a `[use.NAME]` table by the same names.
#[derive(Debug, Clone, Default, Args, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct Choices {
    /// ARN of the trust anchor
    #[arg(long, value_name = "ARN")]
    trust_anchor_arn: Option<String>,
    /// ARN of the profile
    #[arg(long, value_name = "ARN")]
    profile_arn: Option<String>,
    /// ARN of the role
    #[arg(long, value_name = "ARN")]
    role_arn: Option<String>,
    /// The certificate, PEM
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Its private key, PEM; without it the certificate's file holds the key too
    #[arg(long, value_name = "FILE")]
    private_key: Option<PathBuf>,
    /// Intermediate certificates, PEM
    #[arg(long, value_name = "FILE")]
    intermediates: Option<PathBuf>,
    /// The broker's address
    #[arg(long, value_name = "https://HOST[:PORT]")]
    endpoint: Option<String>,
    /// Region of the signature; without it the trust anchor's
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Seconds that the credentials shall live [default: 3600]
    #[arg(long, value_name = "SECONDS")]
    session_duration: Option<i64>,
    /// Name of the session, where the profile lets the caller choose it
    #[arg(long, value_name = "NAME")]
    role_session_name: Option<String>,
    /// Authorities that the broker's certificate may come from, PEM; without it AWS_CA_BUNDLE, then SSL_CERT_FILE,
    /// then the system's
    #[arg(long, value_name = "FILE")]
    ca_bundle: Option<PathBuf>,
    /// How the key proves itself [default: auto]
    #[arg(long, value_enum)]
    proof: Option<Proof>,
    /// What a key file with loose permissions means [default: enforce]
    #[arg(long, value_enum)]
    key_permissions: Option<KeyPermissions>,
    /// Refuse a key below a folder that others may change, instead of warning
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    strict_paths: Option<bool>,
    /// Seconds that one attempt may take [default: 15]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: Option<u64>,
    /// Accepted for the official helper's sake; proxies of the environment are always used
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(super) with_proxy: Option<bool>,
}

impl Choices {
    /// What is chosen here, and where nothing is, there.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            trust_anchor_arn: self.trust_anchor_arn.or(other.trust_anchor_arn),
            profile_arn: self.profile_arn.or(other.profile_arn),
            role_arn: self.role_arn.or(other.role_arn),
            certificate: self.certificate.or(other.certificate),
            private_key: self.private_key.or(other.private_key),
            intermediates: self.intermediates.or(other.intermediates),
            endpoint: self.endpoint.or(other.endpoint),
            region: self.region.or(other.region),
            session_duration: self.session_duration.or(other.session_duration),
            role_session_name: self.role_session_name.or(other.role_session_name),
            ca_bundle: self.ca_bundle.or(other.ca_bundle),
            proof: self.proof.or(other.proof),
            key_permissions: self.key_permissions.or(other.key_permissions),
            strict_paths: self.strict_paths.or(other.strict_paths),
            timeout: self.timeout.or(other.timeout),
            with_proxy: self.with_proxy.or(other.with_proxy),
        }
    }

    /// Makes relative paths of a configuration file relative to its folder.
    pub(super) fn resolve(&mut self, folder: &Path) {
        let files = [
            &mut self.certificate,
            &mut self.private_key,
            &mut self.intermediates,
            &mut self.ca_bundle,
        ];
        for file in files.into_iter().flatten() {
            if not_a_file(file).is_none() && !file.as_os_str().is_empty() {
                *file = folder.join(&*file);
            }
        }
    }

    /// Parses every choice; the first that is missing or wrong is told.
    pub(super) fn complete(self, environment: Environment) -> Result<Settings, Trouble> {
        let trust_anchor: TrustAnchorArn = parsed(
            "--trust-anchor-arn",
            required("--trust-anchor-arn", self.trust_anchor_arn)?,
        )?;
        let region: Region = match self.region.filter(|region| !region.is_empty()) {
            Some(region) => parsed("--region", region)?,
            None => trust_anchor.region(),
        };
        let certificate =
            file("--certificate", self.certificate)?.ok_or(Trouble::Missing("--certificate"))?;
        let private_key = file("--private-key", self.private_key)?.unwrap_or_else(|| certificate.clone());
        let duration = match self.session_duration {
            Some(seconds) => SessionDuration::try_from(seconds).map_err(|error| Trouble::Setting {
                name: "--session-duration".into(),
                problem: error.to_string(),
            })?,
            None => SessionDuration::DEFAULT,
        };
        let endpoint = match self.endpoint.filter(|url| !url.is_empty()) {
            Some(url) => Endpoint::parse("--endpoint", &url)?,
            None => match environment.endpoint() {
                Some((name, url)) => Endpoint::parse(name, url)?,
                None => Endpoint::of_region(&trust_anchor.partition(), &region)?,
            },
        };
        Ok(Settings {
            profile: parsed("--profile-arn", required("--profile-arn", self.profile_arn)?)?,
            role: parsed("--role-arn", required("--role-arn", self.role_arn)?)?,
            trust_anchor,
            region,
            endpoint,
            duration,
            session_name: match self.role_session_name.filter(|name| !name.is_empty()) {
                Some(name) => Some(parsed::<RoleSessionName>("--role-session-name", name)?),
                None => None,
            },
            certificate,
            private_key,
            intermediates: file("--intermediates", self.intermediates)?,
            ca_bundle: file("--ca-bundle", self.ca_bundle)?.or_else(|| environment.ca_bundle()),
            key_permissions: match self.key_permissions {
                None | Some(KeyPermissions::Enforce) => keyfile::Policy::Enforce,
                Some(KeyPermissions::Warn) => keyfile::Policy::Warn,
                Some(KeyPermissions::Off) => keyfile::Policy::Off,
            },
            parents: match self.strict_paths {
                Some(true) => keyfile::Parents::Refuse,
                _ => keyfile::Parents::Warn,
            },
            proof: self.proof.unwrap_or_default(),
            timeout: Duration::from_secs(self.timeout.unwrap_or(15).clamp(1, 300)),
            attempts: environment.attempts()?,
            environment,
        })
    }
}

fn required(name: &'static str, value: Option<String>) -> Result<String, Trouble> {
    value
        .filter(|value| !value.is_empty())
        .ok_or(Trouble::Missing(name))
}

fn parsed<T>(name: &'static str, value: String) -> Result<T, Trouble>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    value.parse().map_err(|error: T::Err| Trouble::Setting {
        name: name.into(),
        problem: error.to_string(),
    })
}

/// A file by its path. An unset shell variable gives an empty one, which means none; what names something else than a
/// file is refused for what it is.
fn file(name: &'static str, path: Option<PathBuf>) -> Result<Option<PathBuf>, Trouble> {
    let Some(path) = path.filter(|path| !path.as_os_str().is_empty()) else {
        return Ok(None);
    };
    match not_a_file(&path) {
        Some(what) => Err(Trouble::Setting {
            name: name.into(),
            problem: format!("{what} cannot be used yet; name a PEM file"),
        }),
        None => Ok(Some(path)),
    }
}

/// What a key or certificate of the official helper may also be.
fn not_a_file(path: &Path) -> Option<&'static str> {
    let kinds = [("pkcs11:", "a PKCS#11 token"), ("handle:", "a TPM's handle")];
    let text = path.to_string_lossy();
    kinds
        .into_iter()
        .find(|(prefix, _)| text.starts_with(prefix))
        .map(|(_, what)| what)
}
