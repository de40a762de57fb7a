//! Paths that must be found, and paths that must not.

#![allow(clippy::unwrap_used)]

mod support;

use pki::{PathError, TrustAnchor, VerifiedPath};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber,
};
use support::certificates::{Ca, ca_params, intermediate, leaf, now, of, root, start};
use support::questions::{Ask, anchor};
use time::Duration;
use wire::Timestamp;
use x509::Certificate;

fn judge_at(
    leaf: &Certificate,
    pool: &[Certificate],
    anchors: &[&Ca],
    now: Timestamp,
) -> Result<VerifiedPath, PathError> {
    Ask::new(leaf, pool, &anchor(anchors)).at(now).outcome()
}

fn rule(result: Result<VerifiedPath, PathError>) -> &'static str {
    result.map_or_else(|error| error.rule(), |_| "valid")
}

#[test]
fn paths_are_found_through_an_unordered_bag() {
    let root = root(|_| {});
    let one = intermediate("One", &root, |_| {});
    let two = intermediate("Two", &one, |_| {});
    let stranger = intermediate("Stranger", &self::root(|_| {}), |_| {});
    let leaf = leaf(&two, |params| params.not_after = start() + Duration::hours(2));
    let bag = [
        of(&stranger),
        of(&one),
        leaf.clone(),
        of(&root),
        of(&two),
        of(&two),
    ];
    let path = judge_at(&leaf, &bag, &[&root], now()).unwrap();
    assert_eq!(path.intermediates(), [of(&two), of(&one)]);
    assert_eq!(path.anchor(), &of(&root));
    assert_eq!(path.earliest_not_after().seconds(), 1_800_000_000 + 7200);
    // An intermediate may be the anchor; the path stops there.
    assert_eq!(
        judge_at(&leaf, &bag, &[&one], now()).unwrap().intermediates(),
        [of(&two)]
    );
    assert_eq!(judge_at(&leaf, &[], &[&two], now()).unwrap().intermediates(), []);
}

/// Threat P1: both ends inclusive, for every certificate of the path, the anchor's own validity too.
#[test]
fn validity_is_judged_to_the_second_on_the_whole_path() {
    let (first, last) = (1_800_000_000 + 100, 1_800_000_000 + 200);
    let narrow = |params: &mut CertificateParams| {
        params.not_before = start() + Duration::seconds(100);
        params.not_after = start() + Duration::seconds(200);
    };
    let wide = |_: &mut CertificateParams| {};
    for narrowed in ["leaf", "intermediate", "anchor"] {
        let root = if narrowed == "anchor" {
            root(narrow)
        } else {
            root(wide)
        };
        let one = if narrowed == "intermediate" {
            intermediate("One", &root, narrow)
        } else {
            intermediate("One", &root, wide)
        };
        let leaf = if narrowed == "leaf" {
            leaf(&one, narrow)
        } else {
            leaf(&one, wide)
        };
        for (at, wanted) in [
            (first - 1, "path.not-yet-valid"),
            (first, "valid"),
            (last, "valid"),
            (last + 1, "path.expired"),
        ] {
            let result = judge_at(&leaf, &[of(&one)], &[&root], Timestamp::from_seconds(at));
            assert_eq!(rule(result), wanted, "{narrowed} at {at}");
        }
    }
}

/// Threats P2, P4, P5, P6, P12, P13: what makes an intermediate unfit.
#[test]
fn unfit_intermediates_carry_no_path() {
    type Change = Box<dyn FnOnce(&mut CertificateParams)>;
    let cases: Vec<(&str, Change, &str)> = vec![
        ("fit", Box::new(|_| {}), "valid"),
        (
            "no CA",
            Box::new(|params| params.is_ca = IsCa::ExplicitNoCa),
            "path.unfit",
        ),
        (
            "no basic constraints",
            Box::new(|params| params.is_ca = IsCa::NoCa),
            "path.unfit",
        ),
        (
            "no keyCertSign",
            Box::new(|params| params.key_usages = vec![KeyUsagePurpose::DigitalSignature]),
            "path.unfit",
        ),
        (
            "serverAuth only",
            Box::new(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
            "path.extended-key-usage",
        ),
        (
            "names constrained",
            Box::new(|params| {
                params.name_constraints = Some(NameConstraints {
                    permitted_subtrees: vec![GeneralSubtree::DnsName("other.example".into())],
                    excluded_subtrees: vec![],
                });
            }),
            "path.name-constraints",
        ),
        (
            "serial of 21 octets",
            Box::new(|params| params.serial_number = Some(SerialNumber::from(vec![1; 21]))),
            "path.unfit",
        ),
        (
            "unknown critical extension",
            Box::new(|params| {
                let mut extension =
                    CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99999, 1], vec![5, 0]);
                extension.set_criticality(true);
                params.custom_extensions.push(extension);
            }),
            "path.unfit",
        ),
    ];
    for (name, change, wanted) in cases {
        let root = root(|_| {});
        let one = intermediate("One", &root, change);
        let leaf = leaf(&one, |params| {
            params.subject_alt_names = vec![SanType::DnsName("web.example".try_into().unwrap())];
        });
        let result = judge_at(&leaf, &[of(&one)], &[&root], now());
        assert_eq!(rule(result.clone()), wanted, "{name}: {result:?}");
    }
    // A path length of zero allows no intermediate below.
    let root = root(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let one = intermediate("One", &root, |_| {});
    let leaf = leaf(&one, |_| {});
    assert_eq!(
        rule(judge_at(&leaf, &[of(&one)], &[&root], now())),
        "path.too-long"
    );
}

/// Threats P18, P20: nothing that came with the request becomes an anchor, and names alone prove nothing.
#[test]
fn only_the_named_anchor_is_trusted() {
    let (ours, theirs) = (root(|_| {}), root(|_| {}));
    let leaf_of_theirs = leaf(&theirs, |_| {});
    // The same name, another key: with and without their root in the bag.
    for bag in [vec![], vec![of(&theirs)]] {
        assert_eq!(
            rule(judge_at(&leaf_of_theirs, &bag, &[&ours], now())),
            "path.signature"
        );
    }
    let elsewhere = root(|params| {
        params
            .distinguished_name
            .push(DnType::OrganizationName, "Elsewhere")
    });
    let stranger = leaf(&elsewhere, |_| {});
    assert_eq!(
        rule(judge_at(&stranger, &[of(&elsewhere)], &[&ours], now())),
        "path.issuer-missing"
    );
    // An intermediate that was not sent is named.
    let one = intermediate("One", &ours, |_| {});
    let error = judge_at(&leaf(&one, |_| {}), &[], &[&ours], now()).unwrap_err();
    assert_eq!(
        error,
        PathError::IssuerMissing {
            issuer: "CN=One".into()
        }
    );
}

/// Threat P8: CAs that sign each other in a circle, with and without a way out.
#[test]
fn cross_signed_circles_end() {
    let key = || KeyPair::generate().unwrap();
    let (a_key, b_key) = (key(), key());
    let root = root(|_| {});
    let a_pem = a_key.serialize_pem();
    let b_pem = b_key.serialize_pem();
    let again = |pem: &str| KeyPair::from_pem(pem).unwrap();
    let a = CertifiedIssuer::self_signed(ca_params("A"), a_key).unwrap();
    let b = CertifiedIssuer::self_signed(ca_params("B"), b_key).unwrap();
    let a_by_b = CertifiedIssuer::signed_by(ca_params("A"), again(&a_pem), &b).unwrap();
    let b_by_a = CertifiedIssuer::signed_by(ca_params("B"), again(&b_pem), &a).unwrap();
    let b_by_root = CertifiedIssuer::signed_by(ca_params("B"), again(&b_pem), &root).unwrap();
    let leaf = leaf(&a, |_| {});
    let circle = vec![of(&a_by_b), of(&b_by_a)];
    assert_ne!(rule(judge_at(&leaf, &circle, &[&root], now())), "valid");
    let mut with_exit = circle;
    with_exit.push(of(&b_by_root));
    assert_eq!(rule(judge_at(&leaf, &with_exit, &[&root], now())), "valid");
}

/// Threat P9: certificates made to make the search long; counted, not timed.
#[test]
fn a_bag_made_to_be_slow_is_given_up() {
    let root = root(|_| {});
    let too_many: Vec<Certificate> = (0..11)
        .map(|_| of(&intermediate("Same", &root, |_| {})))
        .collect();
    let leaf = leaf(&intermediate("Same", &root, |_| {}), |_| {});
    assert_eq!(
        rule(judge_at(&leaf, &too_many, &[&root], now())),
        "path.too-many-certificates"
    );
}

/// Threats P3, P4, P19: an anchor is a CA.
#[test]
fn unfit_anchors_are_refused_when_they_are_made() {
    let root = root(|_| {});
    let not_a_ca = leaf(&root, |_| {});
    for (certificates, said) in [
        (vec![], "no certificate"),
        (vec![not_a_ca], "CA:TRUE"),
        (vec![of(&root), of(&root)], "twice"),
        (
            vec![of(&self::root(|params| {
                params.key_usages = vec![KeyUsagePurpose::CrlSign]
            }))],
            "sign certificates",
        ),
        (
            vec![of(&self::root(|params| {
                params.serial_number = Some(SerialNumber::from(vec![1; 21]))
            }))],
            "serial",
        ),
    ] {
        let error = TrustAnchor::new(certificates).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
