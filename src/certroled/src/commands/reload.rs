//! `certroled reload`: asks the running daemon to read everything anew, and waits for its verdict.

use std::path::Path;

use anyhow::bail;

use super::say;
use crate::config::{Lab, lies_in_a_lab, load};
use crate::control::{Question, ask};

pub(crate) fn reload(file: &Path) -> anyhow::Result<()> {
    if lies_in_a_lab(file) {
        bail!(
            "{} lies in a lab: end `certroled dev` and start it again instead",
            file.display()
        );
    }
    // A set that is refused here is refused there: the mistakes are told without bothering the daemon, but the daemon
    // is asked all the same, so that what it holds against its set is visible there too.
    let socket = match load(file, Lab::Refused) {
        Ok(configuration) => configuration.settings.control_socket,
        Err(problems) => match running_socket(file) {
            Some(socket) => socket,
            None => return Err(problems.into()),
        },
    };
    let reply = ask(&socket, Question::Reload)?;
    if !reply.ok {
        bail!(
            "the reload is refused; what was in force before still is.\n{}",
            reply.text
        );
    }
    say(&reply.text);
    Ok(())
}

/// Where the daemon of a configuration that does not read any more still listens: the file's own words, if those can
/// be made out.
fn running_socket(file: &Path) -> Option<std::path::PathBuf> {
    let text = std::fs::read_to_string(file).ok()?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let value = |key: &str| {
        text.lines()
            .take_while(|line| !line.trim_start().starts_with('['))
            .find_map(|line| {
                let (name, value) = line.split_once('=')?;
                (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
            })
    };
    value("control_socket")
        .map(|socket| folder.join(socket))
        .or_else(|| value("state").map(|state| folder.join(state).join("control.sock")))
        .filter(|socket| socket.exists())
}
