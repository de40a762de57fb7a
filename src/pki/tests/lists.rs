//! Revocation lists that are used, and what they say about a path (threats R1, R3 to R5).

#![allow(clippy::unwrap_used)]

mod support;

use pki::{Checked, Mode, PathError, RevocationPolicy, Source, Undetermined, Verdict, recheck};
use rcgen::{DnType, KeyUsagePurpose, RevocationReason};
use support::certificates::{Ca, again, intermediate, intermediate_with, key, leaf, now, of, root, serial};
use support::der::{element, extension, sequence};
use support::evidence::Known;
use support::listed::{CA, LEAF, World, require, told};
use support::lists::{Fields, bring_in, entry, list, uri_point, usable};
use support::questions::{Ask, Memory, anchor, rule};

/// Threats R1, R5: every certificate of the path but the anchor's is asked about, each at its own issuer.
#[test]
fn the_whole_path_is_asked_about() {
    let world = World::new();
    let at_root = |serials: &[&[u8]]| Some(usable(&list(&world.root, serials, |_| {}), &world.root));
    let at_one = |serials: &[&[u8]]| Some(usable(&list(&world.one, serials, |_| {}), &world.one));
    for (case, lists, wanted) in [
        ("neither", [at_root(&[]), at_one(&[])], ("valid", "")),
        (
            "the leaf",
            [at_root(&[]), at_one(&[LEAF])],
            ("path.revoked", "CN=web"),
        ),
        (
            "the intermediate",
            [at_root(&[CA]), at_one(&[])],
            ("path.revoked", "CN=One"),
        ),
        (
            "both",
            [at_root(&[CA]), at_one(&[LEAF])],
            ("path.revoked", "CN=web"),
        ),
        // Threat R3: each list is about its own issuer's certificates.
        (
            "each other's serial number",
            [at_root(&[LEAF]), at_one(&[CA])],
            ("valid", ""),
        ),
        (
            "none about the intermediate",
            [None, at_one(&[])],
            ("path.revocation-missing", "CN=One"),
        ),
        (
            "none about the leaf",
            [at_root(&[]), None],
            ("path.revocation-missing", "CN=web"),
        ),
    ] {
        let result = world.judge(lists.into_iter().flatten().collect());
        assert_eq!(told(&result), wanted, "{case}: {result:?}");
    }
}

/// What is told of a revocation: who, since when, why, and by which list.
#[test]
fn a_revocation_is_told_whole() {
    let world = World::new();
    let held = list(&world.one, &[], |params| {
        params.revoked_certs = vec![entry(LEAF, Some(RevocationReason::CertificateHold))];
    });
    let error = world
        .judge(vec![world.of_root(), usable(&held, &world.one)])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`CN=web` (serial 010203) is revoked since 2027-01-15T08:00:00Z (certificateHold), says revocation list 7 of \
         `CN=One`"
    );
    // What was known is told of those that pass, too.
    let anchor = world.anchor(0);
    let known = Known::lists([
        world.of_root(),
        usable(&list(&world.one, &[], |_| {}), &world.one),
    ]);
    let path = Ask::new(&world.leaf, &world.pool, &anchor)
        .knowing(&known)
        .outcome()
        .unwrap();
    let good = |subject: &str| Checked {
        subject: subject.to_owned(),
        verdict: Verdict::Good {
            source: Source::Crl,
            this_update: now().plus(-3600),
            next_update: now().plus(86_400 - 3600),
        },
    };
    assert_eq!(path.revocation(), [good("CN=web"), good("CN=One")]);
}

/// Threat R4, at both ends, to the second. The grace is the policy's, and none by default.
#[test]
fn a_list_counts_from_its_first_second_to_its_last() {
    let world = World::new();
    for (this, next, staleness, wanted) in [
        (0, 0, 0, "valid"),
        (1, 60, 0, "path.revocation-not-yet"),
        (1, 60, 3600, "path.revocation-not-yet"),
        (-60, -1, 0, "path.revocation-stale"),
        (-60, -10, 10, "valid"),
        (-60, -11, 10, "path.revocation-stale"),
    ] {
        let fields = Fields::of(&world.one, &[]).with(|fields| {
            fields.this_update = now().plus(this);
            fields.next_update = Some(now().plus(next));
        });
        let of_one = usable(&fields.signed_by(world.one.key()), &world.one);
        let anchor = world.anchor(staleness);
        let known = Known::lists([world.of_root(), of_one]);
        let ask = Ask::new(&world.leaf, &world.pool, &anchor).knowing(&known);
        assert_eq!(ask.rule(), wanted, "{this} {next} {staleness}");
    }
    // Whoever is listed is refused, however old or new the list.
    for (this, next) in [(-60, -1), (1, 60)] {
        let fields = Fields::of(&world.one, &[LEAF]).with(|fields| {
            fields.this_update = now().plus(this);
            fields.next_update = Some(now().plus(next));
        });
        let of_one = usable(&fields.signed_by(world.one.key()), &world.one);
        let result = world.judge(vec![world.of_root(), of_one]);
        assert_eq!(told(&result), ("path.revoked", "CN=web"), "{this} {next}");
    }
    // A fresh list beside a stale one is enough.
    let stale = Fields::of(&world.one, &[]).with(|fields| fields.next_update = Some(now().plus(-1)));
    let stale = usable(&stale.signed_by(world.one.key()), &world.one);
    let fresh = usable(&list(&world.one, &[], |_| {}), &world.one);
    assert_eq!(world.judge(vec![world.of_root(), stale, fresh]), Ok(()));
}

/// Threat R3: another CA of the same name has its own serial numbers.
#[test]
fn lists_of_a_namesake_say_nothing() {
    let world = World::new();
    let namesake = intermediate("One", &world.root, |_| {});
    let ours = || usable(&list(&world.one, &[], |_| {}), &world.one);
    // It says whose it is by its authorityKeyIdentifier.
    let theirs = || usable(&list(&namesake, &[LEAF], |_| {}), &namesake);
    assert_eq!(
        world.judge(vec![world.of_root(), theirs(), ours()]),
        Ok(()),
        "theirs lists the serial number"
    );
    let only_theirs = world.judge(vec![world.of_root(), theirs()]);
    assert_eq!(told(&only_theirs), ("path.revocation-missing", "CN=web"));
    // One that does not say so is tried and does not verify: it is not taken for none.
    let nameless = Fields::of(&namesake, &[LEAF]).signed_by(namesake.key());
    let nameless = || bring_in(&nameless, &[]).unwrap();
    let result = world.judge(vec![world.of_root(), nameless()]);
    assert_eq!(told(&result), ("path.revocation-unusable", "CN=web"));
    assert_eq!(world.judge(vec![world.of_root(), nameless(), ours()]), Ok(()));
    // Nor does another CA of the path sign in its name.
    let by_root = Fields::of(&world.one, &[]).signed_by(world.root.key());
    let result = world.judge(vec![world.of_root(), bring_in(&by_root, &[]).unwrap()]);
    assert_eq!(told(&result), ("path.revocation-unusable", "CN=web"));
}

/// A CA that changed keys signs its list with one of them: it counts where that key is on the very path.
#[test]
fn a_list_may_be_signed_by_another_key_of_the_same_ca() {
    let root = root(|_| {});
    let old = intermediate("One", &root, |params| params.serial_number = serial(CA));
    let new = intermediate_with(key(), "One", &old, |params| params.serial_number = serial(&[8]));
    let leaf = leaf(&new, |_| {});
    let anchor = anchor(&[&root]).with_revocation(require(0));
    let of_root = || usable(&list(&root, &[], |_| {}), &root);
    let of_old = |serials: &[&[u8]]| usable(&list(&old, serials, |_| {}), &old);
    let rolled_over = [of(&new), of(&old)];
    for (lists, wanted) in [
        (vec![of_root(), of_old(&[])], "valid"),
        (vec![of_root(), of_old(&[LEAF])], "path.revoked"),
        (vec![of_root(), of_old(&[&[8]])], "path.revoked"),
        (vec![of_root()], "path.revocation-missing"),
    ] {
        let known = Known::lists(lists);
        let ask = Ask::new(&leaf, &rolled_over, &anchor).knowing(&known);
        assert_eq!(ask.rule(), wanted);
    }
    // The root certified the new key, too: the old key is not on this path, and its list is none.
    let certified = intermediate_with(again(new.key()), "One", &root, |_| {});
    let pool = [of(&certified)];
    let known = Known::lists([of_root(), of_old(&[])]);
    let ask = Ask::new(&leaf, &pool, &anchor).knowing(&known);
    assert_eq!(ask.rule(), "path.revocation-missing");
}

/// A root that changed keys signs its list with the new one: it counts about what the old key issued where the anchor
/// holds both (RFC 5280, 6.3.3 (f)).
#[test]
fn a_list_may_be_signed_by_another_certificate_of_the_anchor() {
    let (old, new) = (root(|_| {}), root(|_| {}));
    let no_lists = root(|params| params.key_usages = vec![KeyUsagePurpose::KeyCertSign]);
    let over = root(|params| params.not_after = params.not_before);
    let other = root(|params| params.distinguished_name.push(DnType::OrganizationName, "Other"));
    let leaf = leaf(&old, |_| {});
    for (case, beside, by, serials, wanted) in [
        ("revoked", &new, &new, &[LEAF][..], "path.revoked"),
        ("good", &new, &new, &[], "valid"),
        (
            "a key that is not in the anchor",
            &other,
            &new,
            &[],
            "path.revocation-missing",
        ),
        (
            "revoked by a namesake",
            &other,
            &new,
            &[LEAF],
            "path.revocation-missing",
        ),
        (
            "without cRLSign",
            &no_lists,
            &no_lists,
            &[],
            "path.revocation-missing",
        ),
        ("over", &over, &over, &[LEAF], "path.revocation-unusable"),
        ("another name", &other, &other, &[LEAF], "path.revocation-missing"),
    ] {
        let anchor = anchor(&[&old, beside]).with_revocation(require(0));
        // With the identifier of its signer's key and without, brought in beside its issuer and alone.
        let silent = Fields::of(by, serials);
        let id = element(0x80, &[of(by).subject_key_id().unwrap()]);
        let id = extension(&[0x55, 0x1d, 0x23], false, &sequence(&[&id]));
        let told = silent.clone().with(|fields| fields.extensions.push(id));
        let (told, silent) = (told.signed_by(by.key()), silent.signed_by(by.key()));
        let mut lists = vec![bring_in(&told, &[]).unwrap()];
        if case != "without cRLSign" {
            lists.push(usable(&told, by));
            lists.push(usable(&silent, by));
        }
        for list in lists {
            let known = Known::lists([list]);
            let ask = Ask::new(&leaf, &[], &anchor).knowing(&known);
            assert_eq!(ask.rule(), wanted, "{case}");
        }
    }
}

/// A list that somebody's key signed is nobody else's: that costs no signature, however many there are.
#[test]
fn lists_of_another_key_cost_nothing() {
    let world = World::new();
    let namesake = intermediate("One", &world.root, |_| {});
    let anchor = world.anchor(0);
    let shard = |at: u8| {
        let point = uri_point(&format!("http://crl.example/{at}"));
        let fields = Fields::of(&namesake, &[LEAF]).scope(&[&point]);
        usable(&fields.signed_by(namesake.key()), &namesake)
    };
    let ours = usable(&list(&world.one, &[], |_| {}), &world.one);
    for (ours, wanted) in [(None, "path.revocation-missing"), (Some(ours), "valid")] {
        let known = Known::lists((0..120).map(shard).chain([world.of_root()]).chain(ours));
        let report = Ask::new(&world.leaf, &world.pool, &anchor)
            .knowing(&known)
            .report();
        assert_eq!(rule(&report.outcome), wanted);
        assert_eq!(report.work.signatures, 2, "those of the two certificates");
    }
}

/// A path that was found is asked about again with what is known now, without looking for it anew.
#[test]
fn what_becomes_known_later_counts_on_a_known_path() {
    let world = World::new();
    let anchor = world.anchor(0);
    let lists = |serials: &[&[u8]]| {
        Known::lists([
            world.of_root(),
            usable(&list(&world.one, serials, |_| {}), &world.one),
        ])
    };
    let (before, after) = (lists(&[]), lists(&[LEAF]));
    let memory = Memory::default();
    let ask = Ask::new(&world.leaf, &world.pool, &anchor).remembering(&memory);
    let path = ask.knowing(&before).outcome().unwrap();
    assert_eq!(recheck(&ask.knowing(&before).question(), &path), Ok(()));
    let revoked = recheck(&ask.knowing(&after).question(), &path);
    assert_eq!(told(&revoked), ("path.revoked", "CN=web"));
    // The same evidence, later.
    let later = ask.knowing(&before).at(now().plus(86_400));
    assert_eq!(
        told(&recheck(&later.question(), &path)),
        ("path.revocation-stale", "CN=web")
    );
    let none = recheck(&ask.question(), &path);
    assert!(
        matches!(
            &none,
            Err(PathError::RevocationUnknown {
                why: Undetermined::Missing,
                ..
            })
        ),
        "{none:?}"
    );
    let off = anchor.clone().with_revocation(RevocationPolicy {
        mode: Mode::Off,
        ..require(0)
    });
    let ask = Ask::new(&world.leaf, &world.pool, &off).knowing(&after);
    assert_eq!(recheck(&ask.question(), &path), Ok(()));
}

/// A list whose issuer was not beside it is verified on the path, once.
#[test]
fn a_list_is_verified_by_whoever_is_on_the_path_once() {
    let world = World::new();
    let anchor = world.anchor(0);
    let strange = |ca: &Ca| bring_in(&list(ca, &[], |_| {}), &[]).unwrap();
    let known = Known::lists([strange(&world.root), strange(&world.one)]);
    let memory = Memory::default();
    let ask = Ask::new(&world.leaf, &world.pool, &anchor)
        .knowing(&known)
        .remembering(&memory);
    // Two certificates and two lists; then nothing.
    for signatures in [4, 0] {
        let report = ask.report();
        assert!(report.outcome.is_ok(), "{report:?}");
        assert_eq!(report.work.signatures, signatures);
    }
    // Brought in beside its issuer it needs no more.
    let known = Known::lists([
        world.of_root(),
        usable(&list(&world.one, &[], |_| {}), &world.one),
    ]);
    let ask = Ask::new(&world.leaf, &world.pool, &anchor).knowing(&known);
    assert_eq!(ask.report().work.signatures, 2);
}

/// Threat R2: whoever may not sign lists does not, at use neither, the anchor not excepted.
#[test]
fn a_ca_without_crl_sign_says_nothing() {
    let no_lists = |params: &mut rcgen::CertificateParams| {
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    };
    // The same CA certified twice: with cRLSign, by which its list was brought in, and without, on the path.
    let root_key = key();
    let root_that_may = support::certificates::root_with(again(&root_key), |_| {});
    let root_that_may_not = support::certificates::root_with(root_key, no_lists);
    let leaf = leaf(&root_that_may, |_| {});
    let known = Known::lists([usable(&list(&root_that_may, &[], |_| {}), &root_that_may)]);
    for (root, wanted) in [
        (&root_that_may, "valid"),
        (&root_that_may_not, "path.revocation-unusable"),
    ] {
        let anchor = anchor(&[root]).with_revocation(require(0));
        let ask = Ask::new(&leaf, &[], &anchor).knowing(&known);
        assert_eq!(ask.rule(), wanted);
    }
}
