//! Lists that are not taken, and lists that are lost.

use store::{ListSource, StoredList};

use super::Kept;
use crate::revocation::keeper::{NotAccepted, names_of};
use crate::revocation::scope::scope_of;

/// Threat R4: a list from a time to come says nothing now, and would stand in the place of one that does.
#[test]
fn a_list_from_a_time_to_come_leaves_the_one_of_now_in_force() {
    let kept = Kept::new();
    kept.import(&kept.list(1, None)).unwrap();
    let outcome = kept.import(&kept.list_of(kept.now.plus(1), 2, None));
    assert!(matches!(outcome, Err(NotAccepted::NotYet { .. })), "{outcome:?}");
    assert_eq!(kept.in_force(), ["1"]);
    kept.import(&kept.list_of(kept.now, 3, None)).unwrap();
    assert_eq!(kept.in_force(), ["3"]);
}

/// Threat R9: under `prefer` whoever a lost list revokes would pass, so nothing is put in force; under `require` they are
/// refused for want of evidence.
#[test]
fn a_kept_list_that_is_lost_stops_whoever_would_do_without_it() {
    let kept = Kept::new();
    let list = kept.import(&kept.list(1, None)).unwrap();
    let (account, trust_anchor) = names_of(&kept.anchor());
    kept.state
        .store
        .put_revocation_list(&StoredList {
            account,
            trust_anchor,
            scope: scope_of(&kept.anchor(), &list),
            source: ListSource::Imported,
            url: None,
            der: b"what a broken disk gave back".to_vec(),
            issuer_certificate: None,
            number: vec![2],
            sha256: [7; 32],
            stored_at: kept.now,
        })
        .unwrap();
    let refused = kept
        .keeper
        .prepare(&kept.objects("prefer"))
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("`acme`") && refused.contains("mode = \"require\""),
        "{refused}"
    );
    let prepared = kept.keeper.prepare(&kept.objects("require")).unwrap();
    kept.keeper.put_in_force(prepared, &kept.snapshot.load_full());
    assert_eq!(kept.in_force(), [""; 0]);
}
