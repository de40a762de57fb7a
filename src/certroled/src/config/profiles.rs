//! `[profile.NAME]`: which roles a certificate may have, for how long, under which name, with which tags.

use std::collections::HashMap;

use broker::Profile;
use iam::AttributeMapping;
use wire::{ObjectKind, ProfileArn, RoleArn, SessionDuration, file_object_id};

use super::accounts::Accounts;
use super::objects::Place;
use super::section::Section;

pub(crate) fn read(
    top: &mut Section<'_, '_>,
    accounts: &Accounts,
    place: Option<&Place>,
    roles: &HashMap<String, Option<RoleArn>>,
) -> Vec<Profile> {
    let mut profiles = Vec::new();
    for (name, mut section) in top.named("profile") {
        let account = accounts.of(&mut section);
        let enabled = section.flag("enabled", true);
        let duration = duration(
            &mut section,
            "duration_seconds",
            SessionDuration::SHORTEST.seconds(),
        );
        let accept_role_session_name = section.flag("accept_role_session_name", false);
        let attribute_mapping = mapping(&mut section);
        let listed = listed(&mut section, account, roles);
        section.close();
        if let (Some(account), Some(place), Some(duration), Some(attribute_mapping)) =
            (account, place, duration, attribute_mapping)
        {
            let id = file_object_id(account, ObjectKind::Profile, &name.value);
            let arn = ProfileArn::new(&place.partition, &place.region, account, id);
            profiles.push(Profile {
                arn,
                name: name.value,
                enabled,
                roles: listed,
                duration,
                accept_role_session_name,
                attribute_mapping,
            });
        }
    }
    profiles
}

/// A duration; what a role allows at most begins at an hour.
pub(crate) fn duration(
    section: &mut Section<'_, '_>,
    key: &'static str,
    least: u32,
) -> Option<SessionDuration> {
    let most = u64::from(SessionDuration::LONGEST.seconds());
    let seconds = section.number(
        key,
        u64::from(least)..=most,
        u64::from(SessionDuration::DEFAULT.seconds()),
    );
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| SessionDuration::try_from(seconds).ok())
}

fn listed(
    section: &mut Section<'_, '_>,
    account: Option<wire::AccountId>,
    roles: &HashMap<String, Option<RoleArn>>,
) -> Vec<RoleArn> {
    let (source, line, table) = (section.source, section.line, section.name.clone());
    let Some(names) = section.texts("roles") else {
        source.report(
            line,
            format!("`roles` of [{table}] is missing"),
            "write roles = [\"NAME\"] with names of [role.NAME]",
        );
        return Vec::new();
    };
    let mut listed = Vec::new();
    for name in names {
        match roles.get(&name.value) {
            // Its own table's mistakes are reported there.
            Some(None) => {}
            Some(Some(role)) if account.is_none_or(|account| account == role.account()) => {
                listed.push(role.clone());
            }
            Some(Some(role)) => {
                let what = format!("role `{}` belongs to account {}", name.value, role.account());
                source.report(name.line, what, "a profile lists roles of its own account only");
            }
            None => {
                let mut known: Vec<&str> = roles.keys().map(String::as_str).collect();
                known.sort_unstable();
                let remedy = format!("add [role.{}], or list one of: {}", name.value, known.join(", "));
                source.report(name.line, format!("role `{}` is not defined", name.value), remedy);
            }
        }
    }
    listed
}

fn mapping(section: &mut Section<'_, '_>) -> Option<AttributeMapping> {
    let Some(entries) = section.tables_in("attribute_mappings") else {
        return Some(AttributeMapping::default());
    };
    let line = entries.first().map_or(section.line, |entry| entry.line);
    let mut rules = Vec::new();
    let mut whole = true;
    for mut entry in entries {
        let field = entry.required(
            "field",
            "write field = \"x509Subject\", \"x509Issuer\" or \"x509SAN\"",
        );
        let specifiers = entry.texts("specifiers");
        if specifiers.is_none() {
            let remedy = "write specifiers = [\"CN\", \"OU\"], or [\"*\"] for all";
            entry
                .source
                .report(entry.line, "`specifiers` of the mapping is missing", remedy);
        }
        entry.close();
        match (field, specifiers) {
            (Some(field), Some(specifiers)) => {
                rules.push((
                    field.value,
                    specifiers
                        .into_iter()
                        .map(|specifier| specifier.value)
                        .collect::<Vec<_>>(),
                ));
            }
            _ => whole = false,
        }
    }
    match AttributeMapping::new(rules.iter().map(|(field, specifiers)| {
        (
            field.as_str(),
            specifiers.iter().map(String::as_str).collect::<Vec<_>>(),
        )
    })) {
        Ok(mapping) => whole.then_some(mapping),
        Err(error) => {
            let remedy = "each mapping names a field once and specifiers that the field has";
            section
                .source
                .report(line, format!("`attribute_mappings`: {error}"), remedy);
            None
        }
    }
}
