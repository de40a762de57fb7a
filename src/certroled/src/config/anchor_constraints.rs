//! `[trust_anchor.NAME.constraints]`: what an operator demands of certificates beside what their CA says.

use pki::{AnchorConstraints, AnchorKind, KeyRule};
use x509::{ExtendedKeyUsage, NameConstraints, NotASubtree, Subtree};

use super::directory_names;
use super::section::{Placed, Section};
use crate::fetch::Cidr;

/// A hundred years: whatever is longer is a slip of the pen.
const LONGEST: u64 = 3_153_600_000;
const KEYS: &str = "keys are \"rsa-2048\" (or another least number of bits up to 8192), \"p256\", \"p384\", \"p521\", \
                    \"ed25519\", \"ml-dsa-44\", \"ml-dsa-65\" and \"ml-dsa-87\"";

/// The keys of one kind of name: what is permitted, what is excluded.
struct Kind {
    permitted: &'static str,
    excluded: &'static str,
    read: fn(&str) -> Result<Subtree, String>,
    remedy: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        permitted: "permitted_dns",
        excluded: "excluded_dns",
        read: |text| told(Subtree::dns(text)),
        remedy: "write a domain, which stands for itself and all below it: \"example.com\"",
    },
    Kind {
        permitted: "permitted_uri",
        excluded: "excluded_uri",
        read: |text| told(Subtree::uri(text)),
        remedy: "write the URI's host alone: \"id.example.com\", or \".example.com\" for all hosts below it",
    },
    Kind {
        permitted: "permitted_email",
        excluded: "excluded_email",
        read: |text| told(Subtree::email(text)),
        remedy: "write a mailbox, a host, or \".example.com\" for all hosts below it",
    },
    Kind {
        permitted: "permitted_ip",
        excluded: "excluded_ip",
        read: network,
        remedy: "write a network: \"10.1.0.0/16\", \"fd12::/48\"",
    },
];

/// Reads the table; nothing is demanded where there is none.
pub(super) fn read(section: Option<Section<'_, '_>>, kind: AnchorKind) -> AnchorConstraints {
    let Some(mut section) = section else {
        return AnchorConstraints::default();
    };
    let names = names(&mut section);
    let extended_key_usages = each(&mut section, "extended_key_usage", |text| {
        let remedy = "write a name such as \"clientAuth\", or the dotted number";
        ExtendedKeyUsage::purpose(text).ok_or(("is no extended key usage".to_owned(), remedy))
    });
    let keys = each(&mut section, "keys", |text| {
        key_rule(text).ok_or(("is no kind of key".to_owned(), KEYS))
    });
    let lifetime = section.number("max_leaf_lifetime_seconds", 1..=LONGEST, 0);
    let issuing_cas = each(&mut section, "issuing_ca", |text| {
        let remedy = "write its SHA-256, as `openssl x509 -noout -fingerprint -sha256` prints it";
        fingerprint(text).ok_or(("is no fingerprint of a certificate".to_owned(), remedy))
    });
    if kind == AnchorKind::Pinned && !issuing_cas.is_empty() {
        let what = format!(
            "{} is there, and nobody issues what is pinned",
            section.full("issuing_ca")
        );
        let remedy = "remove it: a pinned certificate is trusted by itself";
        section.source.report(section.line, what, remedy);
    }
    section.close();
    AnchorConstraints {
        names,
        extended_key_usages,
        keys,
        longest_leaf_lifetime: i64::try_from(lifetime).ok().filter(|seconds| *seconds > 0),
        issuing_cas,
    }
}

fn names(section: &mut Section<'_, '_>) -> Option<NameConstraints> {
    let mut names = NameConstraints::default();
    for kind in &KINDS {
        for (key, into) in [
            (kind.permitted, &mut names.permitted),
            (kind.excluded, &mut names.excluded),
        ] {
            into.extend(each(section, key, |text| {
                (kind.read)(text).map_err(|error| (error, kind.remedy))
            }));
        }
    }
    for (key, into) in [
        ("permitted_directory", &mut names.permitted),
        ("excluded_directory", &mut names.excluded),
    ] {
        let read = directory_names::read(section, key);
        into.extend(read.into_iter().map(Subtree::Directory));
    }
    (names != NameConstraints::default()).then_some(names)
}

/// The texts under a key, each read; what cannot be read is reported with its line.
fn each<T>(
    section: &mut Section<'_, '_>,
    key: &'static str,
    read: impl Fn(&str) -> Result<T, (String, &'static str)>,
) -> Vec<T> {
    let Some(texts) = section.texts(key) else {
        return Vec::new();
    };
    if texts.is_empty() {
        empty(section, key);
    }
    let mut values = Vec::new();
    for Placed { value: text, line } in texts {
        match read(&text) {
            Ok(value) => values.push(value),
            Err((error, remedy)) => {
                let what = format!("`{text}` in {}: {error}", section.full(key));
                section.source.report(line, what, remedy);
            }
        }
    }
    values
}

/// An empty list could be meant as "none" as well as "any".
pub(super) fn empty(section: &Section<'_, '_>, key: &str) {
    let what = format!("{} is empty", section.full(key));
    let remedy = "remove it: an empty list demands nothing; to let no name of a kind in, exclude all of them \
                  (excluded_dns = [\"\"])";
    section.source.report(section.line, what, remedy);
}

fn told(read: Result<Subtree, NotASubtree>) -> Result<Subtree, String> {
    read.map_err(|error| error.to_string())
}

fn network(text: &str) -> Result<Subtree, String> {
    let (network, prefix) = text.parse::<Cidr>()?.parts();
    let prefix = u8::try_from(prefix).map_err(|error| error.to_string())?;
    told(Subtree::ip(network, prefix))
}

fn key_rule(text: &str) -> Option<KeyRule> {
    Some(match text {
        "p256" => KeyRule::P256,
        "p384" => KeyRule::P384,
        "p521" => KeyRule::P521,
        "ed25519" => KeyRule::Ed25519,
        "ml-dsa-44" => KeyRule::MlDsa(44),
        "ml-dsa-65" => KeyRule::MlDsa(65),
        "ml-dsa-87" => KeyRule::MlDsa(87),
        other => {
            let bits = other.strip_prefix("rsa-")?;
            let at_least = bits.parse().ok().filter(|bits| (2048..=8192).contains(bits))?;
            KeyRule::Rsa { at_least }
        }
    })
}

fn fingerprint(text: &str) -> Option<[u8; 32]> {
    hex::decode(text.replace(':', "")).ok()?.try_into().ok()
}
