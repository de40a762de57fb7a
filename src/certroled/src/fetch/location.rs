//! Where something is fetched: an http URL, read once and strictly.
//!
//! What lives here: the parts of a URL that a fetch needs. What is judged, what is looked up and what is sent are these
//! parts; the text that they came from is gone, so that no second reader can see another host in it (threat G5).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The longest URL. Nothing sets a bound; this is what everybody can handle (RFC 9110, 4.1, recommends 8000 for servers,
/// and no known certificate comes near a quarter of that).
const LONGEST: usize = 2048;
/// The longest host name, without its last dot (RFC 1035, 3.1).
const LONGEST_NAME: usize = 253;
/// The longest label of a host name.
const LONGEST_LABEL: usize = 63;

/// A host: a name, or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    /// A DNS name in lower case, without a dot at its end.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// A place to fetch from: `http://HOST[:PORT]/PATH[?QUERY]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Location {
    host: Host,
    port: u16,
    /// Path and query, as they were written.
    target: String,
}

/// A URL is not fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LocationError {
    /// Another scheme than http.
    #[error(
        "`{url}` is not fetched: only http:// is. Revocation lists and OCSP answers are signed themselves, and https \
         would need the trust that they are to establish; the issuer must name an http address, or the list be imported"
    )]
    Scheme {
        /// The URL, shortened.
        url: String,
    },
    /// No URL that certroled reads.
    #[error("`{url}` is not fetched: {problem}")]
    Unreadable {
        /// The URL, shortened.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Location {
    /// The host.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as a request line has them (RFC 9112, 3.2.1).
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// The `Host` header: the port only where it is not HTTP's own.
    pub(crate) fn authority(&self) -> String {
        match self.port {
            80 => self.host.to_string(),
            port => format!("{}:{port}", self.host),
        }
    }
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(url: &str) -> Result<Self, LocationError> {
        let refuse = |problem: String| LocationError::Unreadable {
            url: shortened(url),
            problem,
        };
        if url.len() > LONGEST {
            return Err(refuse(format!("it is longer than {LONGEST} bytes")));
        }
        let (scheme, rest) = url
            .split_once(':')
            .ok_or_else(|| refuse("it is no URL; write http://HOST/PATH".into()))?;
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(LocationError::Scheme { url: shortened(url) });
        }
        let rest = rest
            .strip_prefix("//")
            .ok_or_else(|| refuse("it names no host; write http://HOST/PATH".into()))?;
        let (authority, target) = match rest.find(['/', '?', '#', '\\']) {
            Some(end) => rest.split_at(end),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(refuse(
                "it holds a user name, and certroled tells nobody who it is".into(),
            ));
        }
        let (host, port) = read_authority(authority).map_err(refuse)?;
        Ok(Self {
            host,
            port,
            target: read_target(target).map_err(refuse)?,
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}{}", self.authority(), self.target)
    }
}

fn read_authority(authority: &str) -> Result<(Host, u16), String> {
    let bracket = authority.starts_with('[').then(|| authority.find(']')).flatten();
    let after_host = match bracket {
        Some(bracket) => bracket.saturating_add(1),
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at(after_host);
    let port = match port {
        "" => 80,
        port => port
            .strip_prefix(':')
            .filter(|digits| !digits.starts_with(['0', '+']))
            .and_then(|digits| digits.parse().ok())
            .ok_or("what follows the host must be `:` and a port from 1 to 65535")?,
    };
    Ok((read_host(host)?, port))
}

/// Reads a host, an IPv6 address in brackets.
pub(super) fn read_host(text: &str) -> Result<Host, String> {
    if !text.is_ascii() {
        return Err("the host must be ASCII; write an international name in its xn-- form".into());
    }
    if let Some(inside) = text.strip_prefix('[') {
        let address: Option<Ipv6Addr> = inside.strip_suffix(']').and_then(|inside| inside.parse().ok());
        return match address {
            Some(address) => Ok(Host::Address(address.into())),
            None => Err("what stands between the host's brackets is no IPv6 address".into()),
        };
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(Host::Address(address.into()));
    }
    let labels_fit = text.split('.').all(|label| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    });
    if text.len() > LONGEST_NAME || !labels_fit {
        return Err("the host is neither a DNS name nor an address".into());
    }
    // `2130706433`, `0x7f.1` and `127.1` are addresses to many a resolver.
    let last = text.rsplit('.').next().unwrap_or(text).as_bytes();
    if last.iter().all(u8::is_ascii_digit) || matches!(last, [b'0', b'x' | b'X', ..]) {
        return Err("the host ends in a number and is no address in the usual form, as in 192.0.2.1".into());
    }
    Ok(Host::Name(text.to_ascii_lowercase()))
}

/// Reads what follows the authority: a path and a query of the characters that RFC 3986, 3.3 and 3.4, let in.
fn read_target(target: &str) -> Result<String, String> {
    if target.contains('#') {
        return Err("it has a fragment (`#…`), which no server is ever sent".into());
    }
    let mut bytes = target.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => {
                let mut digit = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
                digit() && digit()
            }
            b'-' | b'.' | b'_' | b'~' | b'/' | b'?' | b':' | b'@' => true,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' => true,
            byte => byte.is_ascii_alphanumeric(),
        };
        if !fits {
            return Err(
                "its path or query holds a character that must be escaped as `%` and two hexadecimal digits"
                    .into(),
            );
        }
    }
    Ok(if target.starts_with('/') {
        target.to_owned()
    } else {
        format!("/{target}")
    })
}

/// A URL as it may be told: it may come from a stranger's certificate.
fn shortened(url: &str) -> String {
    url.escape_debug().take(200).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_location_is_host_port_and_target() {
        for (url, host, port, target, shown) in [
            (
                "http://crl.example.com/ca.crl",
                "crl.example.com",
                80,
                "/ca.crl",
                "http://crl.example.com/ca.crl",
            ),
            (
                "HTTP://CRL.Example.COM/CA.crl",
                "crl.example.com",
                80,
                "/CA.crl",
                "http://crl.example.com/CA.crl",
            ),
            (
                "http://ocsp.example.com",
                "ocsp.example.com",
                80,
                "/",
                "http://ocsp.example.com/",
            ),
            (
                "http://ocsp.example.com:80/",
                "ocsp.example.com",
                80,
                "/",
                "http://ocsp.example.com/",
            ),
            (
                "http://ocsp.example.com:8080?a=/b?c",
                "ocsp.example.com",
                8080,
                "/?a=/b?c",
                "http://ocsp.example.com:8080/?a=/b?c",
            ),
            (
                "http://pki_1.corp//a/../b%20c",
                "pki_1.corp",
                80,
                "//a/../b%20c",
                "http://pki_1.corp//a/../b%20c",
            ),
            (
                "http://10.0.0.1:65535/x",
                "10.0.0.1",
                65535,
                "/x",
                "http://10.0.0.1:65535/x",
            ),
            (
                "http://[FD00:0::1]:81/x",
                "[fd00::1]",
                81,
                "/x",
                "http://[fd00::1]:81/x",
            ),
            (
                "http://a.example/ldap:cn=CA,o=X@y;z(1)",
                "a.example",
                80,
                "/ldap:cn=CA,o=X@y;z(1)",
                "http://a.example/ldap:cn=CA,o=X@y;z(1)",
            ),
        ] {
            let location: Location = url.parse().unwrap();
            assert_eq!(
                (
                    location.host().to_string().as_str(),
                    location.port(),
                    location.target()
                ),
                (host, port, target),
                "{url}"
            );
            assert_eq!(location.to_string(), shown);
        }
    }

    #[test]
    fn only_http_is_fetched_and_the_reason_is_told() {
        for url in [
            "https://crl.example.com/ca.crl",
            "ldap://dc.example.com/cn=CA?certificateRevocationList",
            "ldap:///cn=CA",
            "file:///etc/passwd",
            "gopher://crl.example.com/_x",
            "ftp://crl.example.com/ca.crl",
            "javascript:alert(1)",
            " http://crl.example.com/",
            "httpx://crl.example.com/",
            "://crl.example.com/",
        ] {
            let error = url.parse::<Location>().unwrap_err();
            assert!(matches!(error, LocationError::Scheme { .. }), "{url}: {error}");
            assert!(error.to_string().contains("signed themselves"), "{error}");
        }
    }

    /// What two readers could read in two ways is not read at all.
    #[test]
    fn whatever_is_odd_is_refused() {
        for (url, told) in [
            ("crl.example.com/ca.crl", "no URL"),
            ("", "no URL"),
            ("http:crl.example.com", "names no host"),
            ("http:/crl.example.com", "names no host"),
            ("http://", "neither a DNS name"),
            ("http:///etc/passwd", "neither a DNS name"),
            ("http://user@crl.example.com/", "user name"),
            ("http://user:secret@crl.example.com/", "user name"),
            ("http://crl.example.com@169.254.169.254/", "user name"),
            ("http://crl.example.com\\@10.0.0.1/", "escaped"),
            ("http://crl.example.com\\x", "escaped"),
            ("http://crl.example.com:0/", "port"),
            ("http://crl.example.com:080/", "port"),
            ("http://crl.example.com:/", "port"),
            ("http://crl.example.com:65536/", "port"),
            ("http://crl.example.com:+80/", "port"),
            ("http://crl.example.com:80:80/", "port"),
            ("http://[::1]x/", "port"),
            ("http://2130706433/", "ends in a number"),
            ("http://0x7f000001/", "ends in a number"),
            ("http://0x7f.1/", "ends in a number"),
            ("http://127.1/", "ends in a number"),
            ("http://0177.0.0.1/", "ends in a number"),
            ("http://1.2.3.4.5/", "ends in a number"),
            ("http://127.0.0.1./", "neither a DNS name"),
            ("http://crl.example.com./", "neither a DNS name"),
            ("http://crl..example.com/", "neither a DNS name"),
            ("http://-crl.example.com/", "neither a DNS name"),
            ("http://crl%2eexample.com/", "neither a DNS name"),
            ("http://crl.example.com\0.evil.net/", "neither a DNS name"),
            ("http://crl example.com/", "neither a DNS name"),
            ("http://crl.ex\u{e4}mple.com/", "ASCII"),
            ("http://\u{ff11}27.0.0.1/", "ASCII"),
            ("http://[fe80::1%25eth0]/", "IPv6"),
            ("http://[127.0.0.1]/", "IPv6"),
            ("http://[::1/", "port"),
            ("http://crl.example.com/#x", "fragment"),
            ("http://crl.example.com#@evil.net/", "fragment"),
            ("http://crl.example.com/a b", "escaped"),
            ("http://crl.example.com/a\r\nHost: x", "escaped"),
            ("http://crl.example.com/%2", "escaped"),
            ("http://crl.example.com/%zz", "escaped"),
            ("http://crl.example.com/\u{e4}", "escaped"),
        ] {
            match url.parse::<Location>() {
                Ok(location) => panic!("{url} is read as {location:?}"),
                Err(error) => {
                    assert!(error.to_string().contains(told), "{url}: {error}");
                    assert!(!error.to_string().contains(['\r', '\n', '\0']), "{error:?}");
                }
            }
        }
        let long = format!("http://crl.example.com/{}", "a".repeat(LONGEST));
        let error = long.parse::<Location>().unwrap_err().to_string();
        assert!(error.contains("longer than") && error.len() < 400, "{error}");
    }

    proptest! {
        /// What was read is told in one way, and reads back as itself.
        #[test]
        fn a_location_reads_back(url in "http://[a-z0-9.:\\[\\]-]{1,20}(/[ -~]{0,20})?") {
            if let Ok(location) = url.parse::<Location>() {
                prop_assert_eq!(location.to_string().parse::<Location>(), Ok(location));
            }
        }
    }
}
