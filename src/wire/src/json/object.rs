//! Writing a JSON object, member by member.
//!
//! Every exchange writes two, its answer and its event, of some three kilobytes. Nearly all of it stands in JSON as it is,
//! which is found out here for many bytes at a time; what does not, and every number, is serde_json's to write.

use std::fmt::{self, Display, Write as _};

use crate::{RequestId, Timestamp};

/// A JSON object that is being written. Its members stand in the order that they are given in; that no name is given
/// twice is for the caller.
#[derive(Debug)]
pub struct JsonObject<'o> {
    out: &'o mut Vec<u8>,
    empty: bool,
}

impl JsonObject<'_> {
    /// Writes an object behind what is there.
    pub fn write(out: &mut Vec<u8>, members: impl FnOnce(&mut JsonObject<'_>)) {
        out.push(b'{');
        members(&mut JsonObject { out, empty: true });
        out.push(b'}');
    }

    /// A member that is a text.
    pub fn text(&mut self, name: &'static str, text: &str) {
        self.name(name);
        quoted(self.out, text);
    }

    /// A member that is a text, as it is shown, by a value that can always be.
    pub fn shown(&mut self, name: &'static str, value: impl Display) {
        self.name(name);
        self.out.push(b'"');
        // Memory takes all; where a value could not be shown its text would end early.
        let _ = write!(Escaped(self.out), "{value}");
        self.out.push(b'"');
    }

    /// A member that is an instant, in RFC 3339.
    pub fn instant(&mut self, name: &'static str, instant: Timestamp) {
        self.text(name, instant.written().as_str());
    }

    /// A member that is the id of a request or an event.
    pub fn id(&mut self, name: &'static str, id: RequestId) {
        self.text(name, id.written().as_str());
    }

    /// A member that is a number.
    pub fn number(&mut self, name: &'static str, number: impl Into<u64>) {
        self.name(name);
        // Memory takes all, and every number can be written.
        let _ = serde_json::to_writer(&mut *self.out, &number.into());
    }

    /// A member that is true or false.
    pub fn flag(&mut self, name: &'static str, flag: bool) {
        self.name(name);
        let word: &[u8] = if flag { b"true" } else { b"false" };
        self.out.extend_from_slice(word);
    }

    /// A member that is an object.
    pub fn object(&mut self, name: &'static str, members: impl FnOnce(&mut JsonObject<'_>)) {
        self.name(name);
        JsonObject::write(self.out, members);
    }

    /// A member that is a list of objects.
    pub fn objects<T>(&mut self, name: &'static str, items: &[T], members: impl Fn(&mut JsonObject<'_>, &T)) {
        self.name(name);
        self.out.push(b'[');
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            JsonObject::write(self.out, |object| members(object, item));
        }
        self.out.push(b']');
    }

    /// A text under a name that is not ours.
    pub fn named(&mut self, name: &str, text: &str) {
        self.separate();
        quoted(self.out, name);
        self.out.push(b':');
        quoted(self.out, text);
    }

    /// The name of a member, one of ours: it is looked at in tests only.
    fn name(&mut self, name: &'static str) {
        debug_assert!(stands_as_it_is(name), "{name} would need an escape");
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn separate(&mut self) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
    }
}

fn quoted(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape(out, text);
    out.push(b'"');
}

/// What is written here stands within quotes.
struct Escaped<'o>(&'o mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

fn escape(out: &mut Vec<u8>, text: &str) {
    if stands_as_it_is(text) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let escaped = serde_json::Value::from(text).to_string();
    // The quotes stand already.
    let inside = escaped.len().saturating_sub(1);
    out.extend_from_slice(escaped.as_bytes().get(1..inside).unwrap_or_default());
}

/// Whether a text needs no escape (RFC 8259, section 7).
fn stands_as_it_is(text: &str) -> bool {
    // To the end, whatever is found: so the processor can look at many bytes at once.
    let needs = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    !text.bytes().fold(false, |found, byte| found | needs(byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use serde_json::{Value, json};

    use super::*;

    /// Whatever stands in it, the object is what serde_json would have written.
    #[test]
    fn every_text_is_escaped_as_serde_json_does_it() {
        let characters = (0..=0x2ff_u32).chain([0x2028, 0x2029, 0xfeff, 0xffff, 0x1f600, 0x10_ffff]);
        let texts = characters
            .filter_map(char::from_u32)
            .flat_map(|c| {
                [
                    c.to_string(),
                    format!("long enough to be looked at in pieces {c}{c} and after"),
                ]
            })
            .chain(["".to_owned(), "\\".repeat(100), "\"},{\"forged\":true".to_owned()]);
        for text in texts {
            let mut out = Vec::new();
            JsonObject::write(&mut out, |object| {
                object.text("text", &text);
                object.shown("shown", &text);
                object.named(&text, &text);
            });
            let quoted = serde_json::to_string(&text).unwrap();
            let wanted = format!("{{\"text\":{quoted},\"shown\":{quoted},{quoted}:{quoted}}}");
            assert_eq!(String::from_utf8(out).unwrap(), wanted);
        }
    }

    /// A value may be shown in pieces.
    #[test]
    fn what_is_shown_in_pieces_is_one_text() {
        let mut out = Vec::new();
        JsonObject::write(&mut out, |object| {
            object.shown("pieces", format_args!("{}-\"{}\"\n", 1, "two"));
        });
        assert_eq!(out, br#"{"pieces":"1-\"two\"\n"}"#);
    }

    #[test]
    fn members_of_every_kind_stand_in_order() {
        let mut out = b"before ".to_vec();
        JsonObject::write(&mut out, |object| {
            object.object("none", |_| {});
            object.objects("nobody", &[(); 0], |_, ()| {});
            object.number("most", u64::MAX);
            object.number("least", 0_u16);
            object.flag("yes", true);
            object.flag("no", false);
            object.instant("instant", Timestamp::from_seconds(0));
            object.id("id", RequestId::from_random([0; 16]));
            object.objects("two", &["a", "b"], |object, name| object.text("name", name));
            object.object("inside", |object| {
                object.object("again", |object| object.text("x", "y"))
            });
        });
        let (before, object) = out.split_at(7);
        assert_eq!(before, b"before ");
        let wanted = r#"{"none":{},"nobody":[],"most":18446744073709551615,"least":0,"yes":true,"no":false,"instant":"1970-01-01T00:00:00Z","id":"00000000-0000-4000-8000-000000000000","two":[{"name":"a"},{"name":"b"}],"inside":{"again":{"x":"y"}}}"#;
        assert_eq!(std::str::from_utf8(object).unwrap(), wanted);
        let read: Value = serde_json::from_slice(object).unwrap();
        assert_eq!(read["two"], json!([{"name": "a"}, {"name": "b"}]));
    }
}
