//! What is refused, and with which words.

use super::*;

/// Threats P13, P17, R8: each refused, with what is wrong.
#[test]
fn what_is_not_a_list_is_refused() {
    let entries = |entry: Vec<u8>| Fields::new().revoked(&[entry]);
    let extensions = |extensions: &[&[u8]]| entries(entry(&[1], THIS, extensions));
    let listed = |value: Vec<u8>| Fields::new().extensions(&[value]);
    let with = |change: fn(&mut Fields)| Fields::new().with(change);
    let generalized = |text: &str| element(0x18, &[text.as_bytes()]);
    for (why, fields) in [
        (
            "a version that does not exist",
            with(|fields| fields.version = vec![2, 1, 0]),
        ),
        (
            "a version that does not exist",
            with(|fields| fields.version = vec![2, 1, 2]),
        ),
        (
            "needless leading zero",
            with(|fields| fields.version = vec![2, 2, 0, 1]),
        ),
        (
            "the algorithm is not a sequence",
            with(|fields| fields.algorithm = vec![5, 0]),
        ),
        (
            "a signature algorithm without its type",
            with(|fields| fields.outer_algorithm = vec![0x30, 0]),
        ),
        (
            "more than 1 KiB",
            with(|fields| fields.outer_algorithm = sequence(&[&[5; 1025]])),
        ),
        (
            "a name is not a sequence",
            with(|fields| fields.issuer = vec![0x31, 0]),
        ),
        (
            "an RDN is not a set",
            with(|fields| fields.issuer = vec![0x30, 2, 0x30, 0]),
        ),
        ("not a time", with(|fields| fields.times = vec![5, 0])),
        (
            "before 2050",
            with(|fields| fields.times = element(0x18, &[b"20490101000000Z"])),
        ),
        ("calendar", with(|fields| fields.times = utc("260230000000Z"))),
        ("whole seconds", with(|fields| fields.times = utc("2601010000Z"))),
        (
            "whole number of octets",
            with(|fields| fields.signature = vec![3, 2, 1, 2]),
        ),
        (
            "an empty bit string",
            with(|fields| fields.signature = vec![3, 0]),
        ),
        (
            "something that a list does not have",
            with(|fields| fields.extensions = vec![5, 0]),
        ),
        (
            "not one sequence",
            with(|fields| fields.extensions = vec![0xa0, 0]),
        ),
        ("with none in it", Fields::new().extensions(&[])),
        (
            "of version 1",
            listed(number(&[1])).with(|fields| fields.version.clear()),
        ),
        (
            "of version 1",
            extensions(&[&reason(1)]).with(|fields| fields.version.clear()),
        ),
        ("twice", Fields::new().extensions(&[number(&[1]), number(&[2])])),
        ("FALSE", listed(sequence(&[&[6, 1, 0x2a], &[1, 1, 0], &[4, 0]]))),
        ("without its content", listed(sequence(&[&[6, 1, 0x2a]]))),
        (
            "after an extension's content",
            listed(sequence(&[&[6, 1, 0x2a], &[4, 0], &[5, 0]])),
        ),
        ("negative", listed(number(&[0x80]))),
        ("longer than 20", listed(number(&[1; 21]))),
        (
            "after the end",
            listed(extension(&[0x55, 0x1d, 0x14], false, &[2, 1, 1, 5, 0])),
        ),
        (
            "key identifier",
            listed(extension(&[0x55, 0x1d, 0x23], false, &[0x30, 2, 0x84, 0])),
        ),
        ("an entry is not a sequence", entries(vec![0x31, 0])),
        ("without a serial", entries(sequence(&[&utc(THIS)]))),
        ("an empty integer", entries(entry(&[], THIS, &[]))),
        ("needless leading zero", entries(entry(&[0, 1], THIS, &[]))),
        ("more than 64 octets", entries(entry(&[1; 65], THIS, &[]))),
        ("calendar", entries(entry(&[1], "260431000000Z", &[]))),
        (
            "before 2050",
            entries(sequence(&[&[2, 1, 1], &generalized("20260101000000Z")])),
        ),
        (
            "does not have",
            entries(sequence(&[&[2, 1, 1], &utc(THIS), &[5, 0]])),
        ),
        (
            "with none in it",
            entries(sequence(&[&[2, 1, 1], &utc(THIS), &[0x30, 0]])),
        ),
        ("a reason code that does not exist", extensions(&[&reason(7)])),
        ("a reason code that does not exist", extensions(&[&reason(11)])),
        (
            "after a reason",
            extensions(&[&extension(&[0x55, 0x1d, 0x15], false, &[10, 1, 1, 5, 0])]),
        ),
        ("twice", extensions(&[&reason(1), &reason(1)])),
        (
            "not a GeneralizedTime",
            extensions(&[&extension(&[0x55, 0x1d, 0x18], false, &utc(THIS))]),
        ),
    ] {
        let error = fields.refused();
        assert!(error.contains(why), "{why}: {error}");
    }
    // The place is told: that of the second entry's serial number.
    let good = entry(&[1], THIS, &[]);
    let der = Fields::new()
        .revoked(&[good.clone(), entry(&[0, 1], THIS, &[])])
        .der();
    let at = der.windows(3).position(|bytes| bytes == [2, 2, 0]).unwrap();
    let error = Crl::parse(&der).unwrap_err().to_string();
    assert!(error.contains(&format!("at byte {at}: ")), "{at} {error}");
}

/// Threat P17: every cut and every appended byte is refused, and no changed bit makes it panic or goes unseen.
#[test]
fn a_bent_list_is_refused_or_is_another_one() {
    let good = by_rcgen();
    let hash = Crl::parse(&good).unwrap().sha256();
    for length in 0..good.len() {
        assert!(Crl::parse(&good[..length]).is_err(), "cut at {length}");
    }
    assert!(Crl::parse(&[&good[..], &[0]].concat()).is_err());
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bent = good.clone();
            bent[at] ^= 1 << bit;
            if let Ok(read) = Crl::parse(&bent) {
                assert_ne!(read.sha256(), hash);
            }
        }
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = Crl::parse(&bytes);
        let _ = read_crls(&bytes);
    }

    /// What is in the middle of a good list is reached by random bytes only if the rest is good.
    #[test]
    fn no_bytes_inside_a_list_make_it_panic(bytes: Vec<u8>, at: proptest::sample::Index) {
        let fields = Fields::new().revoked(&[entry(&[1], THIS, &[&reason(1)])]).extensions(&[number(&[1])]);
        let mut changed = fields.clone();
        match at.index(5) {
            0 => changed.revoked = sequence(&[&bytes]),
            1 => changed.extensions = element(0xa0, &[&sequence(&[&bytes])]),
            2 => changed = changed.extensions(&[extension(&[0x55, 0x1d, 0x1c], true, &sequence(&[&bytes]))]),
            3 => changed.issuer = sequence(&[&bytes]),
            _ => changed.times = bytes,
        }
        let _ = Crl::parse(&changed.der());
    }
}
