//! Deltas and the full lists that they change (RFC 5280, 5.2.4).

use super::Kept;
use crate::revocation::keeper::NotAccepted;

/// Threat R7: a delta without its list would say less than the list before it.
#[test]
fn a_delta_waits_for_its_full_list() {
    let kept = Kept::new();
    let delta = kept.list(7, Some(5));
    let refused = |case: &str| {
        let outcome = kept.import(&delta);
        assert!(
            matches!(outcome, Err(NotAccepted::DeltaWithoutBase)),
            "{case}: {outcome:?}"
        );
    };
    refused("no list at all");
    kept.import(&kept.list(4, None)).unwrap();
    refused("an older list");
    assert_eq!(kept.in_force(), ["4"]);
    kept.import(&kept.list(5, None)).unwrap();
    kept.import(&delta).unwrap();
    assert_eq!(kept.in_force(), ["5", "delta 7"]);
}

/// What a full list has taken in is not asked twice: a delta may hold what the list gave back since.
#[test]
fn a_full_list_ends_the_deltas_that_it_holds_and_no_other() {
    let kept = Kept::new();
    kept.import(&kept.list(5, None)).unwrap();
    kept.import(&kept.list(7, Some(5))).unwrap();
    kept.import(&kept.list(6, None)).unwrap();
    assert_eq!(kept.in_force(), ["6", "delta 7"], "the delta is newer");
    kept.import(&kept.list(7, None)).unwrap();
    assert_eq!(kept.in_force(), ["7"]);
}
