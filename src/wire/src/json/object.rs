//! Writing a JSON object, member by member.
//!
//! Every exchange writes two, its answer and its event, of some three kilobytes. Nearly all of it stands in JSON as it is,
//! which is found out here for many bytes at a time; what does not, and every number and address, is serde_json's to write.

use std::net::IpAddr;

use crate::ascii::Ascii;
use crate::{AccountId, RequestId, Timestamp};

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
    ///
    /// Not inlined, as all that an exchange does some thirty times: one copy of it stays in the processor's cache.
    #[inline(never)]
    pub fn text(&mut self, name: &'static str, text: &str) {
        self.name(name);
        self.out.push(b'"');
        escape(self.out, text);
        self.out.push(b'"');
    }

    /// A member that is a text of ours, which is looked at in tests only, as names are.
    pub fn word(&mut self, name: &'static str, word: &'static str) {
        self.as_it_is(name, word.as_bytes());
    }

    /// A member that is an instant, in RFC 3339.
    pub fn instant(&mut self, name: &'static str, instant: Timestamp) {
        self.ascii(name, instant.written());
    }

    /// A member that is the id of a request or an event.
    pub fn id(&mut self, name: &'static str, id: RequestId) {
        self.ascii(name, id.written());
    }

    /// A member that is an account.
    pub fn account(&mut self, name: &'static str, account: AccountId) {
        self.ascii(name, account.written());
    }

    /// A member that is an address.
    pub fn address(&mut self, name: &'static str, address: IpAddr) {
        self.name(name);
        // Memory takes all, and every address can be written.
        let _ = serde_json::to_writer(&mut *self.out, &address);
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

    /// A member whose text is instants' or ids' digits, and the like: nothing in it needs an escape.
    fn ascii<const N: usize>(&mut self, name: &'static str, text: Ascii<N>) {
        self.as_it_is(name, text.as_bytes());
    }

    #[inline(never)]
    fn as_it_is(&mut self, name: &'static str, text: &[u8]) {
        debug_assert!(
            str::from_utf8(text).is_ok_and(stands_as_it_is),
            "{text:?} would need an escape"
        );
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(text);
        self.out.push(b'"');
    }

    /// The name of a member, one of ours: it is looked at in tests only.
    #[inline(never)]
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

/// Whether a text needs no escape (RFC 8259, section 7). Sixteen bytes are looked at together; what is left at the end
/// is filled up with blanks, which need none.
#[inline]
fn stands_as_it_is(text: &str) -> bool {
    let (pieces, rest) = text.as_bytes().as_chunks::<16>();
    let mut last = [b' '; 16];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    // To the end, whatever is found: a branch for each piece would cost more.
    !pieces.iter().fold(any_needs_escape(&last), |found, piece| {
        found | any_needs_escape(piece)
    })
}

fn any_needs_escape(piece: &[u8; 16]) -> bool {
    let needs = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    piece.iter().fold(false, |found, byte| found | needs(*byte))
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
            .chain(["".to_owned(), "\\".repeat(100), "\"},{\"forged\":true".to_owned()])
            .chain((0..50).map(|at| format!("{}\n{}", "x".repeat(at), "y".repeat(49 - at))))
            .chain((0..50).flat_map(|length| ["z".repeat(length), "z".repeat(length) + "\\"]));
        for text in texts {
            let mut out = Vec::new();
            JsonObject::write(&mut out, |object| {
                object.text("text", &text);
                object.named(&text, &text);
            });
            let quoted = serde_json::to_string(&text).unwrap();
            let wanted = format!("{{\"text\":{quoted},{quoted}:{quoted}}}");
            assert_eq!(String::from_utf8(out).unwrap(), wanted);
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "would need an escape")]
    fn a_word_that_needs_an_escape_is_found_in_tests() {
        JsonObject::write(&mut Vec::new(), |object| object.word("word", "\"quoted\""));
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
            object.account("account", AccountId::LAB);
            object.address("four", IpAddr::from([192, 0, 2, 1]));
            object.address("six", IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]));
            object.word("word", "of ours");
            object.objects("two", &["a", "b"], |object, name| object.text("name", name));
            object.object("inside", |object| {
                object.object("again", |object| object.text("x", "y"))
            });
        });
        let (before, object) = out.split_at(7);
        assert_eq!(before, b"before ");
        let wanted = r#"{"none":{},"nobody":[],"most":18446744073709551615,"least":0,"yes":true,"no":false,"instant":"1970-01-01T00:00:00Z","id":"00000000-0000-4000-8000-000000000000","account":"000000000000","four":"192.0.2.1","six":"2001:db8::1","word":"of ours","two":[{"name":"a"},{"name":"b"}],"inside":{"again":{"x":"y"}}}"#;
        assert_eq!(std::str::from_utf8(object).unwrap(), wanted);
        let read: Value = serde_json::from_slice(object).unwrap();
        assert_eq!(read["two"], json!([{"name": "a"}, {"name": "b"}]));
    }
}
