//! The configuration file: tables `[use.NAME]`, each with keys named like the flags.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Choices, Environment};
use crate::cli::Selection;
use crate::log::Log;
use crate::trouble::Trouble;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "use")]
    uses: BTreeMap<String, Choices>,
}

/// The table that was asked for: `--use NAME` in the file named, or in the first default file that has it. A file that
/// is named without `--use` needs to have one table only.
pub(super) fn read(
    selection: &Selection,
    environment: &Environment,
    log: Log,
) -> Result<Option<Choices>, Trouble> {
    let name = selection.use_name.as_deref();
    let files: Vec<PathBuf> = match (&selection.config, name) {
        (Some(path), _) => vec![path.clone()],
        (None, Some(_)) => environment
            .configuration_files()
            .into_iter()
            .filter(|path| path.exists())
            .collect(),
        (None, None) => return Ok(None),
    };
    let mut last = None;
    for path in files {
        let mut uses = parse(&path)?.uses;
        let only = uses.keys().next().cloned().filter(|_| uses.len() == 1);
        let wanted = match (name, only) {
            (Some(name), _) => name.to_owned(),
            (None, Some(only)) => only,
            (None, None) => {
                let problem = format!(
                    "it has {} tables [use.NAME]; choose one with --use NAME",
                    uses.len()
                );
                return Err(Trouble::Configuration { path, problem });
            }
        };
        if let Some(mut choices) = uses.remove(&wanted) {
            log.step(|| format!("[use.{wanted}] of {} is used", path.display()));
            choices.resolve(path.parent().unwrap_or(Path::new("/")));
            return Ok(Some(choices));
        }
        let known = uses.into_keys().collect();
        last = Some(Trouble::NoSuchUse {
            path,
            name: wanted,
            known,
        });
    }
    Err(last.unwrap_or_else(|| Trouble::NoConfiguration(name.unwrap_or_default().to_owned())))
}

/// Reads a file that nobody else may write: it says whom to trust.
fn parse(path: &Path) -> Result<File, Trouble> {
    let refuse = |problem: String| Trouble::Configuration {
        path: path.to_owned(),
        problem,
    };
    let bytes = keyfile::read_trusted(path).map_err(|refusal| refuse(refusal.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| refuse("it is not UTF-8".into()))?;
    toml::from_str(&text).map_err(|error| refuse(error.to_string().trim_end().to_owned()))
}
