//! Lists that come while the configuration is read anew.

use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};

use super::Kept;

/// Whoever imported it was told that it is in force; and a path that is met meanwhile is not lost.
#[test]
fn a_list_that_comes_during_a_reload_stays_in_force() {
    let kept = Kept::new();
    let (keeper, anchor, objects) = (&kept.keeper, kept.anchor(), kept.objects("prefer"));
    kept.import(&kept.list(1, None)).unwrap();
    let other =
        CertifiedIssuer::self_signed(CertificateParams::default(), KeyPair::generate().unwrap()).unwrap();
    let path = [kept.authority.der(), other.der()].map(|der| x509::Certificate::parse(der).unwrap());
    std::thread::scope(|threads| {
        let prepared = keeper.prepare(&objects).unwrap();
        threads.spawn(|| kept.import(&kept.list(2, None)).unwrap());
        assert_eq!(keeper.learn(&anchor, &path), None, "nobody waits for a reload");
        keeper.put_in_force(prepared, &kept.snapshot.load_full());
    });
    assert_eq!(kept.in_force(), ["2"]);
    assert_eq!(keeper.learn(&anchor, &path), Some(true));
    assert_eq!(keeper.learn(&anchor, &path), Some(false));
}
