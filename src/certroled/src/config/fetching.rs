//! `[revocation]`: whether certroled fetches lists and OCSP answers by itself, and where it may go.

use std::net::IpAddr;
use std::time::Duration;

use super::section::{Placed, Section};
use crate::fetch::{Host, Location, Rules};

/// What may be fetched.
#[derive(Debug, Clone)]
pub(crate) struct Fetching {
    /// Where certroled may go, and how long it may take.
    pub(crate) rules: Rules,
    /// The largest revocation list, in bytes.
    pub(crate) list_bytes: usize,
    /// The largest OCSP answer, in bytes.
    pub(crate) answer_bytes: usize,
}

/// A list of a million entries is some 40 MB.
const LIST_BYTES: u64 = 64 << 20;
/// Signed by ML-DSA-87 with a delegated responder's certificate it is some 15 KB.
const ANSWER_BYTES: u64 = 64 << 10;

/// Reads the table. None: nothing is fetched, which is so unless the table says otherwise.
pub(super) fn read(section: Option<Section<'_, '_>>) -> Option<Fetching> {
    let mut section = section?;
    let fetch = section.flag("fetch", false);
    let default = Rules::default();
    let hosts = entries(
        &mut section,
        "allowed_hosts",
        "write a host, or what it lies below: \"*.example.com\"",
    );
    let addresses = entries(
        &mut section,
        "allowed_addresses",
        "write each range that is not public and may be gone to: \"10.1.0.0/16\"",
    );
    let mut seconds =
        |key, most, default: Duration| Duration::from_secs(section.number(key, 1..=most, default.as_secs()));
    let connect = seconds("connect_seconds", 60, default.connect);
    let whole = seconds("fetch_seconds", 600, default.whole);
    let mut size =
        |key, range, default| usize::try_from(section.number(key, range, default)).unwrap_or(usize::MAX);
    let at_once = size("at_once", 1..=64, u64::try_from(default.at_once).unwrap_or(8));
    let list_bytes = size("list_bytes", 4096..=256 << 20, LIST_BYTES);
    let answer_bytes = size("answer_bytes", 4096..=1 << 20, ANSWER_BYTES);
    if fetch && hosts.is_empty() {
        let remedy =
            "write allowed_hosts = [\"crl.example.com\"], the hosts of your CA's lists and responders";
        section.source.report(
            section.line,
            "[revocation] says `fetch = true` and names no host that may be gone to",
            remedy,
        );
    }
    section.close();
    fetch.then_some(Fetching {
        rules: Rules {
            hosts,
            addresses,
            connect,
            whole,
            at_once,
        },
        list_bytes,
        answer_bytes,
    })
}

fn entries<T>(section: &mut Section<'_, '_>, key: &'static str, remedy: &str) -> Vec<T>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let texts = section.texts(key).unwrap_or_default();
    texts
        .iter()
        .filter_map(|text| match text.value.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                // The error names the list and the entry.
                section
                    .source
                    .report(text.line, format!("[revocation]: {error}"), remedy);
                None
            }
        })
        .collect()
}

/// Whether a place that the configuration names may be gone to; the mistake and its remedy otherwise. What a name's
/// addresses are shows only when it is looked up.
pub(super) fn judge(
    location: &Placed<Location>,
    fetching: Option<&Fetching>,
) -> Result<(), (String, String)> {
    let at = &location.value;
    let Some(Fetching { rules, .. }) = fetching else {
        return Err((
            format!("{at} would be fetched, and nothing is fetched"),
            "write fetch = true and allowed_hosts in [revocation], or remove the address".to_owned(),
        ));
    };
    if !rules.allow_host(at.host()) {
        return Err((
            format!(
                "{at}: `allowed_hosts` of [revocation] does not name {}",
                at.host()
            ),
            format!("add \"{}\" there if certroled may speak to it", at.host()),
        ));
    }
    let Host::Address(address) = at.host() else {
        return Ok(());
    };
    let address: IpAddr = *address;
    rules.allow_address(address).map_err(|forbidden| {
        (
            format!("{at}: {forbidden}"),
            "name another host; or, where the range may be listed, add it to `allowed_addresses` of [revocation]"
                .to_owned(),
        )
    })
}
