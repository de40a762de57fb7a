//! `[trust_anchor.NAME]` and `trust-anchors/NAME.pem`: one of each, never one without the other.

use std::collections::BTreeSet;
use std::path::Path;

use broker::Anchor;
use wire::{ObjectKind, TrustAnchorArn, file_object_id};

use super::Lab;
use super::accounts::Accounts;
use super::objects::Place;
use super::section::{Placed, Section};
use crate::lab;

/// The folder beside the configuration.
const FOLDER: &str = "trust-anchors";

pub(crate) fn read(
    top: &mut Section<'_, '_>,
    folder: &Path,
    accounts: &Accounts,
    place: Option<&Place>,
    lab: Lab,
) -> Vec<Anchor> {
    let source = top.source;
    let tables = top.named("trust_anchor");
    let folder = folder.join(FOLDER);
    let mut anchors = Vec::new();
    if tables.is_empty() && !folder.exists() {
        return anchors;
    }
    if let Err(refusal) = keyfile::check_trusted_folder(&folder) {
        source.report_in(
            &folder,
            0,
            format!("the trust anchors cannot be used: {refusal}"),
            "",
        );
        for (_, mut section) in tables {
            close(&mut section, accounts);
            section.close();
        }
        return anchors;
    }
    let mut orphans = files_in(&folder);
    for (name, mut section) in tables {
        orphans.remove(&format!("{}.pem", name.value));
        let (account, enabled) = close(&mut section, accounts);
        let trust = certificates(&section, &folder, &name, lab);
        section.close();
        if let (Some(account), Some(trust), Some(place)) = (account, trust, place) {
            let id = file_object_id(account, ObjectKind::TrustAnchor, &name.value);
            let arn = TrustAnchorArn::new(place.partition.clone(), place.region.clone(), account, id);
            anchors.push(Anchor {
                arn,
                name: name.value,
                enabled,
                trust,
            });
        }
    }
    for orphan in orphans {
        let name = orphan.strip_suffix(".pem").unwrap_or(&orphan);
        let remedy = if orphan.ends_with(".pem") {
            format!(
                "add [trust_anchor.{name}] to {}, or move the file away",
                source.file.display()
            )
        } else {
            "only files called NAME.pem belong here: rename it or move it away".to_owned()
        };
        source.report_in(&folder.join(&orphan), 0, "no table is about this file", remedy);
    }
    anchors
}

fn close(section: &mut Section<'_, '_>, accounts: &Accounts) -> (Option<wire::AccountId>, bool) {
    let account = accounts.of(section);
    (account, section.flag("enabled", true))
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
    section: &Section<'_, '_>,
    folder: &Path,
    name: &Placed<String>,
    lab: Lab,
) -> Option<pki::TrustAnchor> {
    let source = section.source;
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
                    "put the CA's certificate there, or remove [trust_anchor.{}]",
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
                "it must hold CA certificates in PEM form, nothing else; `openssl x509 -in FILE` writes that";
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
    match pki::TrustAnchor::new(read) {
        Ok(anchor) => Some(anchor),
        Err(error) => {
            source.report_in(&path, 0, error.to_string(), "put the certificate of a CA there");
            None
        }
    }
}
