//! Distinguished names in a configuration: `[[{ O = "Acme" }, { OU = "Servers" }]]`.
//!
//! What lives here: a list of names, each a list of RDNs in the order in which certificates have them, each RDN a table
//! of types and values. What does not: one text for a whole name. Half of all tools write it front to back, half back to
//! front, and a comma in a value needs an escape in both.

use toml::de::DeValue;
use x509::Name;

use super::anchor_constraints::empty;
use super::section::Section;

const SHAPE: &str =
    "a list of names, each a list of its parts from the top down: [[{ O = \"Acme\" }, { OU = \"Web\" }]]";

/// Reads the names under a key; none when it is not there.
pub(super) fn read(section: &mut Section<'_, '_>, key: &'static str) -> Vec<Name> {
    let mut names = Vec::new();
    let Some((line, value)) = section.take(key) else {
        return names;
    };
    let DeValue::Array(items) = value else {
        section.wrong_kind(key, line, SHAPE, value);
        return names;
    };
    if items.is_empty() {
        empty(section, key);
    }
    for item in items.iter() {
        let line = section.source.line(&item.span());
        let Some(rdns) = rdns(section, key, line, item.get_ref()) else {
            continue;
        };
        match Name::of(&rdns) {
            Ok(name) => names.push(name),
            Err(error) => {
                let what = format!("a name in {}: {error}", section.full(key));
                section.source.report(line, what, format!("write {SHAPE}"));
            }
        }
    }
    names
}

type Rdn<'v> = Vec<(&'v str, &'v str)>;

fn rdns<'v>(
    section: &Section<'_, '_>,
    key: &str,
    line: usize,
    name: &'v DeValue<'v>,
) -> Option<Vec<Rdn<'v>>> {
    let DeValue::Array(parts) = name else {
        section.wrong_kind(key, line, SHAPE, name);
        return None;
    };
    let mut rdns = Vec::new();
    for part in parts.iter() {
        let DeValue::Table(attributes) = part.get_ref() else {
            section.wrong_kind(key, line, SHAPE, part.get_ref());
            return None;
        };
        let mut rdn = Vec::new();
        for (kind, value) in attributes.iter() {
            let DeValue::String(value) = value.get_ref() else {
                section.wrong_kind(key, line, SHAPE, value.get_ref());
                return None;
            };
            rdn.push((kind.get_ref().as_ref(), value.as_ref()));
        }
        rdns.push(rdn);
    }
    Some(rdns)
}
