//! Session names and source identities.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Why a text is not a name of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// The length is outside the limits.
    #[error("it is {length} characters long; {least} to {most} are allowed")]
    Length {
        /// Characters found.
        length: usize,
        /// The fewest allowed.
        least: usize,
        /// The most allowed.
        most: usize,
    },
    /// A character is not allowed.
    #[error("it holds {found:?}; allowed are {allowed}")]
    Character {
        /// The first character that is not allowed.
        found: char,
        /// What is, in words.
        allowed: &'static str,
    },
    /// The prefix is reserved (policy contract 1.11).
    #[error("it begins with `aws:`, which is reserved")]
    Reserved,
}

/// The most characters of either.
const MOST: usize = 64;

/// The name of a role session: 2 to 64 characters of `[A-Za-z0-9_+=,.@-]` (policy contract 4.4).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleSessionName {
    /// Filled up with zeros.
    text: [u8; MOST],
    length: u8,
}

/// Who a session really is: 2 to 64 characters of letters, numbers, separators and `_.:/=+-@` (contract 1.7).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceIdentity(Arc<str>);

impl FromStr for RoleSessionName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        // `\w` is ASCII here: a name in another script would not survive the services behind it.
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        check(text, allowed, "A-Z a-z 0-9 _ + = , . @ -")?;
        let mut name = Self {
            text: [0; MOST],
            // 64 characters of ASCII.
            length: u8::try_from(text.len()).unwrap_or(u8::MAX),
        };
        for (to, from) in name.text.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(name)
    }
}

impl FromStr for SourceIdentity {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("aws:"))
        {
            return Err(InvalidName::Reserved);
        }
        // \p{L} \p{N} \p{Z}: a separator is a blank in any script, never a control character.
        let allowed =
            |c: char| c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c);
        check(text, allowed, "letters, numbers, blanks and _ . : / = + - @")?;
        Ok(Self(text.into()))
    }
}

fn check(text: &str, is_allowed: impl Fn(char) -> bool, allowed: &'static str) -> Result<(), InvalidName> {
    let length = text.chars().count();
    if !(2..=MOST).contains(&length) {
        return Err(InvalidName::Length {
            length,
            least: 2,
            most: MOST,
        });
    }
    match text.chars().find(|c| !is_allowed(*c)) {
        Some(found) => Err(InvalidName::Character { found, allowed }),
        None => Ok(()),
    }
}

impl RoleSessionName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.length)).unwrap_or_default();
        // ASCII, by construction.
        std::str::from_utf8(text).unwrap_or_default()
    }
}

impl SourceIdentity {
    /// The identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", self.as_str())
            }
        }
    };
}

text!(RoleSessionName);
text!(SourceIdentity);

#[cfg(test)]
mod tests {
    use super::*;

    /// Threat A6: a session name cannot carry a separator that means something elsewhere.
    #[test]
    fn session_names_are_closed_over_their_alphabet() {
        for good in ["ab", "web-1.example,com@x+y=z_", &"a".repeat(64)] {
            let name = good.parse::<RoleSessionName>();
            assert_eq!(name.as_ref().map(RoleSessionName::as_str), Ok(good));
        }
        for bad in [
            "",
            "a",
            "a b",
            "a:b",
            "a/b",
            "a\nb",
            "a\u{e9}b",
            "a\u{661}b",
            "a\0b",
            "a\u{202e}b",
        ] {
            assert!(bad.parse::<RoleSessionName>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(65).parse::<RoleSessionName>().is_err());
    }

    #[test]
    fn source_identities_take_letters_of_any_script_but_no_controls() {
        for good in ["CN=web server", "ID=0123", "CN=z\u{fc}rich", "CN=a/b"] {
            assert!(good.parse::<SourceIdentity>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "x",
            "CN=a*b",
            "CN=a\tb",
            "CN=a\nb",
            "CN=a,b",
            "aws:x",
            "AWS:x",
            "CN=\u{202e}x",
        ] {
            assert!(bad.parse::<SourceIdentity>().is_err(), "{bad:?}");
        }
    }
}
