//! Reading everything, and telling everything that is wrong with it.

use std::cell::RefCell;
use std::path::{Component, Path};

use toml::de::DeTable;
use wire::RoleId;

use super::accounts::Accounts;
use super::anchors::Anchors;
use super::objects::{Objects, Place};
use super::problem::{Problem, Problems};
use super::section::{Section, Source};
use super::settings::Settings;
use super::{Lab, anchors, fetching, profiles, roles};

/// A configuration that is valid as a whole.
#[derive(Debug, Clone)]
pub(crate) struct Configuration {
    pub(crate) settings: Settings,
    pub(crate) objects: Objects,
}

/// Reads `certrole.toml` and all that it names.
pub(crate) fn load(file: &Path, lab: Lab) -> Result<Configuration, Problems> {
    let whole = |what: String, remedy: &str| {
        Problems(vec![Problem {
            file: file.to_owned(),
            line: 0,
            what,
            remedy: remedy.to_owned(),
        }])
    };
    if lab == Lab::Refused && lies_in_a_lab(file) {
        let remedy = "only `certroled dev` serves a lab; write a configuration of your own elsewhere";
        return Err(whole("this is a lab's configuration".to_owned(), remedy));
    }
    let bytes = keyfile::read_trusted(file).map_err(|refusal| {
        whole(
            format!("it cannot be used: {}", refusal_without_path(&refusal, file)),
            "",
        )
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| whole("it is not text in UTF-8".to_owned(), "save it as UTF-8"))?;
    let problems = RefCell::new(Vec::new());
    let configuration = read(file, &text, lab, &problems);
    let mut problems = problems.into_inner();
    problems.sort();
    problems.dedup();
    match configuration {
        Some(configuration) if problems.is_empty() => Ok(configuration),
        _ => Err(Problems(problems)),
    }
}

fn refusal_without_path(refusal: &keyfile::Refusal, file: &Path) -> String {
    let text = refusal.to_string();
    let prefix = format!("{}: ", file.display());
    text.strip_prefix(&prefix).unwrap_or(&text).to_owned()
}

fn read(file: &Path, text: &str, lab: Lab, problems: &RefCell<Vec<Problem>>) -> Option<Configuration> {
    let source = Source { file, text, problems };
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let line = error.span().map_or(0, |span| source.line(&span));
        source.report(line, error.message(), "correct the TOML here");
    }
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let mut top = Section::new(&source, String::new(), 1, table.get_ref());
    let settings = Settings::read(&mut top, folder);
    let accounts = Accounts::read(&mut top);
    let place = settings.as_ref().map(|settings| Place {
        partition: settings.partition.clone(),
        region: settings.region.clone(),
    });
    let fetching = fetching::read(top.section("revocation"));
    let Anchors { anchors, revocation } = anchors::read(
        &mut top,
        folder,
        &accounts,
        place.as_ref(),
        fetching.as_ref(),
        lab,
    );
    let (roles, names) = roles::read(&mut top, folder, &accounts, place.as_ref(), &anchors);
    let profiles = profiles::read(&mut top, &accounts, place.as_ref(), &names);
    top.close();

    let settings = settings?;
    if lab == Lab::Refused {
        for path in [
            &settings.listen.certificate,
            &settings.listen.private_key,
            &settings.state,
        ] {
            if lies_in_a_lab(path) {
                let what = format!("{} lies in a lab", path.display());
                source.report(
                    0,
                    what,
                    "only `certroled dev` reads a lab: use material of your own",
                );
            }
        }
    }
    let objects = Objects {
        place: place?,
        server_names: settings.server_names.clone(),
        replay: settings.replay,
        anchors,
        revocation,
        fetching,
        profiles,
        roles,
    };
    // What only shows when all is put together.
    if problems.borrow().is_empty()
        && let Err(errors) = objects.snapshot(provisional_ids(&objects))
    {
        for error in errors {
            source.report(0, error.to_string(), "give each its own name");
        }
    }
    Some(Configuration { settings, objects })
}

/// Ids that only serve to try the objects out; the store gives the real ones.
pub(crate) fn provisional_ids(objects: &Objects) -> Vec<RoleId> {
    (0_u64..)
        .take(objects.roles.len())
        .map(|number| {
            let mut bytes = [0; 11];
            for (to, from) in bytes.iter_mut().zip(number.to_be_bytes()) {
                *to = from;
            }
            RoleId::from_random(bytes)
        })
        .collect()
}

/// Whether a path leads through `certs/lab`.
pub(crate) fn lies_in_a_lab(path: &Path) -> bool {
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    [path, real.as_path()].into_iter().any(|path| {
        let parts: Vec<Component<'_>> = path.components().collect();
        parts.windows(2).any(|pair| {
            matches!(pair, [Component::Normal(one), Component::Normal(other)] if *one == "certs" && *other == "lab")
        })
    })
}
