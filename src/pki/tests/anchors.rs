//! Trust anchors: several, pinned, constrained, sharing names and keys (threats P1, P3, P18 to P20).

#![allow(clippy::unwrap_used)]

mod support;

use pki::{AnchorConstraints, AnchorError, AnchorKind, KeyRule, PathError, TrustAnchor};
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_ED25519,
};
use support::bent::{Bent, rsa};
use support::certificates::{
    Ca, again, dns, intermediate, intermediate_with, key, leaf, leaf_params, now, of, read, root, root_with,
    serial, start,
};
use support::questions::{Ask, anchor, rule};
use time::Duration;
use x509::{Certificate, NameConstraints, Subtree};

fn ask(leaf: &Certificate, pool: &[Certificate], anchor: &TrustAnchor) -> &'static str {
    Ask::new(leaf, pool, anchor).rule()
}

/// Threat P18: of two anchors the one that is asked about is the only one, whatever they share.
#[test]
fn anchors_are_not_confused() {
    let (ours, theirs) = (root(|_| {}), root(|_| {}));
    let (our_leaf, their_leaf) = (leaf(&ours, |_| {}), leaf(&theirs, |_| {}));
    let bag = [of(&ours), of(&theirs)];
    for (leaf, root, wanted) in [
        (&our_leaf, &ours, "valid"),
        (&our_leaf, &theirs, "path.signature"),
        (&their_leaf, &ours, "path.signature"),
        (&their_leaf, &theirs, "valid"),
    ] {
        assert_eq!(ask(leaf, &bag, &anchor(&[root])), wanted);
    }
    // One anchor of both: each key by itself, the same name notwithstanding.
    let both = anchor(&[&ours, &theirs]);
    for (leaf, root) in [(&our_leaf, &ours), (&their_leaf, &theirs)] {
        let path = Ask::new(leaf, &[], &both).outcome().unwrap();
        assert_eq!(path.anchor(), &of(root));
    }
    // The same CA in two anchors: each by its own constraints.
    let strict = anchor(&[&ours]).constrained(AnchorConstraints {
        longest_leaf_lifetime: Some(60),
        ..AnchorConstraints::default()
    });
    assert_eq!(ask(&our_leaf, &[], &strict), "path.anchor-constraint");
    assert_eq!(ask(&our_leaf, &[], &anchor(&[&ours])), "valid");
}

/// A CA with a new key: the old key certified the new one, and the new one the old; either may be the anchor.
#[test]
fn keys_roll_over() {
    let old = root(|_| {});
    let new = root_with(key(), |params| params.serial_number = serial(&[7]));
    let new_by_old = of(&intermediate_with(again(new.key()), "Root", &old, |_| {}));
    let old_by_new = of(&intermediate_with(again(old.key()), "Root", &new, |_| {}));
    let bag = [old_by_new, new_by_old, of(&old), of(&new)];
    for issuer in [&old, &new] {
        for trusted in [&old, &new] {
            let leaf = leaf(issuer, |_| {});
            assert_eq!(ask(&leaf, &bag, &anchor(&[trusted])), "valid");
        }
    }
}

/// One name with many keys, as CAs that change keys often have it: the one that signed is found.
#[test]
fn of_many_keys_under_one_name_the_right_one_is_found() {
    let root = root(|_| {});
    let ca = |at: u8| intermediate("Same", &root, move |params| params.serial_number = serial(&[at]));
    let cas: Vec<Ca> = (1..=10).map(ca).collect();
    let bag: Vec<Certificate> = cas.iter().map(of).collect();
    let anchor = anchor(&[&root]);
    for (with_hint, most) in [(true, 2), (false, 20)] {
        for signer in &cas {
            let leaf = leaf(signer, |params| {
                params.use_authority_key_identifier_extension = with_hint
            });
            let report = Ask::new(&leaf, &bag, &anchor).report();
            assert_eq!(rule(&report.outcome), "valid");
            assert!(report.work.signatures <= most, "{:?}", report.work);
        }
    }
    // A key identifier is a hint: one that fits nobody leaves nobody out.
    let liar = leaf(&cas[0], |params| {
        params.custom_extensions = vec![support::certificates::custom(
            &[2, 5, 29, 35],
            false,
            &[0x30, 3, 0x80, 1, 9],
        )];
    });
    assert_eq!(ask(&liar, &bag, &anchor), "valid");
}

/// Threats P18, P19: an intermediate may be the anchor; what is above it is of no interest, and what is beside it is not
/// trusted.
#[test]
fn paths_end_at_an_anchor_only() {
    let root = root(|_| {});
    let one = intermediate("One", &root, |_| {});
    let beside = intermediate("Beside", &root, |_| {});
    let anchor_of_one = anchor(&[&one]);
    let (ours, theirs) = (leaf(&one, |_| {}), leaf(&beside, |_| {}));
    let bag = [of(&root), of(&beside), of(&one)];
    assert_eq!(ask(&ours, &bag, &anchor_of_one), "valid");
    assert_eq!(ask(&theirs, &bag, &anchor_of_one), "path.issuer-missing");
    // Threat P20: the root that came with the request is a hint, and no anchor.
    assert_eq!(
        ask(&leaf(&root, |_| {}), &bag, &anchor_of_one),
        "path.issuer-missing"
    );
    // Threat P3: the anchor itself is no leaf.
    let error = Ask::new(&of(&one), &bag, &anchor_of_one).outcome().unwrap_err();
    assert!(error.to_string().contains("CA:TRUE"), "{error}");
}

/// Threat P19: pinned certificates are compared whole.
#[test]
fn pinned_certificates_are_compared_whole() {
    let ca = root(|_| {});
    let key = key();
    let with = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = leaf_params();
        change(&mut params);
        read(params.signed_by(&key, &ca).unwrap().der())
    };
    let (pinned, same_but_longer) = (
        with(&|_| {}),
        with(&|params| params.not_after += Duration::days(1)),
    );
    let self_signed = read(leaf_params().self_signed(&key).unwrap().der());
    let anchor = TrustAnchor::pinned(vec![pinned.clone(), self_signed.clone()]).unwrap();
    assert_eq!(anchor.kind(), AnchorKind::Pinned);
    for (case, leaf, wanted) in [
        ("itself", &pinned, "valid"),
        ("self-signed", &self_signed, "valid"),
        // The same name, serial number and key.
        ("another of the same key", &same_but_longer, "path.not-pinned"),
        ("another of the same CA", &leaf(&ca, |_| {}), "path.not-pinned"),
    ] {
        assert_eq!(ask(leaf, &[of(&ca)], &anchor), wanted, "{case}");
    }
    let path = Ask::new(&pinned, &[of(&ca)], &anchor).outcome().unwrap();
    assert_eq!((path.anchor(), path.intermediates().len()), (&pinned, 0));
    // It is judged like every leaf: by its dates and its purposes; and it issues nothing.
    let later = Ask::new(&pinned, &[], &anchor).at(now().plus(86_400)).rule();
    assert_eq!(later, "path.expired");
    let server = with(&|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
    let of_server = TrustAnchor::pinned(vec![server.clone()]).unwrap();
    assert_eq!(ask(&server, &[], &of_server), "path.extended-key-usage");
    let as_ca = intermediate_with(again(&key), "web", &ca, |params| params.is_ca = IsCa::NoCa);
    let below = leaf(&as_ca, |params| params.serial_number = serial(&[5]));
    assert_eq!(
        ask(&below, std::slice::from_ref(&pinned), &anchor),
        "path.not-pinned"
    );
    // A CA is not pinned, and a leaf is no CA.
    for (made, said) in [
        (TrustAnchor::pinned(vec![of(&ca)]), "CA:TRUE"),
        (TrustAnchor::new(vec![pinned.clone()]), "not a CA"),
        (TrustAnchor::pinned(vec![]), "no certificate"),
        (TrustAnchor::pinned(vec![pinned.clone(), pinned.clone()]), "twice"),
    ] {
        let error: AnchorError = made.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// What an operator demands besides: each constraint alone.
#[test]
fn an_anchors_own_constraints_bind() {
    let names = |permitted: &str| {
        Some(NameConstraints {
            permitted: vec![Subtree::Dns(permitted.to_owned())],
            excluded: Vec::new(),
        })
    };
    let root = root(|_| {});
    let one = intermediate("One", &root, |_| {});
    let two = intermediate("Two", &one, |_| {});
    let pool = [of(&two), of(&one)];
    let leaf = leaf(&two, |params| {
        params.subject_alt_names = vec![dns("a.example.com")];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::Other(vec![1, 3, 6, 1, 4, 1, 99_999, 7]),
        ];
        params.not_after = start() + Duration::hours(2);
    });
    let none = AnchorConstraints::default;
    let purposes = |purposes: &[&str]| AnchorConstraints {
        extended_key_usages: purposes.iter().map(ToString::to_string).collect(),
        ..none()
    };
    let lifetime = |seconds| AnchorConstraints {
        longest_leaf_lifetime: Some(seconds),
        ..none()
    };
    let keys = |keys: &[KeyRule]| AnchorConstraints {
        keys: keys.to_vec(),
        ..none()
    };
    let issuers = |cas: &[&Ca]| AnchorConstraints {
        issuing_cas: cas.iter().map(|ca| of(ca).sha256()).collect(),
        ..none()
    };
    let named = |permitted| AnchorConstraints {
        names: names(permitted),
        ..none()
    };
    let (client, own) = ("1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.99999.7");
    for (case, constraints, wanted) in [
        ("none", none(), "valid"),
        ("its names", named("example.com"), "valid"),
        ("other names", named("other.com"), "path.name-constraints"),
        ("a purpose", purposes(&[own]), "valid"),
        ("both purposes", purposes(&[client, own]), "valid"),
        (
            "one that it has not",
            purposes(&[client, "1.2.3"]),
            "path.anchor-constraint",
        ),
        ("just long enough", lifetime(7200), "valid"),
        ("a second too long", lifetime(7199), "path.anchor-constraint"),
        ("its kind of key", keys(&[KeyRule::P384, KeyRule::P256]), "valid"),
        (
            "other kinds",
            keys(&[KeyRule::Ed25519, KeyRule::P384]),
            "path.anchor-constraint",
        ),
        ("its issuer", issuers(&[&one, &two]), "valid"),
        (
            "another CA of the path",
            issuers(&[&one, &root]),
            "path.anchor-constraint",
        ),
    ] {
        let anchor = anchor(&[&root]).constrained(constraints);
        assert_eq!(ask(&leaf, &pool, &anchor), wanted, "{case}");
    }
}

/// The keys of leaf and intermediates; the anchor's own is the operator's choice anyway.
#[test]
fn kinds_of_keys_are_demanded_of_the_whole_path() {
    let ed25519 = || KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let root = root_with(ed25519(), |_| {});
    let only = |keys: &[KeyRule]| {
        anchor(&[&root]).constrained(AnchorConstraints {
            keys: keys.to_vec(),
            ..AnchorConstraints::default()
        })
    };
    for (key, allowed, wanted) in [
        (key(), KeyRule::P256, "valid"),
        (ed25519(), KeyRule::P256, "path.anchor-constraint"),
        (key(), KeyRule::Ed25519, "path.anchor-constraint"),
    ] {
        let one = intermediate_with(key, "One", &root, |_| {});
        let leaf = leaf(&one, |_| {});
        assert_eq!(ask(&leaf, &[of(&one)], &only(&[allowed])), wanted, "{allowed:?}");
    }
    for (bits, least, wanted) in [
        (3072, 3072, "valid"),
        (4096, 3072, "valid"),
        (2048, 3072, "path.anchor-constraint"),
    ] {
        let ecdsa = support::certificates::root(|_| {});
        let leaf = Bent::of(&leaf(&ecdsa, |_| {}))
            .with(|bent| bent.key = rsa(bits, &[1, 0, 1]))
            .signed_by(ecdsa.key());
        let anchor = anchor(&[&ecdsa]).constrained(AnchorConstraints {
            keys: vec![KeyRule::Rsa { at_least: least }],
            ..AnchorConstraints::default()
        });
        assert_eq!(ask(&leaf, &[], &anchor), wanted, "{bits}");
    }
}

/// Constraints bind pinned certificates, too.
#[test]
fn pinned_certificates_are_constrained() {
    let leaf = leaf(&root(|_| {}), |params| {
        params.subject_alt_names = vec![dns("a.example.com")]
    });
    let names = |base: &str| NameConstraints {
        permitted: vec![Subtree::Dns(base.to_owned())],
        excluded: vec![],
    };
    for (constraints, wanted) in [
        (AnchorConstraints::default(), "valid"),
        (
            AnchorConstraints {
                names: Some(names("other.com")),
                ..AnchorConstraints::default()
            },
            "path.name-constraints",
        ),
        (
            AnchorConstraints {
                longest_leaf_lifetime: Some(60),
                ..AnchorConstraints::default()
            },
            "path.anchor-constraint",
        ),
    ] {
        let anchor = TrustAnchor::pinned(vec![leaf.clone()])
            .unwrap()
            .constrained(constraints);
        assert_eq!(ask(&leaf, &[], &anchor), wanted);
    }
}

/// Threat P1: of an anchor's certificates, one that is over or not yet valid carries no path, and takes no other's.
#[test]
fn an_anchor_outlives_one_of_its_certificates() {
    let shared = key();
    let until = |hours: i64| {
        root_with(again(&shared), |params| {
            params.not_after = start() + Duration::hours(hours);
            params.serial_number = serial(&[u8::try_from(hours).unwrap()]);
        })
    };
    let (short, long) = (until(2), until(20));
    let leaf = leaf(&short, |_| {});
    let both = anchor(&[&short, &long]);
    assert_eq!(both.earliest_not_after(), of(&short).not_after());
    for (hours, wanted) in [(0, "valid"), (10, "valid"), (22, "path.expired")] {
        let ask = Ask::new(&leaf, &[], &both).at(now().plus(hours * 3600));
        assert_eq!(ask.rule(), wanted, "{hours}");
    }
    let path = Ask::new(&leaf, &[], &both)
        .at(now().plus(36_000))
        .outcome()
        .unwrap();
    assert_eq!(path.anchor(), &of(&long));
}

/// A root with the serial number zero is in use, and nobody looks a root's up; elsewhere zero is refused.
#[test]
fn only_a_root_may_have_the_serial_number_zero() {
    let zero = root(|params| params.serial_number = serial(&[0]));
    assert_eq!(ask(&leaf(&zero, |_| {}), &[], &anchor(&[&zero])), "valid");
    let below = intermediate("One", &zero, |params| {
        params.serial_number = serial(&[0]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    });
    assert!(TrustAnchor::new(vec![of(&below)]).is_err());
    let error = Ask::new(&leaf(&below, |_| {}), &[of(&below)], &anchor(&[&zero]))
        .outcome()
        .unwrap_err();
    assert!(matches!(error, PathError::Unfit { .. }), "{error}");
}
