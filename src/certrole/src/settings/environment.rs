//! The environment: the one place that reads it, once.

use std::path::PathBuf;

use crate::trouble::Trouble;

/// The variables that count, as they were at the start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    service_endpoint: Option<String>,
    endpoint: Option<String>,
    aws_ca_bundle: Option<String>,
    ssl_cert_file: Option<String>,
    max_attempts: Option<String>,
    config_home: Option<String>,
    home: Option<String>,
    /// `HTTPS_PROXY`, `https_proxy`, `ALL_PROXY` or `all_proxy`, the first that is set.
    pub(crate) proxy: Option<String>,
    /// `NO_PROXY` or `no_proxy`.
    pub(crate) no_proxy: Option<String>,
}

impl Environment {
    /// Reads the variables. An empty one counts as unset.
    pub(crate) fn read() -> Self {
        let get = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            service_endpoint: get("AWS_ENDPOINT_URL_ROLESANYWHERE"),
            endpoint: get("AWS_ENDPOINT_URL"),
            aws_ca_bundle: get("AWS_CA_BUNDLE"),
            ssl_cert_file: get("SSL_CERT_FILE"),
            max_attempts: get("AWS_MAX_ATTEMPTS"),
            config_home: get("XDG_CONFIG_HOME"),
            home: get("HOME"),
            proxy: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
                .into_iter()
                .find_map(get),
            no_proxy: ["NO_PROXY", "no_proxy"].into_iter().find_map(get),
        }
    }

    /// The broker, and the variable that names it.
    pub(super) fn endpoint(&self) -> Option<(&'static str, &str)> {
        let service = self
            .service_endpoint
            .as_deref()
            .map(|url| ("AWS_ENDPOINT_URL_ROLESANYWHERE", url));
        service.or_else(|| self.endpoint.as_deref().map(|url| ("AWS_ENDPOINT_URL", url)))
    }

    pub(super) fn ca_bundle(&self) -> Option<PathBuf> {
        self.aws_ca_bundle
            .as_ref()
            .or(self.ssl_cert_file.as_ref())
            .map(PathBuf::from)
    }

    pub(super) fn attempts(&self) -> Result<u32, Trouble> {
        match &self.max_attempts {
            None => Ok(3),
            Some(text) => match text.parse() {
                Ok(attempts @ 1..=10) => Ok(attempts),
                _ => Err(Trouble::Setting {
                    name: "AWS_MAX_ATTEMPTS".into(),
                    problem: "it is not a number from 1 to 10".into(),
                }),
            },
        }
    }

    /// Where a configuration file is looked for; only absolute paths (threat C13).
    pub(super) fn configuration_files(&self) -> Vec<PathBuf> {
        let mut files = vec![PathBuf::from("/etc/certrole/client.toml")];
        let own = match (&self.config_home, &self.home) {
            (Some(folder), _) => Some(PathBuf::from(folder)),
            (None, Some(home)) => Some(PathBuf::from(home).join(".config")),
            (None, None) => None,
        };
        files.extend(
            own.filter(|folder| folder.is_absolute())
                .map(|folder| folder.join("certrole/client.toml")),
        );
        files
    }
}
