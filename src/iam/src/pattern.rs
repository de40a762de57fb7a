//! Patterns: literal text, wildcards and variables as separate things, so that a variable's value can never act as a
//! wildcard (policy contract 1.7; threat A5).

use std::borrow::Cow;

use crate::context::RequestContext;

/// One piece of a pattern as written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// `*`
    Any,
    /// `?`
    One,
    /// `${key}` or `${key, 'default'}`
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A pattern, compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<Piece>);

/// Whether `*` and `?` mean anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wildcards {
    Meant,
    Literal,
}

impl Pattern {
    /// Compiles a pattern. Variables are read only where the policy's version has them.
    pub(crate) fn compile(text: &str, wildcards: Wildcards, variables: bool) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        let flush = |literal: &mut String, pieces: &mut Vec<Piece>| {
            if !literal.is_empty() {
                pieces.push(Piece::Text(std::mem::take(literal)));
            }
        };
        while let Some(c) = rest.chars().next() {
            if variables && let Some(inside) = rest.strip_prefix("${") {
                let (name, after) = inside.split_once('}').ok_or("a `${` has no `}`")?;
                match name {
                    "*" | "?" | "$" => literal.push_str(name),
                    _ => {
                        flush(&mut literal, &mut pieces);
                        pieces.push(variable(name)?);
                    }
                }
                rest = after;
                continue;
            }
            match (c, wildcards) {
                ('*', Wildcards::Meant) => {
                    flush(&mut literal, &mut pieces);
                    pieces.push(Piece::Any);
                }
                ('?', Wildcards::Meant) => {
                    flush(&mut literal, &mut pieces);
                    pieces.push(Piece::One);
                }
                (c, _) => literal.push(c),
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        flush(&mut literal, &mut pieces);
        Ok(Self(pieces))
    }

    /// Whether the text matches. A variable that is absent and has no default matches nothing.
    pub(crate) fn matches(&self, text: &str, ignore_case: bool, context: &RequestContext<'_>) -> bool {
        if let [Piece::Text(literal)] = self.0.as_slice()
            && !ignore_case
        {
            return literal == text;
        }
        let mut resolved: Vec<Element<'_>> = Vec::with_capacity(self.0.len());
        for piece in &self.0 {
            resolved.push(match piece {
                Piece::Text(text) => Element::Text(text.into()),
                Piece::Any => Element::Any,
                Piece::One => Element::One,
                Piece::Variable { key, default } => {
                    match context.one(key).or_else(|| default.as_deref().map(Cow::from)) {
                        Some(value) => Element::Text(value),
                        None => return false,
                    }
                }
            });
        }
        let fold = |text: &str| -> Vec<char> {
            if ignore_case {
                text.to_lowercase().chars().collect()
            } else {
                text.chars().collect()
            }
        };
        let wanted: Vec<Wanted> = resolved
            .iter()
            .flat_map(|element| match element {
                Element::Text(text) => fold(text).into_iter().map(Wanted::Char).collect(),
                Element::Any => vec![Wanted::Any],
                Element::One => vec![Wanted::One],
            })
            .collect();
        glob(&wanted, &fold(text))
    }

    /// Whether it has a variable.
    pub(crate) fn has_variable(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Variable { .. }))
    }

    /// Whether it has at least one literal character.
    pub(crate) fn has_literal(&self) -> bool {
        self.0
            .iter()
            .any(|piece| matches!(piece, Piece::Text(text) if !text.is_empty()))
    }

    /// The keys of its variables.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Variable { key, .. } => Some(key.as_str()),
            _ => None,
        })
    }
}

fn variable(inside: &str) -> Result<Piece, String> {
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, rest)) => {
            let quoted = rest.strip_prefix(" '").and_then(|rest| rest.strip_suffix('\''));
            (
                key,
                Some(
                    quoted
                        .ok_or("a variable's default is not written as `, 'text'`")?
                        .to_owned(),
                ),
            )
        }
    };
    if key.is_empty() || key.chars().any(char::is_whitespace) || !key.contains(':') {
        return Err(format!("`${{{inside}}}` is not a variable"));
    }
    Ok(Piece::Variable {
        key: key.to_lowercase(),
        default,
    })
}

/// Whether the text matches a pattern of nothing but characters and wildcards.
pub(crate) fn glob_text(pattern: &str, text: &str) -> bool {
    let wanted: Vec<Wanted> = pattern
        .chars()
        .map(|c| match c {
            '*' => Wanted::Any,
            '?' => Wanted::One,
            c => Wanted::Char(c),
        })
        .collect();
    glob(&wanted, &text.chars().collect::<Vec<_>>())
}

enum Element<'a> {
    Text(Cow<'a, str>),
    Any,
    One,
}

enum Wanted {
    Char(char),
    Any,
    One,
}

/// Linear in the product of both lengths at worst; no recursion (threat G7).
fn glob(wanted: &[Wanted], text: &[char]) -> bool {
    let (mut at, mut with) = (0usize, 0usize);
    let mut resume: Option<(usize, usize)> = None;
    loop {
        match (wanted.get(with), text.get(at)) {
            (None, None) => return true,
            (Some(Wanted::Any), _) => {
                resume = Some((with, at));
                with = with.saturating_add(1);
                continue;
            }
            (Some(Wanted::One), Some(_)) => {}
            (Some(Wanted::Char(wanted)), Some(found)) if wanted == found => {}
            _ => match resume {
                // The last `*` takes one more character.
                Some((star, taken)) if taken < text.len() => {
                    resume = Some((star, taken.saturating_add(1)));
                    (with, at) = (star.saturating_add(1), taken.saturating_add(1));
                    continue;
                }
                _ => return false,
            },
        }
        at = at.saturating_add(1);
        with = with.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let context = crate::context::test_context(&[("aws:sourceip", "*"), ("sts:rolesessionname", "a?b")]);
        Pattern::compile(pattern, Wildcards::Meant, true)
            .unwrap()
            .matches(text, false, &context)
    }

    #[test]
    fn wildcards_match_as_written() {
        for (pattern, text, wanted) in [
            ("", "", true),
            ("*", "", true),
            ("*", "a/b:c", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "abd", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*ab", "aab", true),
            ("a", "A", false),
            ("${*}", "*", true),
            ("${*}", "x", false),
            ("${?}${$}", "?$", true),
        ] {
            assert_eq!(matches(pattern, text), wanted, "{pattern} {text}");
        }
        let long = "a".repeat(2000);
        assert!(!matches(&format!("{}b", "*a".repeat(50)), &long));
    }

    /// Threat A5: what a certificate says is data; a wildcard in it is a character.
    #[test]
    fn a_variables_value_is_never_a_wildcard() {
        assert!(matches("${aws:SourceIp}", "*"));
        assert!(!matches("${aws:SourceIp}", "anything"));
        assert!(!matches("${sts:RoleSessionName}", "axb"));
        assert!(!matches("${aws:Absent}", ""));
        assert!(matches("${aws:Absent, 'x'}", "x"));
    }

    #[test]
    fn broken_variables_do_not_compile() {
        for bad in ["${", "${}", "${a b:c}", "${x}", "${aws:a,'b'}", "${aws:a, b}"] {
            assert!(Pattern::compile(bad, Wildcards::Meant, true).is_err(), "{bad}");
            assert!(Pattern::compile(bad, Wildcards::Meant, false).is_ok(), "{bad}");
        }
    }
}
