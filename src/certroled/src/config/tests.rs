//! The tables about trust: what they become, and every mistake with its line and its remedy.

#![allow(clippy::unwrap_used)]
use std::cell::RefCell;
use std::path::Path;

use pki::{AnchorKind, KeyRule, Mode};
use toml::de::DeTable;

use super::problem::Problem;
use super::section::{Section, Source};
use super::{anchor_constraints, anchor_revocation, fetching};

/// Reads a text as the top of a file, and gives back what was made of it with what is wrong.
fn reading<T>(text: &str, read: impl FnOnce(&mut Section<'_, '_>) -> T) -> (T, Vec<Problem>) {
    let problems = RefCell::new(Vec::new());
    let source = Source {
        file: Path::new("certrole.toml"),
        text,
        problems: &problems,
    };
    let table = DeTable::parse(text).unwrap();
    let mut top = Section::new(&source, String::new(), 1, table.get_ref());
    let made = read(&mut top);
    top.close();
    (made, problems.into_inner())
}

/// The mistakes of a text, each on the line that holds `# N` with N its place in the list, in any order.
fn told<T>(text: &str, wanted: &[(&str, &str)], read: impl FnOnce(&mut Section<'_, '_>) -> T) {
    let (_, problems) = reading(text, read);
    for (what, remedy) in wanted {
        assert!(
            problems.iter().any(|problem| {
                let line = text
                    .lines()
                    .nth(problem.line.saturating_sub(1))
                    .unwrap_or_default();
                // The line names what is wrong, or the table where something is missing.
                problem.what.contains(what)
                    && problem.remedy.contains(remedy)
                    && (line.starts_with('[')
                        || problem.what.contains(line.split(' ').next().unwrap_or_default()))
            }),
            "{what}, {remedy}: {problems:#?}"
        );
    }
    assert_eq!(problems.len(), wanted.len(), "{problems:#?}");
}

fn constraints(top: &mut Section<'_, '_>) -> pki::AnchorConstraints {
    anchor_constraints::read(top.section("constraints"), AnchorKind::Ca)
}

#[test]
fn constraints_become_what_the_path_is_judged_by() {
    let text = r#"
[constraints]
permitted_dns = ["Example.com"]
permitted_uri = [".id.example.com"]
permitted_email = ["me@example.com"]
permitted_ip = ["10.1.0.0/16", "fd12::/48"]
permitted_directory = [[{ C = "CH" }, { O = "Acme, Ltd" }], [{ "2.5.4.10" = "Other", OU = "x" }]]
excluded_dns = [""]
extended_key_usage = ["clientAuth", "1.3.6.1.4.1.311.20.2.2"]
keys = ["rsa-3072", "p256", "ed25519", "ml-dsa-65"]
max_leaf_lifetime_seconds = 7776000
issuing_ca = ["AB:ababababababababababababababababababababababababababababababab"]
"#;
    let (made, problems) = reading(text, constraints);
    assert_eq!(problems, []);
    let names = made.names.unwrap();
    let shown = |subtrees: &[x509::Subtree]| subtrees.iter().map(x509::Subtree::display).collect::<Vec<_>>();
    assert_eq!(
        shown(&names.permitted),
        [
            "DNS:example.com",
            "URI:.id.example.com",
            "email:me@example.com",
            "IP:10.1.0.0/16",
            "IP:fd12::/48",
            "DirName:C=CH,O=Acme\\, Ltd",
            "DirName:OU=x+O=Other",
        ]
    );
    assert_eq!(shown(&names.excluded), ["DNS:"]);
    assert_eq!(
        made.extended_key_usages,
        ["1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2"]
    );
    let keys = [
        KeyRule::Rsa { at_least: 3072 },
        KeyRule::P256,
        KeyRule::Ed25519,
        KeyRule::MlDsa(65),
    ];
    assert_eq!(made.keys, keys);
    assert_eq!(made.longest_leaf_lifetime, Some(7_776_000));
    assert_eq!(made.issuing_cas, [[0xab; 32]]);
    // Without the table nothing is demanded.
    assert_eq!(reading("", constraints).0, pki::AnchorConstraints::default());
}

#[test]
fn a_constraint_that_cannot_be_kept_is_told_with_its_line() {
    let text = r#"[constraints]
permitted_dns = ["*.example.com"]
permitted_uri = ["https://example.com/"]
permitted_email = ["@example.com"]
permitted_ip = ["10.1.2.3/16"]
permitted_directory = ["O=Acme"]
excluded_directory = [[{ Organisation = "Acme" }]]
excluded_ip = []
extended_key_usage = ["clientauth"]
keys = ["rsa-1024"]
max_leaf_lifetime_seconds = 0
issuing_ca = ["abcd"]
max_leaf_lifetime = "90d"
"#;
    let wanted = [
        ("*.example.com", "write a domain"),
        ("https://example.com/", "host alone"),
        ("@example.com", "mailbox"),
        ("10.1.2.3/16", "write a network"),
        ("permitted_directory", "[[{ O = \"Acme\" }"),
        ("`Organisation` is no attribute type", "[[{ O = \"Acme\" }"),
        ("excluded_ip` of [constraints] is empty", "remove it"),
        ("clientauth", "clientAuth"),
        ("rsa-1024", "rsa-2048"),
        ("max_leaf_lifetime_seconds", "from 1 to"),
        ("abcd", "openssl x509"),
        ("`max_leaf_lifetime` of", "max_leaf_lifetime_seconds"),
    ];
    told(text, &wanted, constraints);
    told(
        &format!("[constraints]\nissuing_ca = [\"{}\"]\n", "ab".repeat(32)),
        &[("nobody issues what is pinned", "remove it")],
        |top| anchor_constraints::read(top.section("constraints"), AnchorKind::Pinned),
    );
}

fn revocation(top: &mut Section<'_, '_>) -> (pki::RevocationPolicy, super::Locations) {
    let fetching = fetching::read(top.section("fetching"));
    anchor_revocation::read(top.section("revocation"), AnchorKind::Ca, fetching.as_ref())
}

#[test]
fn a_policy_about_revocation_and_where_evidence_is_fetched() {
    let text = r#"
[fetching]
fetch = true
allowed_hosts = ["*.example.com", "10.0.0.9"]
allowed_addresses = ["10.0.0.0/24"]
fetch_seconds = 20
list_bytes = 1048576

[revocation]
mode = "require"
sources = ["ocsp", "crl"]
max_staleness_seconds = 3600
crl_urls = ["http://CRL.example.com/a.crl", "http://10.0.0.9:8080/b.crl"]
ocsp_url = "http://ocsp.example.com/"
"#;
    let ((policy, locations), problems) = reading(text, revocation);
    assert_eq!(problems, []);
    assert_eq!(
        policy,
        pki::RevocationPolicy {
            mode: Mode::Require,
            sources: vec![pki::Source::Ocsp, pki::Source::Crl],
            max_staleness: 3600,
        }
    );
    let shown: Vec<String> = locations
        .crls
        .iter()
        .chain(&locations.ocsp)
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        shown,
        [
            "http://crl.example.com/a.crl",
            "http://10.0.0.9:8080/b.crl",
            "http://ocsp.example.com/"
        ]
    );
    let (fetching, problems) = reading(text.split("[revocation]").next().unwrap(), |top| {
        fetching::read(top.section("fetching")).unwrap()
    });
    assert_eq!(problems, []);
    assert_eq!(fetching.rules.whole.as_secs(), 20);
    assert_eq!((fetching.list_bytes, fetching.answer_bytes), (1 << 20, 64 << 10));
    // Nothing is fetched unless it is asked for, and the default policy is the validator's.
    let (policy, locations) = reading("", revocation).0;
    assert_eq!(policy, pki::RevocationPolicy::default());
    assert!(locations.is_empty());
    assert!(
        reading("[fetching]\nfetch = false\n", |top| fetching::read(
            top.section("fetching")
        ))
        .0
        .is_none()
    );
}

/// Threats P20, G5: a place that may not be gone to is a mistake when it is loaded, and not a silence later.
#[test]
fn what_would_never_be_asked_or_fetched_is_a_mistake() {
    let rules = "[fetching]\nfetch = true\nallowed_hosts = [\"crl.example.com\", \"169.254.169.254\"]\n";
    for (text, wanted) in [
        (
            "[revocation]\nmode = \"maybe\"\n".to_owned(),
            [("`mode` of [revocation] is \"maybe\"", "\"prefer\"")],
        ),
        (
            "[revocation]\nsources = [\"crl\", \"ldap\"]\n".to_owned(),
            [("`sources` of [revocation] holds \"ldap\"", "\"ocsp\"")],
        ),
        (
            "[revocation]\nsources = [\"crl\", \"crl\"]\n".to_owned(),
            [("`sources` of [revocation] holds \"crl\" twice", "once")],
        ),
        (
            "[revocation]\nsources = []\n".to_owned(),
            [("`sources` of [revocation] is empty", "mode = \"off\"")],
        ),
        (
            "[revocation]\nmax_staleness_seconds = 2592001\n".to_owned(),
            [("max_staleness_seconds", "from 0 to 2592000")],
        ),
        (
            "[revocation]\ncrl_urls = [\"http://crl.example.com/\"]\n".to_owned(),
            [("crl_urls", "fetch = true")],
        ),
        (
            format!("{rules}[revocation]\ncrl_urls = [\"http://other.example.com/\"]\n"),
            [("crl_urls", "add \"other.example.com\"")],
        ),
        (
            format!("{rules}[revocation]\nocsp_url = \"http://169.254.169.254/\"\n"),
            [("ocsp_url", "allowed_addresses")],
        ),
        (
            format!("{rules}[revocation]\ncrl_urls = [\"https://crl.example.com/\"]\n"),
            [("crl_urls` of [revocation]: `https://crl.example.com/`", "http://")],
        ),
        (
            format!("{rules}[revocation]\nmode = \"off\"\ncrl_urls = [\"http://crl.example.com/\"]\n"),
            [("its source is not looked at", "remove it")],
        ),
        (
            format!("{rules}[revocation]\nsources = [\"crl\"]\nocsp_url = \"http://crl.example.com/\"\n"),
            [("its source is not looked at", "remove it")],
        ),
        (
            "[fetching]\nfetch = true\n".to_owned(),
            [("names no host", "allowed_hosts")],
        ),
        (
            "[fetching]\nallowed_hosts = [\"http://x/\"]\n".to_owned(),
            [("`allowed_hosts`", "write a host")],
        ),
        (
            "[fetching]\nallowed_addresses = [\"8.8.8.8\"]\n".to_owned(),
            [("`allowed_addresses`", "not public")],
        ),
    ] {
        told(&text, &wanted, revocation);
    }
    told(
        "[revocation]\nmode = \"require\"\n",
        &[("nobody issues what is pinned", "remove the table")],
        |top| anchor_revocation::read(top.section("revocation"), AnchorKind::Pinned, None),
    );
}
