//! What a certificate must be by itself, wherever on a path it stands (threats P2 to P4, P11 to P14).

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose as Purpose, IsCa, KeyUsagePurpose};
use support::bent::{Bent, ECDSA_SHA1, RSA_MD5};
use support::certificates::{custom, serial};
use support::der::extension;
use support::places::{PLACES, Place, bent_refusal, refusal};

type Change = Box<dyn Fn(&mut CertificateParams)>;

/// Threats P2, P3, P4, P11, P12, P13: each variant at each place where it matters.
#[test]
fn each_certificate_is_judged_where_it_stands() {
    use Place::{Anchor, Intermediate, Leaf};
    let purposes = |purposes: &[Purpose]| -> Change {
        let purposes = purposes.to_vec();
        Box::new(move |params| params.extended_key_usages = purposes.clone())
    };
    let usages = |usages: &[KeyUsagePurpose]| -> Change {
        let usages = usages.to_vec();
        Box::new(move |params| params.key_usages = usages.clone())
    };
    let ca = |is_ca: IsCa| -> Change { Box::new(move |params| params.is_ca = is_ca) };
    let with = |oid: &'static [u64], critical: bool, content: &'static [u8]| -> Change {
        Box::new(move |params| params.custom_extensions.push(custom(oid, critical, content)))
    };
    let numbered =
        |octets: Vec<u8>| -> Change { Box::new(move |params| params.serial_number = serial(&octets)) };
    let twice: Change = Box::new(|params| {
        for _ in 0..2 {
            params
                .custom_extensions
                .push(custom(&[1, 3, 6, 1], false, &[5, 0]));
        }
    });
    let cases: Vec<(&str, &[Place], Change, &str)> = vec![
        // P2: named, or no extension at all; a CA's list covers it, or names any.
        (
            "clientAuth",
            &PLACES,
            purposes(&[Purpose::ServerAuth, Purpose::ClientAuth]),
            "valid",
        ),
        (
            "serverAuth only",
            &PLACES,
            purposes(&[Purpose::ServerAuth]),
            "extendedKeyUsage is serverAuth",
        ),
        (
            "any, of a CA",
            &[Intermediate, Anchor],
            purposes(&[Purpose::Any]),
            "valid",
        ),
        (
            "any, of a leaf",
            &[Leaf],
            purposes(&[Purpose::Any]),
            "extendedKeyUsage is any",
        ),
        (
            "no purpose",
            &PLACES,
            with(&[2, 5, 29, 37], false, &[0x30, 0]),
            "names no purpose",
        ),
        // P3.
        (
            "a CA as leaf",
            &[Leaf],
            ca(IsCa::Ca(BasicConstraints::Unconstrained)),
            "CA:TRUE",
        ),
        (
            "a leaf that signs",
            &[Leaf],
            usages(&[KeyUsagePurpose::KeyCertSign]),
            "may sign certificates",
        ),
        (
            "a leaf that constrains",
            &[Leaf],
            with(&[2, 5, 29, 30], true, &[0x30, 7, 0xa0, 5, 0x30, 3, 0x82, 1, b'a']),
            "constrains the names of others",
        ),
        // P4.
        (
            "no basic constraints",
            &[Intermediate, Anchor],
            ca(IsCa::NoCa),
            "not a CA",
        ),
        (
            "CA:FALSE",
            &[Intermediate, Anchor],
            ca(IsCa::ExplicitNoCa),
            "not a CA",
        ),
        (
            "no keyCertSign",
            &[Intermediate, Anchor],
            usages(&[KeyUsagePurpose::CrlSign]),
            "may not sign certificates",
        ),
        ("no key usage", &PLACES, usages(&[]), "valid"),
        // P11: nobody here processes policies; a critical one of these says that whoever does not must refuse.
        (
            "certificatePolicies",
            &PLACES,
            with(&[2, 5, 29, 32], false, POLICIES),
            "valid",
        ),
        (
            "critical certificatePolicies",
            &PLACES,
            with(&[2, 5, 29, 32], true, POLICIES),
            "valid",
        ),
        (
            "critical policyConstraints",
            &PLACES,
            with(&[2, 5, 29, 36], true, POLICY_CONSTRAINTS),
            "critical extension 2.5.29.36",
        ),
        (
            "policyConstraints",
            &PLACES,
            with(&[2, 5, 29, 36], false, POLICY_CONSTRAINTS),
            "must be",
        ),
        (
            "critical inhibitAnyPolicy",
            &PLACES,
            with(&[2, 5, 29, 54], true, &[2, 1, 0]),
            "critical extension 2.5.29.54",
        ),
        (
            "critical policyMappings",
            &PLACES,
            with(&[2, 5, 29, 33], true, MAPPINGS),
            "critical extension 2.5.29.33",
        ),
        // P12.
        ("unknown", &PLACES, with(&[1, 3, 6, 1], false, &[5, 0]), "valid"),
        (
            "unknown and critical",
            &PLACES,
            with(&[1, 3, 6, 1], true, &[5, 0]),
            "critical extension 1.3.6.1",
        ),
        ("one twice", &PLACES, twice, "stands twice"),
        (
            "a critical AKI",
            &PLACES,
            with(&[2, 5, 29, 35], true, &[0x30, 3, 0x80, 1, 1]),
            "critical",
        ),
        (
            "a critical AIA",
            &PLACES,
            with(&[1, 3, 6, 1, 5, 5, 7, 1, 1], true, AIA),
            "critical extension",
        ),
        (
            "an AIA",
            &PLACES,
            with(&[1, 3, 6, 1, 5, 5, 7, 1, 1], false, AIA),
            "valid",
        ),
        // P13.
        (
            "serial zero",
            &[Leaf, Intermediate],
            numbered(vec![0]),
            "serial number 00",
        ),
        ("20 octets", &PLACES, numbered(vec![0x7f; 20]), "valid"),
        (
            "20 octets and a sign",
            &PLACES,
            numbered(vec![0x80; 20]),
            "serial number",
        ),
        ("21 octets", &PLACES, numbered(vec![1; 21]), "serial number"),
        (
            "nobody",
            &PLACES,
            Box::new(|params| params.distinguished_name = rcgen::DistinguishedName::new()),
            "is empty",
        ),
    ];
    for (case, places, change, wanted) in &cases {
        for place in *places {
            let said = refusal(*place, change);
            assert!(said.contains(wanted), "{case} at {place:?}: {said}");
        }
    }
    // rcgen writes a subject key identifier of its own into CAs: a critical one is set by hand.
    let critical = extension(&[0x55, 0x1d, 14], true, &[4, 2, 1, 1]);
    for place in PLACES {
        let said = bent_refusal(place, &|_| {}, &|bent| {
            bent.with(|bent| bent.extensions.push(critical.clone()))
        });
        assert!(said.contains("2.5.29.14"), "{place:?}: {said}");
    }
}

/// One policy.
const POLICIES: &[u8] = &[0x30, 6, 0x30, 4, 6, 2, 0x2a, 3];

/// requireExplicitPolicy: 0.
const POLICY_CONSTRAINTS: &[u8] = &[0x30, 3, 0x80, 1, 0];

/// One policy mapped to another.
const MAPPINGS: &[u8] = &[0x30, 10, 0x30, 8, 6, 2, 0x2a, 3, 6, 2, 0x2a, 4];

/// An address of an issuer's certificate.
const AIA: &[u8] = &[
    0x30, 17, 0x30, 15, 6, 8, 0x2b, 6, 1, 5, 5, 7, 48, 2, 0x86, 3, b'a', b':', b'b',
];

/// Threats P4, P13, P14: what rcgen does not write.
#[test]
fn odd_forms_are_refused_everywhere() {
    type Bend = Box<dyn Fn(Bent) -> Bent>;
    let algorithm = |algorithm: &'static [u8]| -> Bend { Box::new(move |bent| bent.algorithm(algorithm)) };
    let cases: Vec<(&str, Bend, &str)> = vec![
        ("as it is", Box::new(|bent| bent), "valid"),
        (
            "version 1",
            Box::new(|bent| {
                bent.with(|bent| {
                    bent.version.clear();
                    bent.extensions.clear();
                })
            }),
            "version 1",
        ),
        (
            "version 2",
            Box::new(|bent| {
                bent.with(|bent| {
                    bent.version = vec![0xa0, 3, 2, 1, 1];
                    bent.extensions.clear();
                })
            }),
            "version 2",
        ),
        ("SHA-1", algorithm(ECDSA_SHA1), "SHA-1"),
        ("MD5", algorithm(RSA_MD5), "MD5"),
        (
            "two algorithms",
            Box::new(|bent| bent.with(|bent| bent.inner_algorithm = ECDSA_SHA1.to_vec())),
            "not the one of the signature",
        ),
        (
            "a negative serial number",
            Box::new(|bent| bent.with(|bent| bent.serial = vec![2, 1, 0x80])),
            "serial number",
        ),
    ];
    for (case, bend, wanted) in &cases {
        for place in PLACES {
            let said = bent_refusal(place, &|_| {}, bend);
            assert!(said.contains(wanted), "{case} at {place:?}: {said}");
        }
    }
}
