//! Name constraints on whole paths: every kind, every certificate below, whoever widens them (threats P6, P7, P24).

#![allow(clippy::unwrap_used)]

mod support;

use rcgen::{CertificateParams, DnType};
use support::bent::Bent;
use support::certificates::{custom, intermediate, leaf, of, root};
use support::der::{COMMON_NAME, element, name, sequence};
use support::questions::{Ask, anchor};

const NAME_CONSTRAINTS: &[u64] = &[2, 5, 29, 30];
const ALTERNATIVE_NAMES: &[u64] = &[2, 5, 29, 17];
const OTHER: u8 = 0xa0;
const MAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const X400: u8 = 0xa3;
const DIRECTORY: u8 = 0xa4;
const EDI: u8 = 0xa5;
const URI: u8 = 0x86;
const IP: u8 = 0x87;
const REGISTERED: u8 = 0x88;

/// A GeneralName: its tag and what is in it.
type General = (u8, Vec<u8>);

fn general(tag: u8, text: &str) -> General {
    (tag, text.as_bytes().to_vec())
}

fn directory(text: &str) -> General {
    (DIRECTORY, name(COMMON_NAME, 0x0c, text.as_bytes()))
}

/// The extension's content: permitted subtrees, then excluded ones.
fn subtrees(permitted: &[General], excluded: &[General]) -> Vec<u8> {
    let list = |tag: u8, bases: &[General]| match bases {
        [] => Vec::new(),
        some => {
            let subtrees = some
                .iter()
                .map(|(tag, base)| sequence(&[&element(*tag, &[base])]));
            element(tag, &[&subtrees.collect::<Vec<_>>().concat()])
        }
    };
    sequence(&[&list(0xa0, permitted), &list(0xa1, excluded)])
}

fn constrain(permitted: &[General], excluded: &[General]) -> impl Fn(&mut CertificateParams) + use<> {
    let content = subtrees(permitted, excluded);
    move |params| {
        params
            .custom_extensions
            .push(custom(NAME_CONSTRAINTS, true, &content))
    }
}

fn bear(names: &[General]) -> impl Fn(&mut CertificateParams) + use<> {
    let names = names.iter().map(|(tag, name)| element(*tag, &[name]));
    let content = sequence(&[&names.collect::<Vec<_>>().concat()]);
    move |params| {
        params
            .custom_extensions
            .push(custom(ALTERNATIVE_NAMES, false, &content))
    }
}

/// What comes of a leaf with these names below a CA with these constraints; the CA is the anchor, or below it.
fn rules(permitted: &[General], excluded: &[General], names: &[General]) -> [&'static str; 2] {
    let constrained = root(constrain(permitted, excluded));
    let of_anchor = leaf(&constrained, bear(names));
    let root = root(|_| {});
    let one = intermediate("One", &root, constrain(permitted, excluded));
    let of_one = leaf(&one, bear(names));
    [
        Ask::new(&of_anchor, &[], &anchor(&[&constrained])).rule(),
        Ask::new(&of_one, &[of(&one)], &anchor(&[&root])).rule(),
    ]
}

/// Each kind, permitted and excluded. What may be either is outside what is permitted and inside what is excluded.
#[test]
fn every_kind_of_name_is_compared() {
    let ip = |address: &[u8], mask: &[u8]| (IP, [address, mask].concat());
    let address = |octets: &[u8]| (IP, octets.to_vec());
    let v6 = |first: u8| [&[first][..], &[0; 15]].concat();
    for (base, name, permitted, excluded) in [
        (
            general(DNS, "example.com"),
            general(DNS, "a.example.com"),
            true,
            false,
        ),
        (
            general(DNS, "example.com"),
            general(DNS, "A.EXAMPLE.com"),
            true,
            false,
        ),
        (
            general(DNS, "Example.COM"),
            general(DNS, "example.com"),
            true,
            false,
        ),
        (
            general(DNS, "example.com"),
            general(DNS, "notexample.com"),
            false,
            true,
        ),
        (
            general(DNS, "example.com"),
            general(DNS, "example.com.evil"),
            false,
            true,
        ),
        // Threat P25: what differs in its spelling only may be the same name, and what cannot be spelled otherwise is not.
        // (Where a directory name is permitted, the subject is another one.)
        (directory("Z\u{fc}rich"), directory("z\u{dc}rich"), false, false),
        (directory("Z\u{fc}rich"), directory("Genf"), false, true),
        (directory("Z\u{fc}rich"), directory("Zu\u{308}rich"), false, false),
        (
            directory("Z\u{fc}rich"),
            directory("Z\u{fc}\u{ad}rich"),
            false,
            false,
        ),
        (
            directory("Z\u{fc}rich"),
            directory("Z\u{fc}rich\u{200b}"),
            false,
            false,
        ),
        (directory("Stra\u{df}e"), directory("Strasse"), false, false),
        // P7: a wildcard is all that it could stand for.
        (
            general(DNS, "example.com"),
            general(DNS, "*.example.com"),
            true,
            false,
        ),
        (
            general(DNS, "a.example.com"),
            general(DNS, "*.example.com"),
            false,
            false,
        ),
        (
            general(DNS, "a.example.com"),
            general(DNS, "*.EXAMPLE.com"),
            false,
            false,
        ),
        (
            general(DNS, "a.example.com"),
            general(DNS, "*.other.com"),
            false,
            true,
        ),
        (general(DNS, "example.com"), general(DNS, "*.com"), false, false),
        (
            general(DNS, "example.com"),
            general(DNS, "a..example.com"),
            false,
            false,
        ),
        (
            general(MAIL, "example.com"),
            general(MAIL, "a@example.com"),
            true,
            false,
        ),
        (
            general(MAIL, "example.com"),
            general(MAIL, "a@b.example.com"),
            false,
            true,
        ),
        (
            general(MAIL, ".example.com"),
            general(MAIL, "a@b.EXAMPLE.com"),
            true,
            false,
        ),
        (
            general(MAIL, "a@example.com"),
            general(MAIL, "b@example.com"),
            false,
            true,
        ),
        (
            general(MAIL, "a@example.com"),
            general(MAIL, "A@example.com"),
            false,
            false,
        ),
        (
            general(MAIL, "example.com"),
            general(MAIL, "nobody"),
            false,
            false,
        ),
        (
            general(URI, "example.com"),
            general(URI, "spiffe://example.com/web"),
            true,
            false,
        ),
        (
            general(URI, ".example.com"),
            general(URI, "https://a.example.com:1/"),
            true,
            false,
        ),
        (
            general(URI, "example.com"),
            general(URI, "https://a.example.com/"),
            false,
            true,
        ),
        (
            general(URI, "example.com"),
            general(URI, "https://example.com@evil.com/"),
            false,
            true,
        ),
        (
            general(URI, "example.com"),
            general(URI, "urn:example.com"),
            false,
            false,
        ),
        (
            general(URI, "example.com"),
            general(URI, "https://10.0.0.1/"),
            false,
            false,
        ),
        (
            ip(&[10, 0, 0, 0], &[255, 0, 0, 0]),
            address(&[10, 1, 2, 3]),
            true,
            false,
        ),
        (
            ip(&[10, 0, 0, 0], &[255, 0, 0, 0]),
            address(&[11, 1, 2, 3]),
            false,
            true,
        ),
        (ip(&v6(0xfd), &v6(0xff)), address(&v6(0xfd)), true, false),
        (ip(&v6(0xfd), &v6(0xff)), address(&v6(0xfe)), false, true),
        (ip(&v6(0xfd), &v6(0xff)), address(&[10, 1, 2, 3]), false, true),
        (directory("Ours"), directory("OURS"), true, false),
        // The leaf's subject, `CN=web`, is a directory name too.
        (directory("web"), directory("web"), true, false),
        (directory("web"), directory("Theirs"), false, false),
        (directory("Theirs"), directory("Ours"), false, true),
    ] {
        // `Ours` is permitted for the subject's sake as well, where subjects are constrained.
        let mut bases = vec![base.clone()];
        if base == directory("Ours") {
            bases.push(directory("web"));
        }
        let wanted = |passes: bool| [if passes { "valid" } else { "path.name-constraints" }; 2];
        let case = format!("{base:?} {name:?}");
        let names = [name];
        assert_eq!(rules(&bases, &[], &names), wanted(permitted), "permitted: {case}");
        assert_eq!(
            rules(&[], std::slice::from_ref(&base), &names),
            wanted(excluded),
            "excluded: {case}"
        );
        // Excluded wins, whatever is permitted.
        let all = (base.0, Vec::new());
        if permitted && base.0 != IP && base.0 != DIRECTORY {
            assert_eq!(rules(&[all], &[base], &names), wanted(false), "both: {case}");
        }
    }
}

/// A kind that is not constrained is free; one of many names that is not allowed is enough.
#[test]
fn constraints_are_about_their_kind_and_about_every_name() {
    let ours = general(DNS, "a.example.com");
    let theirs = general(DNS, "other.com");
    let (mail, uri) = (general(MAIL, "a@other.com"), general(URI, "https://other.com/"));
    let base = [general(DNS, "example.com")];
    for (names, wanted) in [
        (vec![ours.clone(), mail.clone(), uri.clone()], "valid"),
        (vec![mail, uri], "valid"),
        (vec![ours.clone(), theirs.clone()], "path.name-constraints"),
        (vec![theirs, ours], "path.name-constraints"),
    ] {
        assert_eq!(rules(&base, &[], &names), [wanted; 2], "{names:?}");
    }
    // Several bases: any of them permits.
    let bases = [general(DNS, "other.com"), general(DNS, "example.com")];
    assert_eq!(rules(&bases, &[], &[general(DNS, "example.com")]), ["valid"; 2]);
}

/// Threats P6, P24: a kind that is not compared refuses where it is present, and is no matter where it is not.
#[test]
fn kinds_that_are_not_compared_refuse_where_they_are_borne() {
    let other = (OTHER, [&[6, 2, 0x2a, 3][..], &[0xa0, 2, 5, 0]].concat());
    for unsupported in [
        other,
        (X400, vec![0x30, 0]),
        (EDI, vec![0xa1, 3, 0x0c, 1, b'a']),
        (REGISTERED, vec![0x2a, 3]),
    ] {
        let bearing = [general(DNS, "a.example.com"), unsupported.clone()];
        let refused = ["path.name-constraints"; 2];
        assert_eq!(
            rules(std::slice::from_ref(&unsupported), &[], &bearing),
            refused,
            "{unsupported:?}"
        );
        assert_eq!(
            rules(&[], std::slice::from_ref(&unsupported), &bearing),
            refused,
            "{unsupported:?}"
        );
        assert_eq!(rules(&[unsupported], &[], &bearing[..1]), ["valid"; 2]);
        assert_eq!(rules(&[general(DNS, "example.com")], &[], &bearing), ["valid"; 2]);
    }
}

/// What is no subtree makes the CA unfit: what it meant is not guessed.
#[test]
fn malformed_subtrees_refuse() {
    let base = element(DNS, &[b"example.com"]);
    let permitted = |subtree: &[u8]| sequence(&[&element(0xa0, &[subtree])]);
    for (case, content) in [
        ("a minimum", permitted(&sequence(&[&base, &[0x80, 1, 1]]))),
        ("a maximum", permitted(&sequence(&[&base, &[0x81, 1, 1]]))),
        ("no subtree", sequence(&[&[0xa0, 0]])),
        ("nothing", sequence(&[])),
        (
            "a mask with a gap",
            permitted(&sequence(&[&[IP, 8, 10, 0, 0, 0, 255, 0, 255, 0]])),
        ),
        (
            "an address of five",
            permitted(&sequence(&[&[IP, 5, 10, 0, 0, 0, 255]])),
        ),
        (
            "a leading dot",
            permitted(&sequence(&[&element(DNS, &[b".example.com"])])),
        ),
        (
            "no host",
            permitted(&sequence(&[&element(DNS, &[b"*.example.com"])])),
        ),
        (
            "no text",
            permitted(&sequence(&[&element(DNS, &[b"ex\0mple.com"])])),
        ),
        (
            "excluded first",
            sequence(&[
                &element(0xa1, &[&sequence(&[&base])]),
                &element(0xa0, &[&sequence(&[&base])]),
            ]),
        ),
    ] {
        let root = root(|_| {});
        let one = intermediate("One", &root, |params| {
            params
                .custom_extensions
                .push(custom(NAME_CONSTRAINTS, true, &content));
        });
        let leaf = leaf(&one, bear(&[general(DNS, "a.example.com")]));
        let ask = [of(&one)];
        assert_eq!(
            Ask::new(&leaf, &ask, &anchor(&[&root])).rule(),
            "path.unfit",
            "{case}"
        );
    }
}

/// Threat P6: a CA constrains what is below it, and nobody below takes that back.
#[test]
fn a_lower_ca_only_narrows() {
    let dns = |text: &str| [general(DNS, text)];
    for (of_root, of_one, name, wanted) in [
        ("example.com", "a.example.com", "x.a.example.com", "valid"),
        (
            "example.com",
            "a.example.com",
            "b.example.com",
            "path.name-constraints",
        ),
        (
            "a.example.com",
            "example.com",
            "b.example.com",
            "path.name-constraints",
        ),
        ("example.com", "other.com", "other.com", "path.name-constraints"),
        ("example.com", "other.com", "example.com", "path.name-constraints"),
    ] {
        let root = root(constrain(&dns(of_root), &[]));
        let one = intermediate("One", &root, constrain(&dns(of_one), &[]));
        let leaf = leaf(&one, bear(&dns(name)));
        let rule = Ask::new(&leaf, &[of(&one)], &anchor(&[&root])).rule();
        assert_eq!(rule, wanted, "{of_root} {of_one} {name}");
    }
    // What is excluded above is excluded below, whatever is permitted there.
    let root = root(constrain(&[], &dns("a.example.com")));
    let one = intermediate("One", &root, constrain(&dns("a.example.com"), &[]));
    let leaf = leaf(&one, bear(&dns("a.example.com")));
    let rule = Ask::new(&leaf, &[of(&one)], &anchor(&[&root])).rule();
    assert_eq!(rule, "path.name-constraints");
    // Not critical, and as binding.
    let content = subtrees(&dns("example.com"), &[]);
    let lax = support::certificates::root(|params| {
        params
            .custom_extensions
            .push(custom(NAME_CONSTRAINTS, false, &content));
    });
    let leaf = support::certificates::leaf(&lax, bear(&dns("other.com")));
    assert_eq!(
        Ask::new(&leaf, &[], &anchor(&[&lax])).rule(),
        "path.name-constraints"
    );
}

/// Every certificate below is constrained, save self-issued intermediates; the leaf always is.
#[test]
fn every_certificate_below_is_constrained() {
    let ours = [general(DNS, "example.com")];
    let (inside, outside) = ([general(DNS, "a.example.com")], [general(DNS, "other.com")]);
    let root = root(constrain(&ours, &[]));
    let anchor = anchor(&[&root]);
    for (name, of_intermediate, of_leaf, wanted) in [
        ("One", &inside, &inside, "valid"),
        ("One", &outside, &inside, "path.name-constraints"),
        ("One", &inside, &outside, "path.name-constraints"),
        // Of the anchor's own name: the same CA with another key.
        ("Root", &outside, &inside, "valid"),
        ("Root", &outside, &outside, "path.name-constraints"),
    ] {
        let one = intermediate(name, &root, bear(of_intermediate));
        let leaf = leaf(&one, bear(of_leaf));
        let rule = Ask::new(&leaf, &[of(&one)], &anchor).rule();
        assert_eq!(rule, wanted, "{name} {of_intermediate:?} {of_leaf:?}");
    }
    let self_issued = leaf(&root, |params| {
        params.distinguished_name.push(DnType::CommonName, "Root");
        bear(&outside)(params);
    });
    assert!(self_issued.is_self_issued());
    assert_eq!(
        Ask::new(&self_issued, &[], &anchor).rule(),
        "path.name-constraints"
    );
}

/// The subject is a name like the others, and so is a mailbox in it.
#[test]
fn subjects_are_names_too() {
    let organisation = |text: &str| (DIRECTORY, name(&[0x55, 4, 10], 0x0c, text.as_bytes()));
    let root = root(constrain(&[organisation("Ours")], &[]));
    let ours = |params: &mut CertificateParams| {
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "ours");
        params.distinguished_name.push(DnType::CommonName, "x");
    };
    let anchor_of_root = anchor(&[&root]);
    for (intermediate_ours, leaf_ours, wanted) in [
        (true, true, "valid"),
        (false, true, "path.name-constraints"),
        (true, false, "path.name-constraints"),
    ] {
        let one = intermediate("One", &root, |params| {
            if intermediate_ours {
                ours(params);
            }
        });
        let leaf = leaf(&one, |params| {
            if leaf_ours {
                ours(params);
            }
        });
        let rule = Ask::new(&leaf, &[of(&one)], &anchor_of_root).rule();
        assert_eq!(rule, wanted, "{intermediate_ours} {leaf_ours}");
    }
    // emailAddress, as an IA5String and as what is no text.
    let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
    let mail_root = support::certificates::root(constrain(&[general(MAIL, "example.com")], &[]));
    for (subject, wanted) in [
        (name(&oid, 0x16, b"a@example.com"), "valid"),
        (name(&oid, 0x16, b"a@other.com"), "path.name-constraints"),
        (name(&oid, 0x04, b"a@example.com"), "path.name-constraints"),
        (name(COMMON_NAME, 0x0c, b"a@other.com"), "valid"),
    ] {
        let leaf = Bent::of(&leaf(&mail_root, |_| {}))
            .with(|bent| bent.subject = subject.clone())
            .signed_by(mail_root.key());
        let rule = Ask::new(&leaf, &[], &anchor(&[&mail_root])).rule();
        assert_eq!(rule, wanted, "{subject:?}");
    }
}
