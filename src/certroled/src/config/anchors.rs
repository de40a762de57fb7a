//! The files of `trust-anchors/`: `NAME.pem` for each `[trust_anchor.NAME]`, never one without the other, and `NAME.crl`
//! where there are revocation lists beside it.

use std::collections::BTreeSet;
use std::path::Path;

use broker::Anchor;
use pki::{AnchorKind, Mode, Source as Evidence, TrustAnchor};
use wire::{ObjectKind, TrustAnchorArn, file_object_id};

use super::Lab;
use super::accounts::Accounts;
use super::anchor_revocation::AnchorRevocation;
use super::anchor_table::AnchorTable;
use super::fetching::Fetching;
use super::list_files::{self, ListFile};
use super::objects::Place;
use super::section::{Placed, Section, Source};
use crate::lab;

/// The folder beside the configuration.
const FOLDER: &str = "trust-anchors";

/// The anchors, and what lies beside each of them about revocation.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    pub(super) anchors: Vec<Anchor>,
    pub(super) revocation: Vec<AnchorRevocation>,
}

pub(super) fn read(
    top: &mut Section<'_, '_>,
    folder: &Path,
    accounts: &Accounts,
    place: Option<&Place>,
    fetching: Option<&Fetching>,
    lab: Lab,
) -> Anchors {
    let source = top.source;
    let tables = top.named("trust_anchor");
    let folder = folder.join(FOLDER);
    let mut read = Anchors::default();
    if tables.is_empty() && !folder.exists() {
        return read;
    }
    if let Err(refusal) = keyfile::check_trusted_folder(&folder) {
        source.report_in(
            &folder,
            0,
            format!("the trust anchors cannot be used: {refusal}"),
            "",
        );
        for (_, section) in tables {
            AnchorTable::read(section, accounts, fetching);
        }
        return read;
    }
    let mut orphans = files_in(&folder);
    for (name, section) in tables {
        orphans.remove(&format!("{}.pem", name.value));
        let lists = format!("{}.crl", name.value);
        let has_lists = orphans.remove(&lists);
        let table = AnchorTable::read(section, accounts, fetching);
        let trust = certificates(source, &folder, &name, table.kind, lab);
        let mut beside = ListFile::default();
        if has_lists {
            let path = folder.join(&lists);
            must_be_looked_at(source, &path, &table);
            let anchor = trust.as_ref().map(TrustAnchor::certificates).unwrap_or_default();
            beside = list_files::read(source, &path, anchor);
        }
        if let (Some(account), Some(trust), Some(place)) = (table.account, trust, place) {
            let id = file_object_id(account, ObjectKind::TrustAnchor, &name.value);
            let arn = TrustAnchorArn::new(&place.partition, &place.region, account, id);
            read.revocation.push(AnchorRevocation {
                anchor: arn.clone(),
                lists: beside.lists,
                certificates: beside.certificates,
                locations: table.locations,
            });
            read.anchors.push(Anchor {
                arn,
                name: name.value,
                enabled: table.enabled,
                trust: trust
                    .constrained(table.constraints)
                    .with_revocation(table.revocation),
            });
        }
    }
    tell_orphans(source, &folder, &orphans);
    read
}

/// Lists that nobody looks at are a mistake: whoever put them there relies on them.
fn must_be_looked_at(source: &Source<'_>, path: &Path, table: &AnchorTable) {
    let (what, remedy) = if table.kind == AnchorKind::Pinned {
        (
            "the anchor pins certificates, and nobody issues what is pinned",
            "move the file away; to end a pinned certificate take it out of its file",
        )
    } else if table.revocation.mode == Mode::Off || !table.revocation.sources.contains(&Evidence::Crl) {
        (
            "the anchor's `mode` or `sources` say that revocation lists are not looked at",
            "write mode = \"prefer\" or \"require\" and add \"crl\" to `sources`, or move the file away",
        )
    } else {
        return;
    };
    source.report_in(path, 0, what, remedy);
}

fn tell_orphans(source: &Source<'_>, folder: &Path, orphans: &BTreeSet<String>) {
    for orphan in orphans {
        let name = orphan
            .strip_suffix(".pem")
            .or_else(|| orphan.strip_suffix(".crl"));
        let remedy = match name {
            Some(name) => format!(
                "add [trust_anchor.{name}] to {}, or move the file away",
                source.file.display()
            ),
            None => {
                "only files called NAME.pem and NAME.crl belong here: rename it or move it away".to_owned()
            }
        };
        source.report_in(&folder.join(orphan), 0, "no table is about this file", remedy);
    }
}

fn files_in(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return BTreeSet::new();
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        // What documents the folder, and what editors and version control leave there.
        .filter(|name| !name.starts_with('.') && name != "README.md")
        .collect()
}

fn certificates(
    source: &Source<'_>,
    folder: &Path,
    name: &Placed<String>,
    kind: AnchorKind,
    lab: Lab,
) -> Option<TrustAnchor> {
    let odd = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
    if name.value.is_empty() || name.value.starts_with('.') || name.value.contains(odd) {
        let remedy = "a trust anchor's name is letters, digits, `-`, `_` and `.`: it is a file's name too";
        source.report(
            name.line,
            format!("[trust_anchor.{}] cannot be a file's name", name.value),
            remedy,
        );
        return None;
    }
    let path = folder.join(format!("{}.pem", name.value));
    let bytes = match keyfile::read_trusted(&path) {
        Ok(bytes) => bytes,
        Err(refusal) => {
            let remedy = if path.exists() {
                String::new()
            } else {
                format!(
                    "put the certificate there, or remove [trust_anchor.{}]",
                    name.value
                )
            };
            source.report(
                name.line,
                format!("[trust_anchor.{}]: {refusal}", name.value),
                remedy,
            );
            return None;
        }
    };
    let read = match x509::read_certificates(&bytes) {
        Ok(read) => read,
        Err(error) => {
            let remedy =
                "it must hold certificates in PEM form, nothing else; `openssl x509 -in FILE` writes that";
            source.report_in(&path, 0, error.to_string(), remedy);
            return None;
        }
    };
    if lab == Lab::Refused && read.iter().any(lab::is_marked) {
        let remedy =
            "the lab's CA is known to anyone who ran it: use your own CA; `certroled dev` serves a lab";
        source.report_in(&path, 0, "this is the CA of a lab", remedy);
        return None;
    }
    let (made, remedy) = match kind {
        AnchorKind::Ca => (
            TrustAnchor::new(read),
            "put the certificate of a CA there; to trust the certificate itself and nothing else, write kind = \"pinned\"",
        ),
        AnchorKind::Pinned => (
            TrustAnchor::pinned(read),
            "put the clients' own certificates there; to trust what a CA issues, leave `kind` out",
        ),
    };
    match made {
        Ok(anchor) => Some(anchor),
        Err(error) => {
            source.report_in(&path, 0, error.to_string(), remedy);
            None
        }
    }
}
