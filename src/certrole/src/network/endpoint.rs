//! Where the broker is.

use std::fmt;

use rustls_pki_types::ServerName;
use wire::{Partition, Region};

use crate::trouble::Trouble;

/// A broker's address: HTTPS always, a name and a port.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    /// The name or address, an IPv6 one without brackets.
    host: String,
    port: u16,
    name: ServerName<'static>,
}

impl Endpoint {
    /// Reads `https://HOST[:PORT]`. `setting` is what the text came from.
    pub(crate) fn parse(setting: &str, url: &str) -> Result<Self, Trouble> {
        let refuse = |problem: String| Trouble::Setting {
            name: setting.to_owned(),
            problem,
        };
        let uri: hyper::Uri = url
            .parse()
            .map_err(|_| refuse(format!("`{url}` is no URL; write https://HOST[:PORT]")))?;
        if uri.scheme_str() != Some("https") {
            return Err(refuse(format!(
                "`{url}` does not begin with https://, and nothing else is spoken"
            )));
        }
        let authority = uri
            .authority()
            .ok_or_else(|| refuse(format!("`{url}` names no host")))?;
        if authority.as_str().contains('@') {
            return Err(refuse(
                "it holds a user name; the certificate says who you are".into(),
            ));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(refuse(format!(
                "`{url}` has a path; write https://HOST[:PORT] only"
            )));
        }
        // The library gives no port for one that is out of range, and none for none.
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => 443,
            after => after
                .and_then(|after| after.strip_prefix(':')?.parse().ok())
                .filter(|port| *port != 0)
                .ok_or_else(|| refuse(format!("`{url}` has no port from 1 to 65535 after the `:`")))?,
        };
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_ascii_lowercase();
        let name = ServerName::try_from(host.clone())
            .map_err(|_| refuse(format!("`{host}` is no host name that a certificate could bear")))?;
        Ok(Self { host, port, name })
    }

    /// AWS's own service, which `certrole` speaks to as well as to `certroled`.
    pub(crate) fn of_region(partition: &Partition, region: &Region) -> Result<Self, Trouble> {
        let domain = match partition.as_str() {
            "aws-cn" => "amazonaws.com.cn",
            _ => "amazonaws.com",
        };
        Self::parse(
            "--region",
            &format!("https://rolesanywhere.{}.{domain}", region.as_str()),
        )
    }

    /// The name or address alone.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What its certificate must be for.
    pub(crate) fn name(&self) -> ServerName<'static> {
        self.name.clone()
    }

    /// `HOST:PORT`, as CONNECT wants it.
    pub(crate) fn authority(&self) -> String {
        let host = self.bracketed();
        format!("{host}:{}", self.port)
    }

    /// The `Host` header, which is signed: the port only where it is not HTTPS's own.
    pub(crate) fn host_header(&self) -> String {
        if self.port == 443 {
            self.bracketed()
        } else {
            self.authority()
        }
    }

    fn bracketed(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let address = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://{}", self.host_header())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn endpoints_are_https_a_host_and_a_port() {
        for (url, header, authority) in [
            ("https://broker.example", "broker.example", "broker.example:443"),
            (
                "https://Broker.Example:443/",
                "broker.example",
                "broker.example:443",
            ),
            (
                "https://broker.example:8443",
                "broker.example:8443",
                "broker.example:8443",
            ),
            ("https://[::1]:8443", "[::1]:8443", "[::1]:8443"),
            ("https://10.0.0.1", "10.0.0.1", "10.0.0.1:443"),
        ] {
            let endpoint = Endpoint::parse("--endpoint", url).unwrap();
            assert_eq!(
                (endpoint.host_header().as_str(), endpoint.authority().as_str()),
                (header, authority)
            );
        }
        for url in [
            "broker.example",
            "http://broker.example",
            "https://user:secret@broker.example",
            "https://broker.example/path",
            "https://broker.example?x=1",
            "https://broker.example:0",
            "https://broker.example:99999",
            "https://",
            "",
        ] {
            let error = Endpoint::parse("--endpoint", url).unwrap_err().to_string();
            assert!(
                error.contains("--endpoint") && !error.contains("user:secret"),
                "{error}"
            );
        }
    }
}
