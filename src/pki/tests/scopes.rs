//! What a revocation list covers: partitions, kinds of certificates, reasons, deltas (threat R7).

#![allow(clippy::unwrap_used)]

mod support;

use rcgen::CrlScope;
use support::certificates::{self, Ca, custom, intermediate, leaf, now, of, root, serial};
use support::der::{element, sequence};
use support::evidence::Known;
use support::listed::{CA, LEAF, World, require, told};
use support::lists::{Fields, delta, list, point, reason, revoked, scope, uri_point, usable};
use support::questions::{Ask, anchor};

/// Threat R7: a list covers what its scope says, for certificates that point at it, and every list is asked.
#[test]
fn partitions_cover_what_points_at_them() {
    let root = root(|_| {});
    let one = intermediate("One", &root, |params| params.serial_number = serial(CA));
    let (a, b) = ("http://crl.example/a", "http://crl.example/b");
    let part = |uri: &str, serials: &[&[u8]]| {
        let der = list(&one, serials, |params| {
            params.issuing_distribution_point = scope(uri, None)
        });
        usable(&der, &one)
    };
    let limited = |limit: CrlScope, uri: &str| {
        let der = list(&one, &[], |params| {
            params.issuing_distribution_point = scope(uri, Some(limit));
        });
        usable(&der, &one)
    };
    let complete = || usable(&list(&one, &[], |_| {}), &one);
    let points_at = |uris: &[&str]| {
        leaf(&one, |params| {
            params.crl_distribution_points = uris.iter().flat_map(|uri| point(uri)).collect()
        })
    };
    let (at_a, at_both, nowhere) = (points_at(&[a]), points_at(&[b, a]), points_at(&[]));
    for (case, leaf, lists, wanted) in [
        ("its own part", &at_a, vec![part(a, &[])], "valid"),
        ("one of its parts", &at_both, vec![part(a, &[])], "valid"),
        (
            "another part",
            &at_a,
            vec![part(b, &[])],
            "path.revocation-out-of-scope",
        ),
        (
            "pointing nowhere",
            &nowhere,
            vec![part(a, &[])],
            "path.revocation-out-of-scope",
        ),
        ("complete", &at_a, vec![complete()], "valid"),
        // The revoked serial number in the second list, in both orders, wherever the leaf points.
        (
            "empty, then revoked",
            &at_a,
            vec![part(a, &[]), part(b, &[LEAF])],
            "path.revoked",
        ),
        (
            "revoked, then empty",
            &at_a,
            vec![part(b, &[LEAF]), part(a, &[])],
            "path.revoked",
        ),
        (
            "nowhere, empty first",
            &nowhere,
            vec![part(a, &[]), part(b, &[LEAF])],
            "path.revoked",
        ),
        (
            "complete, then revoked",
            &nowhere,
            vec![complete(), part(b, &[LEAF])],
            "path.revoked",
        ),
        (
            "users only",
            &at_a,
            vec![limited(CrlScope::UserCertsOnly, a)],
            "valid",
        ),
        (
            "CAs only",
            &at_a,
            vec![limited(CrlScope::CaCertsOnly, a)],
            "path.revocation-out-of-scope",
        ),
    ] {
        let (pool, anchor) = ([of(&one)], anchor(&[&root]).with_revocation(require(0)));
        let of_root = usable(&list(&root, &[], |_| {}), &root);
        let known = Known::lists(lists.into_iter().chain([of_root]));
        let ask = Ask::new(leaf, &pool, &anchor).knowing(&known);
        assert_eq!(ask.rule(), wanted, "{case}");
    }
}

/// Threat R7: scopes that are about the kind of certificate, without a point.
#[test]
fn users_lists_are_not_about_cas() {
    let world = World::new();
    let (users, cas): (&[u8], &[u8]) = (&[0x81, 1, 0xff], &[0x82, 1, 0xff]);
    let of = |ca: &Ca, kind: &[u8]| usable(&Fields::of(ca, &[]).scope(&[kind]).signed_by(ca.key()), ca);
    for (at_root, at_one, wanted) in [
        (cas, users, ("valid", "")),
        (users, users, ("path.revocation-out-of-scope", "CN=One")),
        (cas, cas, ("path.revocation-out-of-scope", "CN=web")),
    ] {
        let result = world.judge(vec![of(&world.root, at_root), of(&world.one, at_one)]);
        assert_eq!(told(&result), wanted);
    }
}

/// Threat R7: lists for some reasons say good together, and each says revoked alone.
#[test]
fn lists_for_some_reasons_cover_only_together() {
    let world = World::new();
    // ReasonFlags: keyCompromise and cACompromise; the other six.
    let (first, others): (&[u8], &[u8]) = (&[0x83, 2, 5, 0x60], &[0x83, 3, 7, 0x1f, 0x80]);
    let of = |reasons: &[u8], serials: &[&[u8]]| {
        let fields = Fields::of(&world.one, serials).scope(&[reasons]);
        usable(&fields.signed_by(world.one.key()), &world.one)
    };
    let stale = || {
        let fields = Fields::of(&world.one, &[]).scope(&[others]);
        let fields = fields.with(|fields| fields.next_update = Some(now().plus(-1)));
        usable(&fields.signed_by(world.one.key()), &world.one)
    };
    for (case, lists, wanted) in [
        ("some", vec![of(first, &[])], "path.revocation-out-of-scope"),
        (
            "the others",
            vec![of(others, &[])],
            "path.revocation-out-of-scope",
        ),
        ("all, in two", vec![of(first, &[]), of(others, &[])], "valid"),
        (
            "all, one of them stale",
            vec![of(first, &[]), stale()],
            "path.revocation-stale",
        ),
        (
            "revoked in the second",
            vec![of(first, &[]), of(others, &[LEAF])],
            "path.revoked",
        ),
    ] {
        let result = world.judge(lists.into_iter().chain([world.of_root()]).collect());
        assert_eq!(told(&result).0, wanted, "{case}: {result:?}");
    }
    // A certificate's own point may be limited, too: a complete list of that point covers it for those reasons only.
    let uri = uri_point("http://crl.example/a");
    let limited_point = sequence(&[&sequence(&[&uri, &[0x81, 2, 5, 0x60]])]);
    let whole_point = sequence(&[&sequence(&[&uri])]);
    for (points, wanted) in [
        (whole_point, "valid"),
        (limited_point, "path.revocation-out-of-scope"),
    ] {
        let leaf = leaf(&world.one, |params| {
            params.custom_extensions = vec![custom(&[2, 5, 29, 31], false, &points)];
        });
        let part = Fields::of(&world.one, &[])
            .scope(&[&uri])
            .signed_by(world.one.key());
        let known = Known::lists([world.of_root(), usable(&part, &world.one)]);
        let anchor = world.anchor(0);
        let ask = Ask::new(&leaf, &world.pool, &anchor).knowing(&known);
        assert_eq!(ask.rule(), wanted, "{:?}", ask.outcome());
    }
    // Nor does a point of which another authority issues the list.
    let issuer = element(
        0xa2,
        &[&element(0xa4, &[certificates::of(&world.one).subject().raw()])],
    );
    let elsewhere = sequence(&[&sequence(&[&uri, &issuer])]);
    let leaf = leaf(&world.one, |params| {
        params.custom_extensions = vec![custom(&[2, 5, 29, 31], false, &elsewhere)];
    });
    let part = Fields::of(&world.one, &[])
        .scope(&[&uri])
        .signed_by(world.one.key());
    let known = Known::lists([world.of_root(), usable(&part, &world.one)]);
    let anchor = world.anchor(0);
    let ask = Ask::new(&leaf, &world.pool, &anchor).knowing(&known);
    assert_eq!(ask.rule(), "path.revocation-out-of-scope");
}

/// Threats R1, R7: a delta revokes, says good of nothing, and takes nothing back.
#[test]
fn deltas_only_revoke() {
    let world = World::new();
    let base = |entries: Vec<Vec<u8>>| {
        let fields = Fields::of(&world.one, &[]).with(|fields| fields.entries = entries);
        usable(&fields.signed_by(world.one.key()), &world.one)
    };
    let delta = |entries: Vec<Vec<u8>>| {
        let fields = Fields::of(&world.one, &[]).with(|fields| {
            fields.entries = entries;
            fields.extensions.push(delta(6));
        });
        usable(&fields.signed_by(world.one.key()), &world.one)
    };
    let (hold, removed) = (|| revoked(LEAF, &[&reason(6)]), || revoked(LEAF, &[&reason(8)]));
    for (case, lists, wanted) in [
        (
            "a delta alone",
            vec![delta(vec![])],
            "path.revocation-out-of-scope",
        ),
        (
            "a delta that revokes",
            vec![base(vec![]), delta(vec![hold()])],
            "path.revoked",
        ),
        (
            "the same in the other order",
            vec![delta(vec![hold()]), base(vec![])],
            "path.revoked",
        ),
        ("a hold", vec![base(vec![hold()])], "path.revoked"),
        (
            "taken back in a complete list, which only a delta may say",
            vec![base(vec![removed()])],
            "path.revoked",
        ),
        (
            "a hold taken back by a delta only",
            vec![base(vec![hold()]), delta(vec![removed()])],
            "path.revoked",
        ),
        (
            "and by the next list",
            vec![base(vec![]), delta(vec![removed()])],
            "valid",
        ),
    ] {
        let result = world.judge(lists.into_iter().chain([world.of_root()]).collect());
        assert_eq!(told(&result).0, wanted, "{case}: {result:?}");
    }
}
