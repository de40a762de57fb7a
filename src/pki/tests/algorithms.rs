//! The closed list of keys and signatures (threats P14 to P16).

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use support::bent::{Bent, ECDSA_SHA256, RSA_PSS_SHA1, ec, rsa, spki};
use support::certificates::{leaf, root, root_with};
use support::der::{element, sequence};
use support::places::{PLACES, Place, bent_refusal};
use support::questions::{Ask, anchor};
use x509::Certificate;

/// Threats P14, P15: the closed list of keys, for the leaf's own key too: it verifies the request.
#[test]
fn weak_and_odd_keys_are_refused_everywhere() {
    let p256: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    let p192: &[u8] = &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1];
    let secp256k1: &[u8] = &[6, 5, 0x2b, 0x81, 4, 0, 0x0a];
    let point = |first: u8, length: usize| [vec![first], vec![7; length]].concat();
    // A field, a curve, a generator: whatever they are, they are not a name.
    let explicit = sequence(&[&[2, 1, 1], &sequence(&[&[2, 1, 7]]), &element(4, &[&[4; 65]])]);
    let dsa = [6, 7, 0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];
    let x25519 = [6, 3, 0x2b, 0x65, 0x6e];
    for (case, key) in [
        ("RSA 1024", rsa(1024, &[1, 0, 1])),
        ("RSA 2040", rsa(2040, &[1, 0, 1])),
        ("RSA 8200", rsa(8200, &[1, 0, 1])),
        ("RSA with exponent 1", rsa(2048, &[1])),
        ("RSA with an even exponent", rsa(2048, &[4])),
        ("RSA with a huge exponent", rsa(2048, &[2, 0, 0, 0, 1])),
        ("P-192", ec(p192, &point(4, 48))),
        ("secp256k1", ec(secp256k1, &point(4, 64))),
        ("a compressed point", ec(p256, &point(2, 32))),
        ("the point at infinity", ec(p256, &[0])),
        ("a point that is cut off", ec(p256, &point(4, 63))),
        ("explicit parameters", ec(&explicit, &point(4, 64))),
        ("no parameters", ec(&[], &point(4, 64))),
        ("DSA", spki(&dsa, &[2, 1, 5])),
        ("X25519", spki(&x25519, &[7; 32])),
    ] {
        for place in PLACES {
            let said = bent_refusal(place, &|_| {}, &|bent| bent.with(|bent| bent.key = key.clone()));
            // A point that no verifier takes signed nothing, as far as anyone can tell.
            let unsigned = place == Place::Intermediate && said.contains("was not signed by");
            assert!(
                said.contains("which is not accepted") || unsigned,
                "{case} at {place:?}: {said}"
            );
        }
    }
    // What is accepted of a leaf is what stands for something: nothing is verified with it here.
    for key in [rsa(2048, &[1, 0, 1]), rsa(2048, &[3]), rsa(8192, &[1, 0, 1])] {
        let said = bent_refusal(Place::Leaf, &|_| {}, &|bent| {
            bent.with(|bent| bent.key = key.clone())
        });
        assert_eq!(said, "valid");
    }
}

/// Threat P14: an algorithm is its exact bytes, with a key of its kind.
#[test]
fn signatures_of_other_algorithms_are_not_verified() {
    let root = root(|_| {});
    let good = leaf(&root, |_| {});
    let anchor = anchor(&[&root]);
    let ecdsa = &ECDSA_SHA256[2..];
    for (case, algorithm) in [
        ("RSA-PSS without parameters", RSA_PSS_SHA1.to_vec()),
        (
            "ECDSA with parameters it does not have",
            sequence(&[ecdsa, &[5, 0]]),
        ),
        ("Ed25519 with a P-256 key", sequence(&[&[6, 3, 0x2b, 0x65, 0x70]])),
        (
            "RSA with a P-256 key",
            sequence(&[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0]]),
        ),
        ("one that nobody knows", sequence(&[&[6, 2, 0x2a, 3]])),
    ] {
        let bent = Bent::of(&good).algorithm(&algorithm).signed_by(root.key());
        let error = Ask::new(&bent, &[], &anchor).outcome().unwrap_err();
        assert_eq!(error.rule(), "path.algorithm", "{case}: {error}");
    }
    // Off the caller's list, off the path.
    let no_ecdsa = [webpki::ring::ED25519];
    let mut question = Ask::new(&good, &[], &anchor).question();
    question.algorithms = &no_ecdsa;
    assert_eq!(pki::validate(&question).unwrap_err().rule(), "path.algorithm");
}

type Bend<'a> = &'a dyn Fn(&mut Vec<u8>);

/// Threat P16: one encoding of one signature.
#[test]
fn bent_signatures_do_not_hold() {
    for algorithm in [
        &rcgen::PKCS_ECDSA_P256_SHA256,
        &PKCS_ECDSA_P384_SHA384,
        &PKCS_ED25519,
    ] {
        let root = root_with(KeyPair::generate_for(algorithm).unwrap(), |_| {});
        let anchor = anchor(&[&root]);
        let good = leaf(&root, |_| {});
        assert_eq!(Ask::new(&good, &[], &anchor).rule(), "valid");
        let bent = Bent::of(&good);
        let signature = |bend: &dyn Fn(&mut Vec<u8>)| {
            let der = bent.der(|tbs| {
                let mut signature = rcgen::SigningKey::sign(root.key(), tbs).unwrap();
                bend(&mut signature);
                signature
            });
            Certificate::parse(&der).unwrap()
        };
        let bends: [(&str, Bend<'_>); 7] = [
            ("trailing bytes", &|bytes| bytes.extend([0, 0])),
            ("a bit of the last octet", &|bytes| {
                *bytes.last_mut().unwrap() ^= 1
            }),
            ("cut off", &|bytes| bytes.truncate(bytes.len() - 1)),
            ("empty", &Vec::clear),
            ("zeros", &|bytes| bytes.fill(0)),
            ("r and s of zero", &|bytes| {
                *bytes = vec![0x30, 6, 2, 1, 0, 2, 1, 0]
            }),
            ("a length in a long form", &|bytes| {
                let length = bytes[1];
                bytes.splice(1..2, [0x81, length]);
            }),
        ];
        for (case, bend) in bends {
            assert_eq!(
                Ask::new(&signature(bend), &[], &anchor).rule(),
                "path.signature",
                "{case}"
            );
        }
        assert_eq!(Ask::new(&signature(&|_| {}), &[], &anchor).rule(), "valid");
    }
}
