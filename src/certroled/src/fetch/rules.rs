//! Where certroled may go by itself, and how long it may take.
//!
//! What lives here: the two lists, of hosts and of addresses, and the limits. What does not: reading the configuration;
//! each entry reads itself, so that its mistake can be told with its line.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use super::location::{Host, read_host};
use super::ranges::{AllowedRange, Forbidden, judge};

/// Where certroled may go by itself. The default is nowhere.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) hosts: Vec<HostPattern>,
    pub(crate) addresses: Vec<AllowedRange>,
    /// How long one address may take to accept a connection.
    pub(crate) connect: Duration,
    /// How long a whole fetch may take, from looking the name up to the last byte; waiting for its turn apart.
    pub(crate) whole: Duration,
    /// How many fetches may run at once, all hosts together.
    pub(crate) at_once: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            addresses: Vec::new(),
            connect: Duration::from_secs(5),
            whole: Duration::from_secs(30),
            at_once: 8,
        }
    }
}

impl Rules {
    /// Whether a host is on the list. Its addresses are judged apart, an address in a URL's host too.
    pub(crate) fn allow_host(&self, host: &Host) -> bool {
        self.hosts.iter().any(|pattern| pattern.matches(host))
    }

    /// Whether certroled may go to an address of a host that is on the list.
    pub(crate) fn allow_address(&self, address: IpAddr) -> Result<(), Forbidden> {
        judge(address, &self.addresses)
    }
}

/// An entry of `allowed_hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HostPattern {
    /// This host and no other: a name, or an address that a URL names as its host.
    Exactly(Host),
    /// Every name below this one, at any depth, and not the name itself.
    Below(String),
}

impl HostPattern {
    fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Exactly(one), host) => one == host,
            (Self::Below(suffix), Host::Name(name)) => name
                .strip_suffix(suffix.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|label| !label.is_empty()),
            (Self::Below(_), Host::Address(_)) => false,
        }
    }
}

impl FromStr for HostPattern {
    type Err = RuleError;

    /// Reads an entry of `allowed_hosts`: a name, an address, or `*.` and a name.
    fn from_str(text: &str) -> Result<Self, RuleError> {
        let refuse = |problem: String| RuleError::new("allowed_hosts", text, problem);
        if text.contains('/') {
            return Err(refuse(
                "it is a URL or a range; name the host alone, as in `crl.example.com` or `*.example.com`"
                    .into(),
            ));
        }
        if let Some(suffix) = text.strip_prefix("*.") {
            return match read_host(suffix) {
                Ok(Host::Name(name)) => Ok(Self::Below(name)),
                Ok(Host::Address(_)) => Err(refuse("an address has nothing below it".into())),
                Err(problem) => Err(refuse(problem)),
            };
        }
        if text.contains('*') {
            return Err(refuse(
                "a `*` may only stand for everything below a name, as in `*.example.com`".into(),
            ));
        }
        // In a list of hosts nothing follows an address, so its brackets may be left out.
        match text.parse() {
            Ok(IpAddr::V6(address)) => Ok(Self::Exactly(Host::Address(address.into()))),
            _ => read_host(text).map(Self::Exactly).map_err(refuse),
        }
    }
}

/// An entry of one of the lists cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` in `{list}` cannot be used: {problem}")]
pub(crate) struct RuleError {
    list: &'static str,
    entry: String,
    problem: String,
}

impl RuleError {
    pub(super) fn new(list: &'static str, entry: &str, problem: String) -> Self {
        Self {
            list,
            entry: entry.escape_debug().take(100).collect(),
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(entries: &[&str], host: &str) -> bool {
        let rules = Rules {
            hosts: entries.iter().map(|entry| entry.parse().unwrap()).collect(),
            ..Rules::default()
        };
        rules.allow_host(&read_host(host).unwrap())
    }

    #[test]
    fn a_host_is_allowed_by_its_name_or_by_what_it_lies_below() {
        for (entry, host, expected) in [
            ("crl.example.com", "crl.example.com", true),
            ("CRL.Example.com", "crl.EXAMPLE.com", true),
            ("crl.example.com", "x.crl.example.com", false),
            ("crl.example.com", "example.com", false),
            ("crl.example.com", "crl.example.com.evil.net", false),
            ("*.example.com", "crl.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "evilexample.com", false),
            ("*.example.com", "crl.example.com.evil.net", false),
            ("*.corp", "pki.corp", true),
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.10", false),
            ("::1", "[::1]", true),
            ("[::1]", "[0:0::1]", true),
            ("localhost", "127.0.0.1", false),
            // An address is named as it is written: in no other clothes.
            ("127.0.0.1", "[::ffff:127.0.0.1]", false),
        ] {
            assert_eq!(allows(&[entry], host), expected, "{entry} for {host}");
        }
        assert!(!allows(&[], "crl.example.com"), "the default is nowhere");
    }

    #[test]
    fn an_entry_is_a_host_and_nothing_else() {
        for (entry, told) in [
            ("*", "may only stand"),
            ("crl.*.com", "may only stand"),
            ("*example.com", "may only stand"),
            ("*.", "host"),
            ("*.*.example.com", "host"),
            ("*.10.0.0.1", "nothing below"),
            ("http://crl.example.com", "name the host alone"),
            ("10.0.0.0/8", "name the host alone"),
            ("crl.example.com:80", "host"),
            ("crl.example.com.", "host"),
            ("crl example.com", "host"),
            ("crl.exämple.com", "ASCII"),
            ("", "host"),
        ] {
            let error = entry.parse::<HostPattern>().unwrap_err().to_string();
            assert!(
                error.contains(told) && error.contains("allowed_hosts"),
                "{entry}: {error}"
            );
        }
    }
}
