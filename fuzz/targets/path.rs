//! Path building over whatever a request could bring: up to twelve certificates, lists and answers.
//!
//! Nothing panics, the work stays within its limits, a path that is found is one by the second judge, and where the
//! second judge finds one among all that there are, one is found.
#![no_main]

use fuzz::ask::ask;
use fuzz::build::World;
use fuzz::dialect::Dialect;
use fuzz::judge::{find, judge};
use fuzz::plan::Plan;
use libfuzzer_sys::fuzz_target;
use x509::Certificate;

fuzz_target!(|bytes: &[u8]| {
    let plan = Plan::read(bytes);
    let world = World::new(&plan);
    let ours = Dialect::default();
    let expected = find(&plan, &ours);
    let Some((report, limits)) = ask(&plan, &world) else {
        assert_eq!(expected, None, "a path without an anchor: {plan:#?}");
        return;
    };
    let work = report.work;
    assert!(
        work.signatures <= limits.signatures && work.steps <= limits.steps && work.names <= limits.names,
        "{work:?}"
    );
    match report.outcome {
        Ok(path) => {
            // Two cards may make one certificate: the anchor's is then the one that counts.
            let index = |one: &Certificate| {
                let same = |at: &usize| world.certificates.get(*at) == Some(one);
                let anchor = |at: &usize| same(at) && plan.certificates[*at].is_anchor;
                let all = 0..world.certificates.len();
                all.clone().find(anchor).or_else(|| all.clone().find(same))
            };
            let path: Vec<usize> = path.certificates().filter_map(index).collect();
            assert_eq!(judge(&plan, &path, &ours), Ok(()), "{path:?} is none: {plan:#?}");
        }
        Err(error) => assert_eq!(expected, None, "refused ({error}): {plan:#?}"),
    }
});
