//! What makes a path of certificates: lengths, dates, names, and that only CAs issue (threats P1, P4, P5, P12, P25).

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use pki::{PathError, TrustAnchor};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyUsagePurpose};
use support::bent::{Bent, ECDSA_SHA1};
use support::certificates::{
    again, custom, intermediate, intermediate_with, key, leaf, now, of, root, root_with,
};
use support::der::{COMMON_NAME, generalized, name, sequence};
use support::questions::{Ask, anchor};
use wire::Timestamp;

/// Threat P5: depths of 0, 1 and 2, with a self-issued certificate among them and without.
#[test]
fn path_lengths_count_what_is_not_self_issued() {
    let limited = |length: Option<u8>| {
        move |params: &mut CertificateParams| {
            params.is_ca =
                IsCa::Ca(length.map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained));
        }
    };
    for (allowed, between, self_issued, wanted) in [
        (Some(0), 0, false, "valid"),
        (Some(0), 1, false, "path.too-long"),
        (Some(1), 1, false, "valid"),
        (Some(1), 2, false, "path.too-long"),
        (Some(2), 2, false, "valid"),
        (None, 5, false, "valid"),
        (Some(0), 0, true, "valid"),
        (Some(0), 1, true, "path.too-long"),
        (Some(1), 1, true, "valid"),
        (Some(1), 2, true, "path.too-long"),
    ] {
        // The limit is the root's, then that of an intermediate below a root without one.
        for limits in [[allowed, None], [None, allowed]] {
            let root = root(limited(limits[0]));
            let [limit_is_roots, _] = limits.map(|limit| limit.is_some());
            let mut pool = Vec::new();
            let mut above = root;
            if !limit_is_roots {
                above = intermediate("Limited", &above, limited(limits[1]));
                pool.push(of(&above));
            }
            let top = anchor(&[&above]);
            if self_issued {
                // The same CA with another key.
                let name = if limit_is_roots { "Root" } else { "Limited" };
                above = intermediate(name, &above, |_| {});
                pool.push(of(&above));
            }
            for at in 0..between {
                above = intermediate(&format!("CA {at}"), &above, |_| {});
                pool.push(of(&above));
            }
            let leaf = leaf(&above, |_| {});
            let rule = Ask::new(&leaf, &pool, &top).rule();
            assert_eq!(rule, wanted, "{limits:?} {between} {self_issued}");
        }
    }
}

/// Threat P5: a self-issued leaf is no intermediate, and the last certificate is not counted.
#[test]
fn the_leaf_is_not_counted() {
    let root = root(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    let self_issued = leaf(&root, |params| {
        params.distinguished_name.push(rcgen::DnType::CommonName, "Root");
    });
    assert!(self_issued.is_self_issued());
    assert_eq!(Ask::new(&self_issued, &[], &anchor(&[&root])).rule(), "valid");
}

/// Threat P1: the switch to GeneralizedTime, and the end of time.
#[test]
fn dates_are_read_in_both_forms() {
    let last = Timestamp::from_seconds(253_402_300_799);
    let in_2050 = Timestamp::parse_rfc3339("2050-01-01T00:00:00Z").unwrap();
    let root = root(|_| {});
    let anchor_until = |until: Timestamp| {
        let bent = Bent::of(&of(&root)).with(|bent| {
            let from = support::der::utc(now().plus(-3600));
            bent.validity = sequence(&[&from, &generalized(until)]);
        });
        TrustAnchor::new(vec![bent.signed_by(root.key())]).unwrap()
    };
    let bent_leaf = |until: Timestamp| {
        Bent::of(&leaf(&root, |_| {}))
            .with(|bent| {
                let from = support::der::utc(now().plus(-3600));
                bent.validity = sequence(&[&from, &generalized(until)]);
            })
            .signed_by(root.key())
    };
    for (until, at, wanted) in [
        (in_2050, in_2050, "valid"),
        (in_2050, in_2050.plus(1), "path.expired"),
        (last, in_2050, "valid"),
        (last, last, "valid"),
    ] {
        let leaf = bent_leaf(until);
        let rule = Ask::new(&leaf, &[], &anchor_until(last)).at(at).rule();
        assert_eq!(rule, wanted, "leaf until {until} at {at}");
        let leaf = bent_leaf(last);
        let rule = Ask::new(&leaf, &[], &anchor_until(until)).at(at).rule();
        assert_eq!(rule, wanted, "anchor until {until} at {at}");
    }
}

/// Threat P12: what does not lie on the path does not matter.
#[test]
fn bad_certificates_beside_a_path_do_not_matter() {
    let root = root(|_| {});
    let one = intermediate("One", &root, |_| {});
    let shared = again(one.key());
    let leaf = leaf(&one, |_| {});
    let unfit = |change: fn(&mut CertificateParams)| {
        of(&intermediate_with(again(&shared), "One", &root, |params| {
            change(params)
        }))
    };
    let pool = [
        unfit(|params| {
            params
                .custom_extensions
                .push(custom(&[1, 3, 6, 1], true, &[5, 0]))
        }),
        unfit(|params| params.is_ca = IsCa::NoCa),
        unfit(|params| params.not_after = params.not_before),
        Bent::of(&of(&one)).algorithm(ECDSA_SHA1).signed_by(root.key()),
        of(&one),
    ];
    let anchor = anchor(&[&root]);
    let path = Ask::new(&leaf, &pool, &anchor).outcome().unwrap();
    assert_eq!(path.intermediates(), [of(&one)]);
    // Without the good one, the reason is the first of theirs.
    let error = Ask::new(&leaf, &pool[..4], &anchor).outcome().unwrap_err();
    assert!(matches!(error, PathError::Unfit { .. }), "{error}");
}

/// Threat P25: issuer and subject are one name by one rule, whatever their string types, case and spaces.
#[test]
fn names_chain_by_what_they_say() {
    let root = root(|_| {});
    let anchor = anchor(&[&root]);
    for (tag, written, wanted) in [
        (0x0c, "Root", "valid"),
        (0x13, "Root", "valid"),
        (0x16, "Root", "valid"),
        (0x13, "rOOT", "valid"),
        (0x0c, "  Root ", "valid"),
        (0x0c, "Ro ot", "path.issuer-missing"),
        (0x0c, "Root\0", "path.issuer-missing"),
        (0x0c, "R\u{f6}ot", "path.issuer-missing"),
        (0x04, "Root", "path.issuer-missing"),
    ] {
        let bent = Bent::of(&leaf(&root, |_| {}))
            .with(|bent| bent.issuer = name(COMMON_NAME, tag, written.as_bytes()))
            .signed_by(root.key());
        assert_eq!(Ask::new(&bent, &[], &anchor).rule(), wanted, "{tag} {written:?}");
    }
    // Another type of attribute is another name.
    let organisation = Bent::of(&leaf(&root, |_| {}))
        .with(|bent| bent.issuer = name(&[0x55, 4, 10], 0x0c, b"Root"))
        .signed_by(root.key());
    assert_eq!(
        Ask::new(&organisation, &[], &anchor).rule(),
        "path.issuer-missing"
    );
}

/// An end-entity certificate of one CA vouches for nobody, in whatever way it is dressed (threat P4).
#[test]
fn a_leaf_issues_nothing() {
    let root = root(|_| {});
    let key = key();
    let leaf_ca = intermediate_with(again(&key), "Leaf", &root, |params| {
        params.is_ca = IsCa::NoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    });
    let below = leaf(&leaf_ca, |_| {});
    let anchor = anchor(&[&root]);
    let error = Ask::new(&below, &[of(&leaf_ca)], &anchor).outcome().unwrap_err();
    assert!(error.to_string().contains("not a CA"), "{error}");
    // It dresses itself as a CA: then the root did not sign it.
    let dressed = intermediate_with(
        again(&key),
        "Leaf",
        &root_with(support::certificates::key(), |_| {}),
        |_| {},
    );
    assert_eq!(
        Ask::new(&below, &[of(&dressed)], &anchor).rule(),
        "path.signature"
    );
}
