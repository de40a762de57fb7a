//! `[trust_anchor.NAME.revocation]`: what an anchor wants to be told about revocation, and where it may be fetched.

use std::sync::Arc;

use pki::{AnchorKind, List, Mode, RevocationPolicy, Source};
use wire::TrustAnchorArn;
use x509::Certificate;

use super::fetching::{Fetching, judge};
use super::section::{Placed, Section};
use crate::fetch::Location;

/// What the configuration knows of revocation for one anchor, beside its policy, which the anchor has itself.
#[derive(Debug, Clone)]
pub(crate) struct AnchorRevocation {
    /// Which anchor.
    pub(crate) anchor: TrustAnchorArn,
    /// The lists of `trust-anchors/NAME.crl`, in order. One may be stale: it counts as the policy says.
    pub(crate) lists: Vec<Arc<List>>,
    /// The certificates beside them: those of their issuers, by custom. Nothing makes them trusted.
    pub(crate) certificates: Vec<Certificate>,
    /// Where more may be fetched.
    pub(crate) locations: Locations,
}

/// Where an anchor's lists and answers are fetched, beside the places that certificates name. The rules allow each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Locations {
    /// Revocation lists.
    pub(crate) crls: Vec<Location>,
    /// The OCSP responder that is asked instead of the one that a certificate names.
    pub(crate) ocsp: Option<Location>,
}

impl Locations {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.crls.is_empty() && self.ocsp.is_none()
    }
}

/// Thirty days: evidence that is older says nothing about today.
const MOST_STALENESS: u64 = 30 * 86_400;

/// Reads the table; without one, the default policy and no location.
pub(super) fn read(
    section: Option<Section<'_, '_>>,
    kind: AnchorKind,
    fetching: Option<&Fetching>,
) -> (RevocationPolicy, Locations) {
    let default = RevocationPolicy::default();
    let Some(mut section) = section else {
        return (default, Locations::default());
    };
    if kind == AnchorKind::Pinned {
        let what = format!("[{}] is there, and nobody issues what is pinned", section.name);
        let remedy = "remove the table: a pinned certificate is trusted until it is taken out of its file";
        section.source.report(section.line, what, remedy);
    }
    let words = [
        ("off", Mode::Off),
        ("prefer", Mode::Prefer),
        ("require", Mode::Require),
    ];
    let mode = section.one_of("mode", &words, default.mode);
    let sources = sources(&mut section).unwrap_or(default.sources);
    let staleness = section.number("max_staleness_seconds", 0..=MOST_STALENESS, 0);
    let crls = section.texts("crl_urls").unwrap_or_default();
    let ocsp = section.text("ocsp_url");
    for (key, is_there, source) in [
        ("crl_urls", !crls.is_empty(), Source::Crl),
        ("ocsp_url", ocsp.is_some(), Source::Ocsp),
    ] {
        if is_there && (mode == Mode::Off || !sources.contains(&source)) {
            let what = format!("{} is there, and its source is not looked at", section.full(key));
            let remedy = "remove it, or add its kind to `sources` with `mode` \"prefer\" or \"require\"";
            section.source.report(section.line, what, remedy);
        }
    }
    let locations = Locations {
        crls: crls
            .iter()
            .filter_map(|url| location(&section, "crl_urls", url, fetching))
            .collect(),
        ocsp: ocsp.and_then(|url| location(&section, "ocsp_url", &url, fetching)),
    };
    section.close();
    let policy = RevocationPolicy {
        mode,
        sources,
        max_staleness: i64::try_from(staleness).unwrap_or(0),
    };
    (policy, locations)
}

fn sources(section: &mut Section<'_, '_>) -> Option<Vec<Source>> {
    let texts = section.texts("sources")?;
    let full = section.full("sources");
    let mut sources = Vec::new();
    for text in &texts {
        let source = match text.value.as_str() {
            "crl" => Source::Crl,
            "ocsp" => Source::Ocsp,
            other => {
                let what = format!("{full} holds \"{other}\"");
                section
                    .source
                    .report(text.line, what, "sources are \"crl\" and \"ocsp\"");
                continue;
            }
        };
        if sources.contains(&source) {
            let what = format!("{full} holds \"{}\" twice", text.value);
            section.source.report(
                text.line,
                what,
                "name each once, in the order in which they are asked",
            );
        } else {
            sources.push(source);
        }
    }
    if texts.is_empty() {
        let remedy = "name at least one, such as sources = [\"crl\"]; or write mode = \"off\"";
        section
            .source
            .report(section.line, format!("{full} is empty"), remedy);
    }
    Some(sources)
}

fn location(
    section: &Section<'_, '_>,
    key: &str,
    url: &Placed<String>,
    fetching: Option<&Fetching>,
) -> Option<Location> {
    match url.value.parse() {
        Ok(value) => {
            let location = Placed {
                value,
                line: url.line,
            };
            if let Err((what, remedy)) = judge(&location, fetching) {
                let what = format!("{}: {what}", section.full(key));
                section.source.report(url.line, what, remedy);
            }
            Some(location.value)
        }
        Err(error) => {
            let what = format!("{}: {error}", section.full(key));
            let remedy = "write an address such as \"http://crl.example.com/ca.crl\"";
            section.source.report(url.line, what, remedy);
            None
        }
    }
}
