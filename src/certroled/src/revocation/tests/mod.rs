//! What is kept, and when: an authority's lists, a keeper and the folder that it keeps them in.

#![allow(clippy::unwrap_used)]
mod deltas;
mod lists;
mod reload;

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use broker::{OcspAnswers, Snapshot};
use pki::List;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    SigningKey as _,
};
use store::ListSource;
use tempfile::TempDir;
use wire::{Timestamp, TrustAnchorArn};

use super::Keeper;
use super::keeper::NotAccepted;
use crate::config::{Lab, Objects, load};
use crate::randomness::System;
use crate::reload::settle;
use crate::state::State;

pub(super) type Authority = CertifiedIssuer<'static, KeyPair>;

pub(super) fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Acme Root");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A keeper and all that it needs.
pub(super) struct Kept {
    pub(super) authority: Authority,
    pub(super) folder: TempDir,
    pub(super) state: Arc<State>,
    pub(super) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(super) keeper: Arc<Keeper>,
    pub(super) now: Timestamp,
}

impl Kept {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (authority, randomness, now) = (authority(), System::new(), crate::clock::now());
        std::fs::create_dir(folder.path().join("trust-anchors")).unwrap();
        std::fs::write(folder.path().join("trust-anchors/acme.pem"), authority.pem()).unwrap();
        let objects = objects(folder.path(), "prefer");
        let state = Arc::new(State::init(&folder.path().join("state"), &randomness).unwrap());
        let settled = settle(&objects, &state, &randomness, now).unwrap();
        let snapshot = Arc::new(ArcSwap::from_pointee(settled));
        let keeper = Keeper::new(
            Arc::clone(&state),
            Arc::new(OcspAnswers::default()),
            Arc::clone(&snapshot),
        );
        keeper.put_in_force(keeper.prepare(&objects).unwrap(), &snapshot.load_full());
        Self {
            authority,
            folder,
            state,
            snapshot,
            keeper: Arc::new(keeper),
            now,
        }
    }

    /// The objects, with this mode of revocation.
    pub(super) fn objects(&self, mode: &str) -> Objects {
        objects(self.folder.path(), mode)
    }

    pub(super) fn anchor(&self) -> TrustAnchorArn {
        self.objects("prefer").anchors[0].arn.clone()
    }

    /// Imports a list.
    pub(super) fn import(&self, list: &[u8]) -> Result<Arc<List>, NotAccepted> {
        let source = (ListSource::Imported, None);
        self.keeper
            .accept_list(&self.anchor(), list, &[], source, self.now)
    }

    /// A list of this number; a delta of the list with the other.
    pub(super) fn list(&self, number: u8, base: Option<u8>) -> Vec<u8> {
        self.list_of(self.now.plus(-3600), number, base)
    }

    /// The same, of this time.
    pub(super) fn list_of(&self, this_update: Timestamp, number: u8, base: Option<u8>) -> Vec<u8> {
        let issuer = x509::Certificate::parse(self.authority.der()).unwrap();
        let number = extension(20, false, number);
        let base = base.map(|base| extension(27, true, base)).unwrap_or_default();
        let tbs = element(
            0x30,
            &[
                &[2, 1, 1],
                ECDSA_SHA256,
                issuer.subject().raw(),
                &utc(this_update),
                &utc(self.now.plus(3600)),
                &element(0xa0, &[&element(0x30, &[&number, &base])]),
            ],
        );
        let signature = self.authority.key().sign(&tbs).unwrap();
        element(
            0x30,
            &[&tbs, ECDSA_SHA256, &element(3, &[&[0], signature.as_slice()])],
        )
    }

    /// The numbers of the lists in force, those of deltas marked.
    pub(super) fn in_force(&self) -> Vec<String> {
        let snapshot = self.snapshot.load();
        let lists = snapshot.lists_of_anchors().of(&self.anchor()).unwrap();
        let mut numbers: Vec<_> = lists
            .all()
            .map(|list| {
                let kind = if list.is_delta() { "delta " } else { "" };
                format!("{kind}{}", list.crl().number().unwrap())
            })
            .collect();
        numbers.sort();
        numbers
    }
}

fn objects(folder: &Path, mode: &str) -> Objects {
    let text = format!(
        "region = \"eu-local-1\"\nserver_names = [\"localhost\"]\nstate = \"state\"\n\n[listen]\n\
         addresses = [\"127.0.0.1:0\"]\ncertificate = \"server.pem\"\nprivate_key = \"server.key\"\n\n\
         [account.111122223333]\nname = \"tests\"\n\n[trust_anchor.acme]\n\n\
         [trust_anchor.acme.revocation]\nmode = \"{mode}\"\nsources = [\"crl\"]\n"
    );
    std::fs::write(folder.join("certrole.toml"), text).unwrap();
    load(&folder.join("certrole.toml"), Lab::Refused).unwrap().objects
}

/// SEQUENCE { ecdsa-with-SHA256 } (RFC 5758, 3.2).
const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// One element of DER around the parts, shorter than 64 KiB.
fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
    let head: &[u8] = match (high, low) {
        (0, ..0x80) => &[tag, low],
        (0, _) => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    [head, &content].concat()
}

/// An extension below 2.5.29 that is a number.
fn extension(kind: u8, critical: bool, number: u8) -> Vec<u8> {
    let critical: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    element(
        0x30,
        &[&[6, 3, 0x55, 0x1d, kind], critical, &[4, 3, 2, 1, number]],
    )
}

/// UTCTime.
fn utc(at: Timestamp) -> Vec<u8> {
    let text = at.basic().replace('T', "");
    element(0x17, &[text.split_at(2).1.as_bytes()])
}
