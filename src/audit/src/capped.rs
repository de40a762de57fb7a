//! Texts that a stranger chose the length of: written up to a bound, and marked where they were cut.

use std::borrow::Cow;

use wire::JsonObject;

/// The longest text that an event takes from a stranger, in bytes.
const LONGEST: usize = 1024;

/// A member that is such a text.
pub(crate) fn text(object: &mut JsonObject<'_>, name: &'static str, text: &str) {
    object.text(name, &capped(text));
}

fn capped(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return text.into();
    }
    let end = text.floor_char_boundary(LONGEST);
    format!("{}…", text.get(..end).unwrap_or_default()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_between_characters_and_marked() {
        let fits = "x".repeat(LONGEST);
        assert_eq!(capped(&fits), fits);
        assert_eq!(capped(&format!("{fits}y")), format!("{fits}…"));
        // A character of two bytes that begins at the last one.
        let straddles = format!("{}ü", "x".repeat(LONGEST - 1));
        assert_eq!(capped(&straddles), format!("{}…", "x".repeat(LONGEST - 1)));
    }
}
