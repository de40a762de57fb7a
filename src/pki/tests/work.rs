//! Work is counted, and bounded before it is done (threats P8 to P10): no test here looks at a clock.

#![allow(clippy::unwrap_used)]

mod support;

use pki::{PathError, Report, TooMuch, TrustAnchor};
use rcgen::{CertificateParams, CidrSubnet, DnType, GeneralSubtree, SanType};
use support::bent::Bent;
use support::certificates::{
    Ca, again, ca_params, constraints, custom, dns, intermediate, intermediate_with, key, leaf, leaf_params,
    of, root, root_with, serial,
};
use support::der::{element, sequence};
use support::questions::{Ask, Memory, anchor, rule};
use x509::Certificate;

fn ask(leaf: &Certificate, pool: &[Certificate], anchor: &TrustAnchor) -> Report {
    Ask::new(leaf, pool, anchor).report()
}

/// A certificate about the first CA's name and key, signed by the second.
fn crossed(subject: &Ca, name: &str, by: &Ca) -> Certificate {
    of(&intermediate_with(again(subject.key()), name, by, |_| {}))
}

/// Threat P8: CAs that sign each other in circles of two and three, with and without a way out.
#[test]
fn circles_end_and_the_way_out_is_found() {
    let root = root(|_| {});
    let anchor = anchor(&[&root]);
    for names in [&["A", "B"][..], &["A", "B", "C"]] {
        let cas: Vec<Ca> = names
            .iter()
            .map(|name| rcgen::CertifiedIssuer::self_signed(ca_params(name), key()).unwrap())
            .collect();
        let mut circle = Vec::new();
        for (at, (ca, name)) in cas.iter().zip(names).enumerate() {
            for (other, by) in cas.iter().enumerate() {
                if at != other {
                    circle.push(crossed(ca, name, by));
                }
            }
        }
        let leaf = leaf(&cas[0], |_| {});
        let report = ask(&leaf, &circle, &anchor);
        assert_eq!(rule(&report.outcome), "path.issuer-missing", "{names:?}");
        // Nothing leads to the anchor, so that nothing is worth a step.
        assert_eq!((report.work.steps, report.work.signatures), (0, 0));
        // The way out leads from each of them.
        for (ca, name) in cas.iter().zip(names) {
            let exit = crossed(ca, name, &root);
            for first in [true, false] {
                let mut pool = circle.clone();
                pool.insert(if first { 0 } else { pool.len() }, exit.clone());
                let report = ask(&leaf, &pool, &anchor);
                assert_eq!(rule(&report.outcome), "valid", "{names:?} out of {name}");
                assert!(report.work.steps <= 8, "{:?}", report.work);
            }
        }
    }
}

/// Threat P9: ten certificates of each family, none of which leads anywhere valid.
#[test]
fn no_family_of_certificates_is_slow() {
    let root = root(|_| {});
    let anchor = anchor(&[&root]);
    let shared = key();
    for (same_subject, same_key) in [(true, true), (true, false), (false, true), (false, false)] {
        let name = |at: usize| {
            if same_subject {
                "Same".to_owned()
            } else {
                format!("CA {at}")
            }
        };
        let key = || if same_key { again(&shared) } else { key() };
        // Each is signed by the one above; the uppermost by somebody who only bears the root's name.
        let mut above = root_with(support::certificates::key(), |_| {});
        let mut pool = Vec::new();
        for at in 0..10u8 {
            let ca = intermediate_with(key(), &name(at.into()), &above, |params| {
                params.serial_number = serial(&[at + 1]);
            });
            pool.push(of(&ca));
            above = ca;
        }
        let leaf = leaf(&above, |_| {});
        let report = ask(&leaf, &pool, &anchor);
        assert!(report.outcome.is_err(), "{report:?}");
        // Ten of one name and one issuer's are signed by nobody at the top: that edge is tried once.
        assert!(
            report.work.signatures <= 1 && report.work.steps <= 100,
            "same subject {same_subject}, same key {same_key}: {:?}",
            report.work
        );
    }
}

/// Threat P9: every one of ten may have issued every other, and all their signatures hold.
#[test]
fn a_web_of_valid_signatures_is_given_up() {
    let root = root(|_| {});
    let cas: Vec<Ca> = (0..3)
        .map(|_| rcgen::CertifiedIssuer::self_signed(ca_params("Same"), key()).unwrap())
        .collect();
    let mut pool: Vec<Certificate> = Vec::new();
    for ca in &cas {
        pool.push(crossed(ca, "Same", &root));
        let others = cas.iter().filter(|other| other.der() != ca.der());
        pool.extend(others.map(|by| crossed(ca, "Same", by)));
    }
    // Everything is as it should be but the leaf's purpose for the anchor, which shows on whole paths only.
    let leaf = leaf(&cas[0], |_| {});
    let strict = anchor(&[&root]).constrained(pki::AnchorConstraints {
        longest_leaf_lifetime: Some(60),
        ..pki::AnchorConstraints::default()
    });
    let report = ask(&leaf, &pool, &strict);
    assert_eq!(rule(&report.outcome), "path.anchor-constraint");
    // Each edge is verified once however many paths go over it.
    assert!(report.work.signatures <= 30, "{:?}", report.work);
    assert!(report.work.steps <= 250, "{:?}", report.work);
    // A smaller allowance is kept to, and what was spent is never more.
    let mut question = Ask::new(&leaf, &pool, &strict).question();
    for (signatures, steps) in [(1, 20_000), (100, 3)] {
        question.limits.signatures = signatures;
        question.limits.steps = steps;
        let report = pki::explain(&question);
        assert!(
            matches!(report.outcome, Err(PathError::TooMuchWork(_))),
            "{report:?}"
        );
        assert!(report.work.signatures <= signatures && report.work.steps <= steps);
    }
}

/// Threat P9: keys that nobody vouched for do no work.
#[test]
fn signatures_are_verified_from_the_anchor_down() {
    let root = root(|_| {});
    let anchor = anchor(&[&root]);
    let namesake = root_with(key(), |_| {});
    let one = intermediate("One", &namesake, |_| {});
    let two = intermediate("Two", &one, |_| {});
    let leaf = leaf(&two, |_| {});
    let report = ask(&leaf, &[of(&one), of(&two)], &anchor);
    assert_eq!(rule(&report.outcome), "path.signature");
    assert_eq!(report.work.signatures, 1, "only the uppermost was verified");
    // Nor do keys of certificates that are over, which tell why there is no path: a few are asked, not all.
    let over = |at: u8| {
        of(&intermediate("Over", &namesake, |params| {
            params.serial_number = serial(&[at]);
            params.not_after = params.not_before;
        }))
    };
    let pool: Vec<Certificate> = (1..=10).map(over).collect();
    let issued_by_none = self::leaf(&intermediate("Over", &namesake, |_| {}), |_| {});
    let report = ask(&issued_by_none, &pool, &anchor);
    assert!(report.outcome.is_err());
    assert!(report.work.signatures <= 4, "{:?}", report.work);
}

/// What verified once is not verified again: neither here nor there does the verdict rest on it.
#[test]
fn signatures_are_remembered() {
    let root = root(|_| {});
    let one = intermediate("One", &root, |_| {});
    let (pool, anchor, memory) = ([of(&one)], anchor(&[&root]), Memory::default());
    let first = leaf(&one, |_| {});
    let ask = |leaf| Ask::new(leaf, &pool, &anchor).remembering(&memory).report();
    for signatures in [2, 0] {
        let report = ask(&first);
        assert!(report.outcome.is_ok());
        assert_eq!(report.work.signatures, signatures);
    }
    // Another leaf costs its own; one that nobody signed is not remembered by its neighbour.
    let second = leaf(&one, |_| {});
    assert_eq!(ask(&second).work.signatures, 1);
    let mut der = second.der().to_vec();
    let at = der.windows(3).position(|window| window == b"web").unwrap();
    der[at] = b'W';
    let forged = Certificate::parse(&der).unwrap();
    for _ in 0..2 {
        let report = ask(&forged);
        assert_eq!(rule(&report.outcome), "path.signature");
        assert_eq!(report.work.signatures, 1, "what failed is not remembered");
    }
}

/// Threat P10: names times constraints, by alternative names, by the subject, and by both.
#[test]
fn quadratic_name_constraints_are_given_up_before_they_are_compared() {
    let dns_bases = || {
        (0..1000)
            .map(|at| GeneralSubtree::DnsName(format!("{at}.example")))
            .collect()
    };
    let mail_bases = || {
        (0..1000)
            .map(|at| GeneralSubtree::Rfc822Name(format!("x{at}.example")))
            .collect()
    };
    let names = |params: &mut CertificateParams| {
        params.subject_alt_names = (0..1000).map(|at| dns(&format!("{at}.example"))).collect();
    };
    let mails = |leaf: &Certificate, ca: &Ca| {
        // emailAddress in the subject, a thousand times.
        let oid = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];
        let mail = sequence(&[&element(6, &[&oid]), &element(0x16, &[b"a@elsewhere.example"])]);
        let rdn = element(0x31, &[&mail]);
        let subject = sequence(&[&rdn.repeat(1000)]);
        Bent::of(leaf)
            .with(|bent| bent.subject = subject)
            .signed_by(ca.key())
    };
    let both = |params: &mut CertificateParams| {
        params.name_constraints = constraints(dns_bases(), mail_bases());
    };
    let root = root(|_| {});
    let anchor = anchor(&[&root]);
    for (case, by_names, by_subject) in [
        ("names", true, false),
        ("subject", false, true),
        ("both", true, true),
    ] {
        let one = intermediate("One", &root, both);
        let mut leaf = leaf(&one, |params| {
            if by_names {
                names(params);
            }
        });
        if by_subject {
            leaf = mails(&leaf, &one);
        }
        let report = ask(&leaf, &[of(&one)], &anchor);
        let wanted = PathError::TooMuchWork(TooMuch::Names(report.work.names));
        assert_eq!(report.outcome.map(|_| ()), Err(wanted), "{case}");
        assert!(report.work.names <= 25_000, "{case}: {:?}", report.work);
    }
    // What is usual passes: a hundred of each.
    let one = intermediate("One", &root, |params| {
        let networks =
            (0..100).map(|at| GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([10, at, 0, 0], 16)));
        params.name_constraints = constraints(networks.collect(), vec![]);
    });
    let leaf = leaf(&one, |params| {
        params.subject_alt_names = (0..100)
            .map(|at| SanType::IpAddress([10, at, 0, 1].into()))
            .collect();
    });
    let report = ask(&leaf, &[of(&one)], &anchor);
    assert_eq!(rule(&report.outcome), "valid");
}

/// The search looks at ten certificates besides the leaf, and at a few dozen extensions of each.
#[test]
fn what_is_looked_at_is_counted() {
    let root = root(|_| {});
    let anchor = anchor(&[&root]);
    let leaf_of = |count: u64| {
        let mut params = leaf_params();
        params.custom_extensions = (0..count).map(|at| custom(&[1, 3, at], false, &[5, 0])).collect();
        Certificate::parse(params.signed_by(&key(), &root).unwrap().der()).unwrap()
    };
    for (count, wanted) in [(60, "valid"), (64, "path.unfit")] {
        assert_eq!(
            rule(&ask(&leaf_of(count), &[], &anchor).outcome),
            wanted,
            "{count}"
        );
    }
    let one = intermediate("One", &root, |_| {});
    let leaf = leaf(&one, |params| {
        params.distinguished_name.push(DnType::OrganizationName, "x")
    });
    let stranger = |at: u8| of(&self::root(|params| params.serial_number = serial(&[at])));
    let mut pool: Vec<Certificate> = (1..=9).map(stranger).collect();
    pool.push(of(&one));
    assert_eq!(rule(&ask(&leaf, &pool, &anchor).outcome), "valid");
    pool.push(stranger(10));
    assert_eq!(
        ask(&leaf, &pool, &anchor).outcome.map(|_| ()),
        Err(PathError::TooMany(11, 10))
    );
}
