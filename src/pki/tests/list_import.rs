//! Revocation lists as they are brought in: which are used at all (threats R2, R4, R6, R7).

#![allow(clippy::unwrap_used)]

mod support;

use pki::ListError;
use rcgen::KeyUsagePurpose;
use support::bent::{ECDSA_SHA1, RSA_MD5};
use support::certificates::{Ca, again, intermediate_with, key, leaf, now, of, root, root_with};
use support::der::{element, extension, sequence};
use support::lists::{Fields, bring_in, delta, list, number, revoked};

fn refused(ca: &Ca, fields: &Fields) -> ListError {
    bring_in(&fields.signed_by(ca.key()), &[of(ca)]).unwrap_err()
}

#[test]
fn good_lists_are_used() {
    let ca = root(|_| {});
    let by_rcgen = list(&ca, &[&[5]], |_| {});
    let by_hand = Fields::of(&ca, &[&[5]]).signed_by(ca.key());
    let delta = Fields::of(&ca, &[]).with(|fields| fields.extensions.push(delta(6)));
    for (der, is_delta) in [
        (by_rcgen, false),
        (by_hand, false),
        (delta.signed_by(ca.key()), true),
    ] {
        // Beside its issuer it is verified at once; alone, on the path that it is about.
        for (issuers, verified) in [(vec![of(&ca)], true), (vec![], false)] {
            let list = bring_in(&der, &issuers).unwrap();
            assert_eq!((list.is_verified(), list.is_delta()), (verified, is_delta));
            assert!(list.next_update() > now());
        }
    }
}

/// Threat R2: a list of the wrong key is refused, never passed over in silence.
#[test]
fn lists_that_the_issuer_did_not_sign_are_refused() {
    let ca = root(|_| {});
    let good = Fields::of(&ca, &[&[5]]);
    let signature = ListError::Signature("CN=Root".to_owned());
    // Another key under the same name.
    let by_another = good.signed_by(&key());
    assert_eq!(bring_in(&by_another, &[of(&ca)]).unwrap_err(), signature);
    // Every octet of it counts: the last of the signature, and one of an entry.
    let mut bent = good.signed_by(ca.key());
    *bent.last_mut().unwrap() ^= 1;
    assert_eq!(bring_in(&bent, &[of(&ca)]).unwrap_err(), signature);
    let mut other_serial = good.signed_by(ca.key());
    let at = other_serial
        .windows(3)
        .position(|window| window == [2, 1, 5])
        .unwrap();
    other_serial.splice(at..at + 3, [2, 1, 6]);
    assert_eq!(bring_in(&other_serial, &[of(&ca)]).unwrap_err(), signature);
    // Of several keys under one name, one is enough.
    let namesake = root_with(key(), |_| {});
    let both = [of(&namesake), of(&ca)];
    assert!(bring_in(&good.signed_by(ca.key()), &both).unwrap().is_verified());
    // A list that asks for another key than the namesake's is nobody's who is there.
    let theirs = bring_in(&list(&ca, &[], |_| {}), &[of(&namesake)]).unwrap();
    assert!(!theirs.is_verified());
}

/// Threat R2: cRLSign, where there is a key usage, anchors not excepted.
#[test]
fn whoever_may_not_sign_lists_did_not() {
    let key = key();
    let usages = |usages: &[KeyUsagePurpose]| {
        let usages = usages.to_vec();
        root_with(again(&key), move |params| params.key_usages = usages)
    };
    let (both, none) = (
        usages(&[KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign]),
        usages(&[]),
    );
    let certificates_only = usages(&[KeyUsagePurpose::KeyCertSign]);
    let der = list(&both, &[], |_| {});
    for (ca, wanted) in [
        (&both, Ok(true)),
        (&none, Ok(true)),
        (
            &certificates_only,
            Err(ListError::NoCrlSign("CN=Root".to_owned())),
        ),
    ] {
        let result = bring_in(&der, &[of(ca)]).map(|list| list.is_verified());
        assert_eq!(result, wanted);
    }
    // Its other certificate, which may, settles it.
    let beside = [of(&certificates_only), of(&both)];
    assert!(bring_in(&der, &beside).unwrap().is_verified());
}

/// Threats R2, R4, R6, R7: what is not a list that anything could rest on is refused when it comes, with its reason.
#[test]
fn lists_that_nothing_can_rest_on_are_refused() {
    type Change = Box<dyn FnOnce(&mut Fields)>;
    let ca = root(|_| {});
    let flag = |tag: u8| vec![tag, 1, 0xff];
    let scope = |parts: Vec<Vec<u8>>| -> Change {
        Box::new(move |fields: &mut Fields| {
            let parts = sequence(&[&parts.concat()]);
            fields
                .extensions
                .push(extension(&[0x55, 0x1d, 0x1c], true, &parts));
        })
    };
    let entry = |oid: Vec<u8>, value: Vec<u8>| -> Change {
        Box::new(move |fields: &mut Fields| {
            fields.entries = vec![revoked(&[5], &[&extension(&oid, true, &value)])];
        })
    };
    let weak = |algorithm: &'static [u8]| -> Change {
        Box::new(move |fields: &mut Fields| {
            fields.inner_algorithm = algorithm.to_vec();
            fields.outer_algorithm = algorithm.to_vec();
        })
    };
    let issuers = element(0xa4, &[of(&ca).subject().raw()]);
    let cases: Vec<(&str, Change, &str)> = vec![
        (
            "version 1",
            Box::new(|fields| {
                fields.version.clear();
                fields.extensions.clear();
            }),
            "version 1",
        ),
        ("SHA-1", weak(ECDSA_SHA1), "SHA-1"),
        ("MD5", weak(RSA_MD5), "MD5"),
        (
            "two algorithms",
            Box::new(|fields| fields.inner_algorithm = ECDSA_SHA1.to_vec()),
            "not the one of the signature",
        ),
        (
            "nobody's",
            Box::new(|fields| fields.issuer = vec![0x30, 0]),
            "issuer is empty",
        ),
        (
            "no nextUpdate",
            Box::new(|fields| fields.next_update = None),
            "no nextUpdate",
        ),
        (
            "backwards",
            Box::new(|fields| fields.next_update = Some(fields.this_update.plus(-1))),
            "before its thisUpdate",
        ),
        (
            "no number",
            Box::new(|fields| fields.extensions.clear()),
            "no CRLNumber",
        ),
        (
            "a critical number",
            Box::new(|fields| {
                fields.extensions = vec![extension(&[0x55, 0x1d, 0x14], true, &[2, 1, 7])];
            }),
            "critical extension 2.5.29.20",
        ),
        (
            "an unknown critical extension",
            Box::new(|fields| fields.extensions.push(extension(&[0x2a, 3], true, &[5, 0]))),
            "critical extension 1.2.3",
        ),
        (
            "an unknown critical extension of an entry",
            entry(vec![0x2a, 3], vec![5, 0]),
            "critical extension 1.2.3",
        ),
        (
            "an entry of another issuer",
            entry(vec![0x55, 0x1d, 0x1d], sequence(&[&issuers])),
            "indirect",
        ),
        ("indirect", scope(vec![flag(0x84)]), "indirect"),
        (
            "attribute certificates",
            scope(vec![flag(0x85)]),
            "attribute certificates",
        ),
        (
            "users' only and CAs' only",
            scope(vec![flag(0x81), flag(0x82)]),
            "contradicts itself",
        ),
        (
            "the number twice",
            Box::new(|fields| fields.extensions.push(number(8))),
            "twice",
        ),
    ];
    for (case, change, said) in cases {
        let error = refused(&ca, &Fields::of(&ca, &[]).with(change)).to_string();
        assert!(error.contains(said), "{case}: {error}");
    }
    let garbage = bring_in(&[0x30, 0x80], &[]).unwrap_err();
    assert!(matches!(garbage, ListError::Unreadable(_)), "{garbage}");
}

/// What is too large to be kept must have its issuer beside it.
#[test]
fn large_lists_are_verified_when_they_come_or_not_used() {
    let ca = root(|_| {});
    // 40,000 entries of 35 bytes.
    let large = Fields::of(&ca, &[]).with(|fields| {
        let serial = |number: u32| [&[1; 12][..], &number.to_be_bytes()].concat();
        let entries = (0..40_000).map(|number| revoked(&serial(number), &[]));
        fields.entries = vec![entries.collect::<Vec<_>>().concat()];
    });
    let der = large.signed_by(ca.key());
    assert!(bring_in(&der, &[of(&ca)]).unwrap().is_verified());
    let elsewhere = intermediate_with(key(), "Elsewhere", &ca, |_| {});
    for issuers in [vec![], vec![of(&elsewhere), leaf(&ca, |_| {})]] {
        let error = bring_in(&der, &issuers).unwrap_err();
        assert_eq!(error, ListError::IssuerNeeded(der.len()));
    }
}
