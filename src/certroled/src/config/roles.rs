//! `[role.NAME]`: what a session stands for, and who may have it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use broker::Anchor;
use iam::{Allowances, TRUST_ANCHOR_PLACEHOLDER, TrustPolicy};
use wire::RoleArn;

use super::accounts::Accounts;
use super::objects::{Place, RoleSpec};
use super::profiles::duration;
use super::section::{Placed, Section};

/// What a role's maximum may be at least, seconds.
const LEAST_MAXIMUM: u32 = 3600;

/// The roles that are whole, and every name that there is a table for.
pub(crate) fn read(
    top: &mut Section<'_, '_>,
    folder: &Path,
    accounts: &Accounts,
    place: Option<&Place>,
    anchors: &[Anchor],
) -> (Vec<RoleSpec>, HashMap<String, Option<RoleArn>>) {
    let mut roles: Vec<RoleSpec> = Vec::new();
    let mut names = HashMap::new();
    for (name, mut section) in top.named("role") {
        let account = accounts.of(&mut section);
        let path = section.text("path").unwrap_or(Placed {
            value: "/".to_owned(),
            line: section.line,
        });
        let maximum = duration(&mut section, "max_session_duration_seconds", LEAST_MAXIMUM);
        issuer(&mut section);
        let allowances = Allowances {
            any_anchor: section.flag("any_anchor", false),
            any_certificate: section.flag("any_certificate", false),
            negated_conditions: section.flag("negated_conditions", false),
        };
        let policy = policy(&mut section, folder, allowances, anchors);
        let arn = match (account, place) {
            (Some(account), Some(place)) => {
                match RoleArn::new(&place.partition, account, &path.value, &name.value) {
                    Ok(arn) => Some(arn),
                    Err(error) => {
                        let remedy = "a role's name is 1 to 64 of letters, digits and +=,.@_-; its path begins and ends \
                                      with `/`";
                        section
                            .source
                            .report(name.line, format!("[role.{}]: {error}", name.value), remedy);
                        None
                    }
                }
            }
            _ => None,
        };
        section.close();
        if let (Some(arn), Some(policy), Some(maximum)) = (arn.clone(), policy, maximum) {
            roles.push(RoleSpec { arn, policy, maximum });
        }
        names.insert(name.value, arn);
    }
    (roles, names)
}

/// Other issuers come with a later release: refused, with what there is.
fn issuer(section: &mut Section<'_, '_>) {
    if let Some(issuer) = section.text("issuer")
        && issuer.value != "embedded"
    {
        let remedy = "write \"embedded\", the one that this release has, or leave the key out";
        section.source.report(
            issuer.line,
            format!("issuer \"{}\" is not there", issuer.value),
            remedy,
        );
    }
}

fn policy(
    section: &mut Section<'_, '_>,
    folder: &Path,
    allowances: Allowances,
    anchors: &[Anchor],
) -> Option<TrustPolicy> {
    let source = section.source;
    let inline = section.text("trust_policy");
    let file = section.text("trust_policy_file");
    // A policy in the file itself begins on the line of its key.
    let (text, place, first_line): (String, PathBuf, usize) = match (inline, file) {
        (Some(inline), None) => (inline.value, source.file.to_owned(), inline.line),
        (None, Some(file)) => {
            let path = folder.join(&file.value);
            match keyfile::read_trusted(&path) {
                Ok(bytes) => match String::from_utf8(bytes) {
                    Ok(text) => (text, path, 1),
                    Err(_) => {
                        source.report_in(
                            &path,
                            0,
                            "it is not text in UTF-8",
                            "write the policy as JSON in UTF-8",
                        );
                        return None;
                    }
                },
                Err(refusal) => {
                    source.report(
                        file.line,
                        format!("trust_policy_file of [{}]: {refusal}", section.name),
                        "",
                    );
                    return None;
                }
            }
        }
        (Some(_), Some(file)) => {
            let what = format!("[{}] has `trust_policy` and `trust_policy_file`", section.name);
            source.report(file.line, what, "keep one of them");
            return None;
        }
        (None, None) => {
            let what = format!(
                "[{}] has no trust policy: nobody could ever have it",
                section.name
            );
            let remedy = "write trust_policy_file = \"policies/NAME.json\"; `docs/configuration.md` has one to start from";
            source.report(section.line, what, remedy);
            return None;
        }
    };
    match TrustPolicy::parse(&text, allowances) {
        Ok(policy) => Some(policy),
        Err(errors) => {
            for error in errors {
                let what = format!(
                    "trust policy of [{}], {}: {}",
                    section.name, error.place, error.problem
                );
                source.report_in(&place, first_line, what, with_arns(&error.remedy, anchors));
            }
            None
        }
    }
}

/// A remedy with the ARNs that it is about: nobody knows them by heart.
fn with_arns(remedy: &str, anchors: &[Anchor]) -> String {
    let arns: Vec<String> = anchors.iter().map(|anchor| anchor.arn.to_string()).collect();
    if arns.is_empty() {
        remedy.to_owned()
    } else {
        remedy.replace(TRUST_ANCHOR_PLACEHOLDER, &arns.join(" or "))
    }
}
