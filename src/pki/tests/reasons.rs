//! When there is no path, the reason that helps most is told, with its values, and what was tried besides.

#![allow(clippy::unwrap_used)]

mod support;

use pki::{PathError, TrustAnchor};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyUsagePurpose};
use support::bent::{Bent, rsa};
use support::certificates::{
    Ca, again, intermediate, intermediate_with, key, leaf, now, of, root, root_with, serial, start,
};
use support::questions::{Ask, anchor};
use time::Duration;
use x509::Certificate;

fn over(params: &mut CertificateParams) {
    params.not_after = start() + Duration::seconds(59);
}

fn refusal(leaf: &Certificate, pool: &[Certificate], anchor: &TrustAnchor) -> PathError {
    Ask::new(leaf, pool, anchor).outcome().unwrap_err()
}

/// An intermediate that was renewed, while the server still sends the old one.
#[test]
fn an_intermediate_that_is_over_is_named_with_its_date() {
    let root = root(|_| {});
    let old = intermediate("One", &root, over);
    let leaf = leaf(&old, |_| {});
    let error = refusal(&leaf, &[of(&old)], &anchor(&[&root]));
    let wanted = PathError::Expired {
        subject: "CN=One".to_owned(),
        not_after: of(&old).not_after(),
        now: now(),
    };
    assert_eq!(error, wanted);
    // An anchor that is over is named as well as any other.
    let old_root = support::certificates::root(over);
    let error = refusal(
        &support::certificates::leaf(&old_root, |_| {}),
        &[],
        &anchor(&[&old_root]),
    );
    assert!(
        matches!(&error, PathError::Expired { subject, .. } if subject == "CN=Root"),
        "{error}"
    );
}

/// The reason is that of the certificate which did sign, not of a namesake's.
#[test]
fn namesakes_take_no_blame() {
    let root = root(|_| {});
    let elsewhere = root_with(key(), |_| {});
    let namesake = intermediate("One", &elsewhere, over);
    let one = intermediate("One", &root, |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    let leaf = leaf(&one, |_| {});
    let anchor = anchor(&[&root]);
    for pool in [[of(&namesake), of(&one)], [of(&one), of(&namesake)]] {
        assert_eq!(
            refusal(&leaf, &pool, &anchor),
            PathError::ExtendedKeyUsage {
                subject: "CN=One".to_owned(),
                usage: "serverAuth".to_owned(),
                wanted: "1.3.6.1.5.5.7.3.2".to_owned(),
            }
        );
    }
    // The namesake alone: it did not sign.
    assert_eq!(
        refusal(&leaf, &[of(&namesake)], &anchor),
        PathError::Signature {
            subject: "CN=web".to_owned(),
            issuer: "CN=One".to_owned(),
        }
    );
}

/// A key that no verifier takes: nobody can tell whether it signed, and it is the likeliest reason.
#[test]
fn a_weak_issuer_is_named_with_its_key() {
    let root = root(|_| {});
    let one = intermediate("One", &root, |_| {});
    let weak = Bent::of(&of(&one))
        .with(|bent| bent.key = rsa(1024, &[1, 0, 1]))
        .signed_by(root.key());
    let error = refusal(&leaf(&one, |_| {}), &[weak], &anchor(&[&root]));
    assert_eq!(
        error.to_string(),
        "`CN=One`: its key is RSA 1024, which is not accepted"
    );
}

/// What is missing is told by name: the first issuer on the way up that nobody sent.
#[test]
fn a_missing_certificate_is_named() {
    let root = root(|_| {});
    let one = intermediate("One", &root, |_| {});
    let two = intermediate("Two", &one, |_| {});
    let leaf = leaf(&two, |_| {});
    let anchor = anchor(&[&root]);
    for (pool, missing) in [
        (vec![], "CN=Two"),
        (vec![of(&two)], "CN=One"),
        (vec![of(&one)], "CN=Two"),
    ] {
        let error = refusal(&leaf, &pool, &anchor);
        let wanted = PathError::IssuerMissing {
            issuer: missing.to_owned(),
        };
        assert_eq!(error, wanted);
        assert_eq!(error.rule(), "path.issuer-missing");
    }
}

/// Of two ways to the anchor, neither good: the one whose signatures hold tells more.
#[test]
fn a_path_that_holds_tells_more_than_one_that_does_not() {
    let root = root(|_| {});
    let shared = key();
    let forged_root = root_with(key(), |_| {});
    let forged = of(&intermediate_with(again(&shared), "One", &forged_root, |_| {}));
    let for_servers = of(&intermediate_with(again(&shared), "One", &root, |params| {
        params.serial_number = serial(&[7]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    }));
    let one = intermediate_with(shared, "One", &root, |_| {});
    let leaf = leaf(&one, |_| {});
    let anchor = anchor(&[&root]);
    for pool in [
        [forged.clone(), for_servers.clone()],
        [for_servers.clone(), forged.clone()],
    ] {
        let report = Ask::new(&leaf, &pool, &anchor).report();
        assert_eq!(report.outcome.unwrap_err().rule(), "path.extended-key-usage");
        // Everything that was tried is told, each with its certificates.
        let mut tried: Vec<_> = report
            .tried
            .iter()
            .map(|tried| (tried.error.rule(), tried.subjects.join(" < ")))
            .collect();
        tried.sort();
        let path = "CN=web < CN=One < CN=Root".to_owned();
        assert_eq!(
            tried,
            [
                ("path.extended-key-usage", path.clone()),
                ("path.signature", path)
            ]
        );
    }
}

/// What is wrong with the leaf is told before anything is looked for.
#[test]
fn the_leaf_is_judged_first() {
    let stranger = root(|_| {});
    let ours = root_with(key(), |params| {
        params
            .distinguished_name
            .push(rcgen::DnType::OrganizationName, "Ours");
    });
    type Change = fn(&mut CertificateParams);
    let cases: [(Change, &str); 4] = [
        (over, "path.expired"),
        (
            |params| params.not_before += Duration::hours(2),
            "path.not-yet-valid",
        ),
        (
            |params| params.key_usages = vec![KeyUsagePurpose::KeyCertSign],
            "path.unfit",
        ),
        (
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
            "path.extended-key-usage",
        ),
    ];
    for (change, wanted) in cases {
        let report = Ask::new(&leaf(&stranger, change), &[], &anchor(&[&ours])).report();
        assert_eq!(report.outcome.unwrap_err().rule(), wanted);
        assert_eq!((report.work.signatures, report.work.steps), (0, 0));
    }
}

/// The values that were compared are in the text.
#[test]
fn reasons_are_told_with_their_values() {
    let root = root(|params| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(0));
        params.name_constraints = support::certificates::constraints(
            vec![rcgen::GeneralSubtree::DnsName("example.com".to_owned())],
            vec![],
        );
    });
    let named = leaf(&root, |params| {
        params.subject_alt_names = vec![support::certificates::dns("other.com")]
    });
    let one: Ca = intermediate("One", &root, |_| {});
    let deep = leaf(&one, |_| {});
    for (leaf, pool, said) in [
        (
            &named,
            vec![],
            "`CN=web` bears DNS:other.com, which the name constraints of `CN=Root` do not allow (permitted are only: \
             DNS:example.com)",
        ),
        (
            &deep,
            vec![of(&one)],
            "there are 1 intermediates below `CN=Root`, which allows 0 (pathLenConstraint)",
        ),
    ] {
        assert_eq!(refusal(leaf, &pool, &anchor(&[&root])).to_string(), said);
    }
}
