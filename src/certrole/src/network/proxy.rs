//! Proxies, by CONNECT only, so that TLS reaches from here to the broker (threat C8).

use hyper_util::client::proxy::matcher::Matcher;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Endpoint;
use crate::settings::Environment;
use crate::trouble::Trouble;

/// No proxy's answer to CONNECT is longer.
const LONGEST_ANSWER: usize = 8 << 10;

/// The proxy between here and the broker.
#[derive(Debug)]
pub(crate) struct Proxy {
    host: String,
    port: u16,
    /// `Proxy-Authorization`, a secret.
    authorization: Option<String>,
}

impl Proxy {
    /// The proxy that the environment wants for this broker. This machine itself is never reached by one.
    pub(crate) fn choose(environment: &Environment, endpoint: &Endpoint) -> Result<Option<Self>, Trouble> {
        let Some(url) = environment.proxy.as_deref().filter(|_| !endpoint.is_loopback()) else {
            return Ok(None);
        };
        let exceptions = exceptions(
            environment.no_proxy.as_deref().unwrap_or_default(),
            endpoint.port(),
        );
        let matcher = Matcher::builder().https(url.to_owned()).no(exceptions).build();
        let unreadable = || Trouble::Proxy {
            proxy: "of the environment".into(),
            problem: "is no URL; write HTTPS_PROXY=http://HOST:PORT".into(),
        };
        let destination: hyper::Uri = endpoint.to_string().parse().map_err(|_| unreadable())?;
        let Some(intercept) = matcher.intercept(&destination) else {
            // The matcher passes over a proxy that it cannot read; going round it is nobody's wish.
            let bare = Matcher::builder().https(url.to_owned()).build();
            return if bare.intercept(&destination).is_some() {
                Ok(None)
            } else {
                Err(unreadable())
            };
        };
        let uri = intercept.uri();
        let host = uri
            .host()
            .ok_or_else(unreadable)?
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        if uri.scheme_str() != Some("http") {
            return Err(Trouble::Proxy {
                proxy: host,
                problem: "is not spoken to by plain http://; TLS goes through it all the same".into(),
            });
        }
        let authorization = intercept
            .basic_auth()
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        Ok(Some(Self {
            host,
            port: uri.port_u16().unwrap_or(80),
            authorization,
        }))
    }

    /// What it is called in messages; never with its password.
    pub(crate) fn shown(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// A connection through the proxy to the broker.
    pub(crate) async fn connect(&self, endpoint: &Endpoint) -> Result<TcpStream, Trouble> {
        let trouble = |problem: String| Trouble::Proxy {
            proxy: self.shown(),
            problem,
        };
        let unreached = |error: std::io::Error| Trouble::ProxyUnreached {
            proxy: self.shown(),
            problem: error.to_string(),
        };
        let mut stream = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(unreached)?;
        let to = endpoint.authority();
        let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
        if let Some(authorization) = &self.authorization {
            request.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).await.map_err(unreached)?;

        // Byte by byte: what follows the head belongs to TLS.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= LONGEST_ANSWER {
                return Err(trouble("answers without end".into()));
            }
            head.push(stream.read_u8().await.map_err(unreached)?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let line = head.lines().next().unwrap_or_default();
        let mut words = line.split(' ');
        match (words.next(), words.next()) {
            (Some("HTTP/1.1" | "HTTP/1.0"), Some(status)) if status.len() == 3 && status.starts_with('2') => {
                Ok(stream)
            }
            _ => Err(trouble(format!(
                "does not let us through to {to}: {}",
                line.chars().take(100).collect::<String>()
            ))),
        }
    }
}

/// `NO_PROXY` as the matcher reads it: an entry with a port counts for that port only.
fn exceptions(list: &str, port: u16) -> String {
    let plain = |entry: &str| -> Option<String> {
        let entry = entry.trim();
        match entry.rsplit_once(':') {
            Some((host, digits)) if !host.contains(':') || host.ends_with(']') => match digits.parse::<u16>()
            {
                Ok(given) if given == port => {
                    Some(host.trim_start_matches('[').trim_end_matches(']').to_owned())
                }
                Ok(_) => None,
                Err(_) => Some(entry.to_owned()),
            },
            _ => Some(entry.to_owned()),
        }
    };
    list.split(',').filter_map(plain).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn chosen(proxy: &str, no_proxy: &str, endpoint: &str) -> Option<String> {
        let mut environment = Environment::default();
        environment.proxy = Some(proxy.into());
        environment.no_proxy = Some(no_proxy.into());
        let endpoint = Endpoint::parse("--endpoint", endpoint).unwrap();
        Proxy::choose(&environment, &endpoint)
            .unwrap()
            .map(|proxy| proxy.shown())
    }

    #[test]
    fn the_environment_chooses_the_proxy() {
        let broker = "https://a.corp.example:8443";
        let proxy = "http://user:pw@proxy:3128";
        for (no_proxy, endpoint, through) in [
            ("", broker, true),
            ("other.example", broker, true),
            (".corp.example", broker, false),
            ("corp.example:8443", broker, false),
            ("corp.example:443", broker, true),
            ("*", broker, false),
            ("10.0.0.0/8", "https://10.1.2.3", false),
            ("10.0.0.0/8", "https://11.1.2.3", true),
            ("[fd00::5]:443", "https://[fd00::5]", false),
            ("", "https://localhost:8443", false),
            ("", "https://127.0.0.1:8443", false),
            ("", "https://[::1]:8443", false),
        ] {
            let expected = through.then(|| "proxy:3128".to_owned());
            assert_eq!(
                chosen(proxy, no_proxy, endpoint),
                expected,
                "{no_proxy} {endpoint}"
            );
        }
    }

    #[test]
    fn a_proxy_that_is_not_understood_is_not_gone_round() {
        for proxy in ["socks5://proxy:1080", "https://proxy:443", "http://", "::"] {
            let mut environment = Environment::default();
            environment.proxy = Some(proxy.into());
            let endpoint = Endpoint::parse("--endpoint", "https://broker.example").unwrap();
            assert!(Proxy::choose(&environment, &endpoint).is_err(), "{proxy}");
        }
    }
}
