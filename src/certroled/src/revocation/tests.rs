//! Lists that come while the configuration is read anew.

#![allow(clippy::unwrap_used)]
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use broker::OcspAnswers;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType, IsCa,
    KeyIdMethod, KeyPair, KeyUsagePurpose, SerialNumber,
};
use store::ListSource;
use time::{Duration, OffsetDateTime};

use super::Keeper;
use crate::config::{Lab, Objects, load};
use crate::randomness::System;
use crate::reload::settle;
use crate::state::State;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Acme Root");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn list(authority: &Authority, number: u64) -> Vec<u8> {
    let now = OffsetDateTime::now_utc();
    let params = CertificateRevocationListParams {
        this_update: now - Duration::hours(1),
        next_update: now + Duration::hours(1),
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(authority).unwrap().der().to_vec()
}

fn objects(folder: &Path, authority: &Authority) -> Objects {
    std::fs::create_dir(folder.join("trust-anchors")).unwrap();
    std::fs::write(folder.join("trust-anchors/acme.pem"), authority.pem()).unwrap();
    let text = "region = \"eu-local-1\"\nserver_names = [\"localhost\"]\nstate = \"state\"\n\n[listen]\n\
                addresses = [\"127.0.0.1:0\"]\ncertificate = \"server.pem\"\nprivate_key = \"server.key\"\n\n\
                [account.111122223333]\nname = \"tests\"\n\n[trust_anchor.acme]\n";
    std::fs::write(folder.join("certrole.toml"), text).unwrap();
    load(&folder.join("certrole.toml"), Lab::Refused).unwrap().objects
}

/// Whoever imported it was told that it is in force; and a path that is met meanwhile is not lost.
#[test]
fn a_list_that_comes_during_a_reload_stays_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, randomness, now) = (authority(), System::new(), crate::clock::now());
    let objects = objects(folder.path(), &authority);
    let state = Arc::new(State::init(&folder.path().join("state"), &randomness).unwrap());
    let snapshot = Arc::new(ArcSwap::from_pointee(
        settle(&objects, &state, &randomness, now).unwrap(),
    ));
    let keeper = Keeper::new(state, Arc::new(OcspAnswers::default()), Arc::clone(&snapshot));
    let anchor = &objects.anchors[0].arn;
    let import = |number| {
        let source = (ListSource::Imported, None);
        keeper
            .accept_list(anchor, &list(&authority, number), &[], source, now)
            .unwrap();
    };
    let in_force = || {
        let snapshot = snapshot.load();
        let lists = snapshot.lists_of_anchors().of(anchor).unwrap();
        lists
            .all()
            .map(|list| list.crl().number().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    keeper.put_in_force(keeper.prepare(&objects).unwrap(), &snapshot.load_full());
    import(1);
    let other =
        CertifiedIssuer::self_signed(CertificateParams::default(), KeyPair::generate().unwrap()).unwrap();
    let path = [authority.der(), other.der()].map(|der| x509::Certificate::parse(der).unwrap());
    std::thread::scope(|threads| {
        let prepared = keeper.prepare(&objects).unwrap();
        threads.spawn(|| import(2));
        assert_eq!(keeper.learn(anchor, &path), None, "nobody waits for a reload");
        keeper.put_in_force(prepared, &snapshot.load_full());
    });
    assert_eq!(in_force(), ["2"]);
    assert_eq!(keeper.learn(anchor, &path), Some(true));
    assert_eq!(keeper.learn(anchor, &path), Some(false));
}
