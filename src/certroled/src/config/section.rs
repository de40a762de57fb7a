//! A table of the file as it is being read: what is asked for is taken out, what is left over is a mistake.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::Problem;

/// The file that is read, and what is wrong with it so far.
#[derive(Debug)]
pub(crate) struct Source<'f> {
    pub(crate) file: &'f Path,
    pub(crate) text: &'f str,
    pub(crate) problems: &'f RefCell<Vec<Problem>>,
}

impl Source<'_> {
    pub(crate) fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before
            .bytes()
            .filter(|byte| *byte == b'\n')
            .count()
            .saturating_add(1)
    }

    pub(crate) fn report(&self, line: usize, what: impl Into<String>, remedy: impl Into<String>) {
        self.report_in(self.file, line, what, remedy);
    }

    pub(crate) fn report_in(
        &self,
        file: &Path,
        line: usize,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let (what, remedy) = (what.into(), remedy.into());
        self.problems.borrow_mut().push(Problem {
            file: file.to_owned(),
            line,
            what,
            remedy,
        });
    }
}

/// A value and the line that it stands on.
#[derive(Debug, Clone)]
pub(crate) struct Placed<T> {
    pub(crate) value: T,
    pub(crate) line: usize,
}

/// A table.
#[derive(Debug)]
pub(crate) struct Section<'f, 'v> {
    pub(crate) source: &'f Source<'f>,
    /// Its name, as in `[role.Reader]`; empty for the top of the file.
    pub(crate) name: String,
    pub(crate) line: usize,
    entries: BTreeMap<String, (usize, &'v DeValue<'v>)>,
    asked: Vec<&'static str>,
}

impl<'f, 'v> Section<'f, 'v> {
    pub(crate) fn new(source: &'f Source<'f>, name: String, line: usize, table: &'v DeTable<'v>) -> Self {
        let entries = table
            .iter()
            .map(|(key, value)| {
                (
                    key.get_ref().to_string(),
                    (source.line(&key.span()), Spanned::get_ref(value)),
                )
            })
            .collect();
        Self {
            source,
            name,
            line,
            entries,
            asked: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, key: &'static str) -> Option<(usize, &'v DeValue<'v>)> {
        self.asked.push(key);
        self.entries.remove(key)
    }

    pub(super) fn full(&self, key: &str) -> String {
        if self.name.is_empty() {
            format!("`{key}`")
        } else {
            format!("`{key}` of [{}]", self.name)
        }
    }

    /// The name of a table below this one.
    fn below(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    pub(super) fn wrong_kind(&self, key: &str, line: usize, wanted: &str, value: &DeValue<'_>) {
        let found = match value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.source.report(
            line,
            format!("{} is {found}", self.full(key)),
            format!("write {wanted}"),
        );
    }

    pub(crate) fn text(&mut self, key: &'static str) -> Option<Placed<String>> {
        let (line, value) = self.take(key)?;
        match value {
            DeValue::String(text) => Some(Placed {
                value: text.to_string(),
                line,
            }),
            other => {
                self.wrong_kind(key, line, "a text in quotes", other);
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, key: &'static str, remedy: &str) -> Option<Placed<String>> {
        if !self.entries.contains_key(key) {
            self.asked.push(key);
            self.source
                .report(self.line, format!("{} is missing", self.full(key)), remedy);
            return None;
        }
        self.text(key)
    }

    /// A text that becomes a type.
    pub(crate) fn parsed<T: std::str::FromStr>(
        &self,
        key: &str,
        text: &Placed<String>,
        remedy: &str,
    ) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        match text.value.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                let what = format!("{} `{}`: {error}", self.full(key), text.value);
                self.source.report(text.line, what, remedy);
                None
            }
        }
    }

    /// One of a few words.
    pub(crate) fn one_of<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)], default: T) -> T {
        let Some(text) = self.text(key) else {
            return default;
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return *value;
        }
        let known: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let what = format!("{} is \"{}\"", self.full(key), text.value);
        self.source
            .report(text.line, what, format!("write {}", known.join(" or ")));
        default
    }

    pub(crate) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        match self.take(key) {
            None => default,
            Some((_, DeValue::Boolean(value))) => *value,
            Some((line, other)) => {
                self.wrong_kind(key, line, "true or false", other);
                default
            }
        }
    }

    /// A whole number within a range.
    pub(crate) fn number(&mut self, key: &'static str, range: RangeInclusive<u64>, default: u64) -> u64 {
        let Some((line, value)) = self.take(key) else {
            return default;
        };
        let DeValue::Integer(integer) = value else {
            self.wrong_kind(key, line, "a whole number", value);
            return default;
        };
        let number = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
        match number.and_then(|number| u64::try_from(number).ok()) {
            Some(number) if range.contains(&number) => number,
            _ => {
                let what = format!("{} is {}", self.full(key), integer.as_str());
                let remedy = format!("write a number from {} to {}", range.start(), range.end());
                self.source.report(line, what, remedy);
                default
            }
        }
    }

    /// A list of texts; none when the key is not there.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Vec<Placed<String>>> {
        let (line, value) = self.take(key)?;
        let DeValue::Array(items) = value else {
            self.wrong_kind(key, line, "a list of texts: [\"…\", \"…\"]", value);
            return None;
        };
        let mut texts = Vec::new();
        for item in items.iter() {
            let line = self.source.line(&item.span());
            match item.get_ref() {
                DeValue::String(text) => texts.push(Placed {
                    value: text.to_string(),
                    line,
                }),
                other => self.wrong_kind(key, line, "a list of texts: [\"…\", \"…\"]", other),
            }
        }
        Some(texts)
    }

    /// A list of tables, as in `attribute_mappings = [{ field = … }]`.
    pub(crate) fn tables_in(&mut self, key: &'static str) -> Option<Vec<Section<'f, 'v>>> {
        let (line, value) = self.take(key)?;
        let DeValue::Array(items) = value else {
            self.wrong_kind(key, line, "a list of tables: [{ … }, { … }]", value);
            return None;
        };
        let mut sections = Vec::new();
        for item in items.iter() {
            let line = self.source.line(&item.span());
            match item.get_ref() {
                DeValue::Table(table) => {
                    sections.push(Section::new(self.source, self.below(key), line, table));
                }
                other => self.wrong_kind(key, line, "a list of tables: [{ … }, { … }]", other),
            }
        }
        Some(sections)
    }

    /// A table below this one; an empty one when it is not there.
    pub(crate) fn section(&mut self, key: &'static str) -> Option<Section<'f, 'v>> {
        let (line, value) = self.take(key)?;
        match value {
            DeValue::Table(table) => Some(Section::new(self.source, self.below(key), line, table)),
            other => {
                self.wrong_kind(key, line, &format!("a table: [{}]", self.below(key)), other);
                None
            }
        }
    }

    /// The tables below this one that have names of the user's: `[role.NAME]`.
    pub(crate) fn named(&mut self, key: &'static str) -> Vec<(Placed<String>, Section<'f, 'v>)> {
        let Some((line, value)) = self.take(key) else {
            return Vec::new();
        };
        let DeValue::Table(tables) = value else {
            self.wrong_kind(key, line, &format!("a table for each: [{key}.NAME]"), value);
            return Vec::new();
        };
        let mut named = Vec::new();
        for (name, value) in tables.iter() {
            let line = self.source.line(&name.span());
            let name = name.get_ref().to_string();
            match value.get_ref() {
                DeValue::Table(table) => {
                    let section = Section::new(self.source, format!("{key}.{name}"), line, table);
                    named.push((Placed { value: name, line }, section));
                }
                other => self.wrong_kind(&name, line, &format!("a table: [{key}.{name}]"), other),
            }
        }
        named
    }

    /// Closes the table: whatever nobody asked for is a mistake, never ignored (threat O11).
    pub(crate) fn close(self) {
        for (key, (line, _)) in &self.entries {
            let near = self.asked.iter().min_by_key(|known| distance(known, key));
            let remedy = match near.filter(|known| distance(known, key) <= 3) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("remove it; known here: {}", self.asked.join(", ")),
            };
            self.source
                .report(*line, format!("{} is not known", self.full(key)), remedy);
        }
    }
}

/// How many letters differ, roughly: enough to guess at a slip of the pen.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, c) in one.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at.saturating_add(1);
        let mut next = vec![left];
        for (above, o) in row.iter().skip(1).zip(&other) {
            let cost = diagonal.saturating_add(usize::from(c != *o));
            left = cost.min(left.saturating_add(1)).min(above.saturating_add(1));
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn slips_of_the_pen_are_near() {
        for (one, other, wanted) in [
            ("region", "region", 0),
            ("regoin", "region", 2),
            ("adress", "address", 1),
            ("", "abc", 3),
        ] {
            assert_eq!(distance(one, other), wanted, "{one} {other}");
        }
    }
}
