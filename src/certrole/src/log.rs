//! What is told on standard error. SDKs put it into their own logs, so nothing secret ever comes here (threat C3).

use std::io::Write as _;

/// Where the client tells what it does.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Log {
    debug: bool,
}

impl Log {
    /// A log that tells its steps, or only what went wrong.
    pub(crate) fn new(debug: bool) -> Self {
        Self { debug }
    }

    /// A step, told with `--debug` only.
    pub(crate) fn step(&self, text: impl FnOnce() -> String) {
        if self.debug {
            say(&format!("certrole: {}", text()));
        }
    }

    /// Something that the user should mend, though it went on.
    pub(crate) fn warn(&self, text: &str) {
        say(&format!("certrole: warning: {text}"));
    }
}

/// A line on standard error, in one write; there is nobody to tell when that fails.
pub(crate) fn say(text: &str) {
    let line = format!("{}\n", printable(text));
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Text of strangers without anything that moves a terminal's cursor (threat O4); line ends stay.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let keep = c == '\n' || !c.is_control();
            let escaped = (!keep).then(|| c.escape_default());
            keep.then_some(c).into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn control_characters_are_shown_not_sent() {
        assert_eq!(super::printable("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\nc");
    }
}
