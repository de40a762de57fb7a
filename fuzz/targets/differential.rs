//! The same worlds against rustls-webpki: whatever the two disagree on is explained by a rule of `dialect`.
#![no_main]

use std::time::Duration;

use fuzz::ask::ask;
use fuzz::build::{self, World};
use fuzz::dialect::{webpki_accepts_at_least, webpki_accepts_at_most};
use fuzz::judge::find;
use fuzz::plan::{Mode, NOW, Plan};
use libfuzzer_sys::fuzz_target;
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage,
    RevocationOptionsBuilder, anchor_from_trusted_cert,
};

fuzz_target!(|bytes: &[u8]| {
    let plan = Plan::read(bytes).plain();
    let world = World::new(&plan);
    let ours = ask(&plan, &world).is_some_and(|(report, _)| report.outcome.is_ok());
    let theirs = webpki_accepts(&plan, &world);
    if theirs {
        let bound = webpki_accepts_at_most();
        assert!(
            find(&plan, &bound).is_some(),
            "webpki accepts, ours {ours}: {plan:#?}"
        );
    } else {
        let bound = webpki_accepts_at_least();
        assert_eq!(
            find(&plan, &bound),
            None,
            "webpki refuses, ours {ours}: {plan:#?}"
        );
    }
});

fn webpki_accepts(plan: &Plan, world: &World) -> bool {
    let (anchors, pool) = world.apart(plan);
    let anchors: Vec<CertificateDer<'_>> = anchors.iter().map(|one| one.der().into()).collect();
    let anchors: Vec<_> = anchors
        .iter()
        .filter_map(|der| anchor_from_trusted_cert(der).ok())
        .collect();
    let pool: Vec<CertificateDer<'_>> = pool.iter().map(|one| one.der().into()).collect();
    let lists: Vec<Vec<u8>> = plan.lists.iter().map(build::list).collect();
    let lists: Vec<CertRevocationList<'_>> = lists
        .iter()
        .filter_map(|der| BorrowedCertRevocationList::from_der(der).ok())
        .map(CertRevocationList::from)
        .collect();
    let lists: Vec<&CertRevocationList<'_>> = lists.iter().collect();
    let revocation = match plan.mode {
        Mode::Off => None,
        // It cannot be told to ask of no list at all.
        _ if lists.is_empty() => return false,
        _ => {
            let builder = RevocationOptionsBuilder::new(&lists).expect("there are lists");
            Some(builder.with_expiration_policy(ExpirationPolicy::Enforce).build())
        }
    };
    let leaf = world
        .certificates
        .first()
        .map(|leaf| CertificateDer::from(leaf.der()));
    let Some(Ok(leaf)) = leaf.as_ref().map(EndEntityCert::try_from) else {
        return false;
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW.unsigned_abs()));
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let outcome = leaf.verify_for_usage(
        algorithms,
        &anchors,
        &pool,
        now,
        KeyUsage::client_auth(),
        revocation,
        None,
    );
    outcome.is_ok()
}
