//! What is read of a good list, and of an odd one.

use super::*;

#[test]
fn a_list_is_read_whole() {
    let der = by_rcgen();
    let crl = Crl::parse(&der).unwrap();
    assert_eq!(crl.version(), 2);
    assert_eq!(crl.signature_algorithm(), &SignatureAlgorithm::Ecdsa(256));
    assert!(crl.algorithms_agree());
    assert_eq!(crl.issuer().display(), "CN=CA");
    assert_eq!(crl.this_update().rfc3339(), "2026-01-01T00:00:00Z");
    assert_eq!(crl.next_update().unwrap().rfc3339(), "2050-01-01T00:00:00Z");
    assert_eq!(crl.number().unwrap().to_string(), "1234");
    assert_eq!(crl.authority_key_id(), Some(&[1, 2, 3][..]));
    assert_eq!(crl.delta_base(), None);
    assert!(!crl.has_freshest() && !crl.has_certificate_issuers());
    assert_eq!(crl.unknown_critical_entry_extension(), None);
    let point = crl.issuing_distribution_point().unwrap();
    assert_eq!(point.full_names, [element(0x86, &[b"http://crl.example/a"])]);
    assert!(point.only_user && !point.only_ca && !point.only_attribute && !point.indirect);
    let listed: Vec<_> = crl
        .extensions()
        .iter()
        .map(|extension| (extension.oid.as_str(), extension.critical, extension.known))
        .collect();
    assert_eq!(
        listed,
        [
            ("2.5.29.35", false, true),
            ("2.5.29.20", false, true),
            ("2.5.29.28", true, true)
        ]
    );

    assert_eq!(crl.len(), 3);
    for (serial, wanted) in [
        (
            &[0x7f; 20][..],
            Some(("2026-01-02T00:00:00Z", Some(RevocationReason::KeyCompromise))),
        ),
        (&[0x05], Some(("2150-01-02T00:00:00Z", None))),
        (
            &[0x00, 0x80, 0x01],
            Some(("1999-01-02T00:00:00Z", Some(RevocationReason::CertificateHold))),
        ),
        // Neither a part of a number, nor one with zeros behind it, nor its magnitude read as negative.
        (&[0x7f; 19], None),
        (&[0x05, 0x00], None),
        (&[0x00, 0x05], None),
        (&[0x80, 0x01], None),
        (&[], None),
        (&[0x05; 21], None),
    ] {
        let found = crl.find(&Serial::new(serial));
        let found = found.map(|found| (found.date.rfc3339(), found.reason));
        assert_eq!(
            found,
            wanted.map(|(date, reason)| (date.to_owned(), reason)),
            "{serial:02x?}"
        );
    }
}

/// One serial number that no certificate on a path may have does not hide the others.
#[test]
fn serial_numbers_that_are_too_long_are_passed_over_and_counted() {
    let longer = [&[0][..], &[0xff; 20]].concat();
    let entries = [
        entry(&[5], THIS, &[]),
        entry(&longer, THIS, &[&reason(1)]),
        entry(&[1; 64], THIS, &[]),
        entry(&[7], THIS, &[]),
    ];
    let crl = Fields::new().revoked(&entries).read();
    assert_eq!((crl.len(), crl.passed_over()), (2, 2));
    for (serial, listed) in [
        (&[5][..], true),
        (&[7], true),
        (&longer, false),
        (&[0xff; 20], false),
    ] {
        assert_eq!(crl.find(&Serial::new(serial)).is_some(), listed, "{serial:02x?}");
    }
}

#[test]
fn the_least_list_is_read() {
    let crl = Fields::new()
        .with(|fields| {
            fields.version.clear();
            fields.times = utc(THIS);
        })
        .read();
    assert_eq!((crl.version(), crl.next_update(), crl.len()), (1, None, 0));
    assert!(crl.number().is_none() && crl.extensions().is_empty() && crl.is_empty());
    // What the syntax allows and the profile does not.
    assert!(Fields::new().revoked(&[]).read().is_empty());
}

/// Every number of a long list is found, and no other.
#[test]
fn a_long_list_in_no_order_is_searched() {
    let serial = |n: u32| [&[0x01][..], &n.wrapping_mul(2_654_435_761).to_be_bytes()].concat();
    let entries: Vec<_> = (0..20_000).map(|n| entry(&serial(n), THIS, &[])).collect();
    let crl = Fields::new().revoked(&entries).read();
    assert_eq!(crl.len(), 20_000);
    for n in 0..40_000 {
        assert_eq!(crl.find(&Serial::new(&serial(n))).is_some(), n < 20_000, "{n}");
    }
}

/// Threat R8: a million entries take no more than 32 MB.
#[test]
fn what_is_kept_of_an_entry_is_small() {
    let entries: Vec<_> = (0..1000u16)
        .map(|n| entry(&[&[0x11; 18][..], &n.to_be_bytes()].concat(), THIS, &[&reason(1)]))
        .collect();
    let crl = Fields::new().revoked(&entries).read();
    assert_eq!(crl.len(), 1000);
    assert!(crl.entries.bytes() <= 32 * 1000);
}

/// Threat R8: what is too much is refused before it is kept.
#[test]
fn sizes_have_a_bound() {
    let der = Fields::new()
        .revoked(&[entry(&[1], THIS, &[]), entry(&[2], THIS, &[])])
        .der();
    assert_eq!(read::read(&der, 2).unwrap().len(), 2);
    assert_eq!(
        read::read(&der, 1).unwrap_err().place(&der).1,
        "more entries than are read"
    );
    assert!(matches!(
        Crl::parse(&vec![0x30; LARGEST + 1]),
        Err(CrlError::TooLarge(_))
    ));
    let many: Vec<_> = (0..65u8).map(|n| extension(&[0x2a, n], false, &[])).collect();
    assert_eq!(
        Fields::new().extensions(&many[..64]).read().extensions().len(),
        64
    );
    assert!(Fields::new().extensions(&many).refused().contains("more than 64"));
    // A name beyond what a certificate could hold.
    let long = element(0x0c, &[&vec![b'a'; 64 * 1024]]);
    let name = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &long]);
    let fields = Fields::new().with(|fields| fields.issuer = sequence(&[&element(0x31, &[&name])]));
    assert!(fields.refused().contains("more than 64 KiB"));
}

/// One certificate listed several times: the entry that weighs most counts, wherever it stands.
#[test]
fn of_several_entries_for_one_certificate_the_strictest_counts() {
    let of = |date: &str, code: Option<u8>| {
        let reasons: Vec<_> = code.map(reason).into_iter().collect();
        let reasons: Vec<_> = reasons.iter().map(Vec::as_slice).collect();
        entry(&[0x42], date, &reasons)
    };
    let early = "250101000000Z";
    for (name, one, other, wanted) in [
        (
            "earlier",
            of(THIS, Some(1)),
            of(early, Some(4)),
            (early, Some(RevocationReason::Superseded)),
        ),
        (
            "for good before hold",
            of(THIS, None),
            of(early, Some(6)),
            (THIS, None),
        ),
        (
            "hold before removal",
            of(THIS, Some(6)),
            of(early, Some(8)),
            (THIS, Some(RevocationReason::CertificateHold)),
        ),
    ] {
        let around = [entry(&[0x41], THIS, &[]), entry(&[0x43], THIS, &[])];
        for pair in [[one.clone(), other.clone()], [other, one]] {
            let crl = Fields::new().revoked(&[&around[..], &pair].concat()).read();
            let found = crl.find(&Serial::new(&[0x42])).unwrap();
            assert_eq!(
                utc(wanted.0),
                utc(&found.date.basic().replace('T', "")[2..]),
                "{name}"
            );
            assert_eq!(found.reason, wanted.1, "{name}");
            assert_eq!(crl.len(), 3, "{name}");
        }
    }
}

/// Facts that are told and not judged here.
#[test]
fn odd_lists_are_read_with_what_is_odd() {
    let critical = |oid: &[u8]| extension(oid, true, &[]);
    let of = |extensions: &[&[u8]]| Fields::new().revoked(&[entry(&[1], THIS, extensions)]).read();

    let other_algorithm =
        Fields::new().with(|fields| fields.algorithm = sequence(&[&[0x06, 0x03, 0x2b, 0x65, 0x70]]));
    assert!(!other_algorithm.read().algorithms_agree());

    let unknown = Fields::new()
        .extensions(&[critical(&[0x2a, 0x03]), extension(&[0x2a, 0x04], false, &[])])
        .read();
    let unknown: Vec<_> = unknown
        .extensions()
        .iter()
        .map(|one| (one.critical, one.known))
        .collect();
    assert_eq!(unknown, [(true, false), (false, false)]);

    let number_critical = extension(&[0x55, 0x1d, 0x14], true, &[0x02, 0x01, 0x05]);
    let crl = Fields::new().extensions(&[number_critical]).read();
    assert!(crl.number().is_some() && crl.extensions().iter().all(|one| one.critical && one.known));

    assert_eq!(
        of(&[&critical(&[0x2a, 0x05])]).unknown_critical_entry_extension(),
        Some("1.2.5")
    );
    assert_eq!(
        of(&[&extension(&[0x2a, 0x05], false, &[])]).unknown_critical_entry_extension(),
        None
    );
    let issuer = extension(&[0x55, 0x1d, 0x1d], true, &sequence(&[&element(0x82, &[b"x"])]));
    let crl = of(&[&issuer]);
    assert!(crl.has_certificate_issuers() && crl.unknown_critical_entry_extension().is_none());

    let delta = extension(&[0x55, 0x1d, 0x1b], true, &[0x02, 0x01, 0x07]);
    let freshest = extension(&[0x55, 0x1d, 0x2e], false, &[0x30, 0x00]);
    let crl = Fields::new().extensions(&[number(&[9]), delta, freshest]).read();
    assert_eq!(crl.delta_base().unwrap().to_string(), "7");
    assert!(crl.has_freshest() && crl.number() > crl.delta_base());

    // A negative serial number is found by its octets alone.
    let negative = Fields::new().revoked(&[entry(&[0x80], THIS, &[])]).read();
    assert!(
        negative.find(&Serial::new(&[0x80])).is_some() && negative.find(&Serial::new(&[0, 0x80])).is_none()
    );
}

/// Threat R7: the scope, part by part.
#[test]
fn scopes_are_read_part_by_part() {
    let point = |content: &[&[u8]]| extension(&[0x55, 0x1d, 0x1c], true, &sequence(content));
    let uri = element(0x86, &[b"http://a/"]);
    let directory = element(0xa4, &[&[0x30, 0x00]]);
    let full = element(0xa0, &[&element(0xa0, &[&uri, &directory])]);
    let rdn = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &element(0x0c, &[b"part 1"])]);
    let relative = element(0xa0, &[&element(0xa1, &[&rdn])]);
    let none = IssuingDistributionPoint::default;
    for (name, content, wanted) in [
        (
            "full names",
            full.clone(),
            IssuingDistributionPoint {
                full_names: vec![uri.clone(), directory],
                ..none()
            },
        ),
        (
            "a relative name",
            relative,
            IssuingDistributionPoint {
                relative_name: Some(element(0x31, &[&rdn])),
                ..none()
            },
        ),
        (
            "users",
            vec![0x81, 1, 0xff],
            IssuingDistributionPoint {
                only_user: true,
                ..none()
            },
        ),
        (
            "CAs",
            vec![0x82, 1, 0xff],
            IssuingDistributionPoint {
                only_ca: true,
                ..none()
            },
        ),
        (
            "attributes",
            vec![0x85, 1, 0xff],
            IssuingDistributionPoint {
                only_attribute: true,
                ..none()
            },
        ),
        (
            "indirect",
            vec![0x84, 1, 0xff],
            IssuingDistributionPoint {
                indirect: true,
                ..none()
            },
        ),
        (
            "keyCompromise and cACompromise",
            vec![0x83, 2, 5, 0x60],
            IssuingDistributionPoint {
                some_reasons: Some(0b110),
                ..none()
            },
        ),
        (
            "aACompromise",
            vec![0x83, 3, 7, 0x00, 0x80],
            IssuingDistributionPoint {
                some_reasons: Some(1 << 8),
                ..none()
            },
        ),
    ] {
        let crl = Fields::new().extensions(&[point(&[&content])]).read();
        assert_eq!(crl.issuing_distribution_point(), Some(&wanted), "{name}");
    }
    for (why, content) in [
        ("nothing in it", vec![]),
        ("FALSE", vec![0x81, 1, 0]),
        ("neither 00 nor FF", vec![0x84, 1, 1]),
        ("does not have", [[0x82, 1, 0xff], [0x81, 1, 0xff]].concat()),
        ("does not have", vec![0x86, 1, 0xff]),
        ("no reasons", vec![0x83, 1, 0]),
        ("as short as", vec![0x83, 2, 0, 0x60]),
        ("as short as", vec![0x83, 2, 5, 0x00]),
        ("unused bits", vec![0x83, 2, 5, 0x61]),
        ("without a name", element(0xa0, &[&[0xa0, 0]])),
        ("cut off", element(0xa0, &[])),
        ("kind", element(0xa0, &[&element(0xa2, &[&uri])])),
        ("kind", element(0xa0, &[&element(0xa0, &[&[0x83, 0]])])),
        (
            "bytes after",
            element(0xa0, &[&element(0xa0, &[&uri]), &element(0xa1, &[&rdn])]),
        ),
    ] {
        let error = Fields::new().extensions(&[point(&[&content])]).refused();
        assert!(error.contains(why), "{why}: {error}");
    }
}
