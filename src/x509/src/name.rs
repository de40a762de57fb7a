//! Distinguished names: every RDN in order, every value typed, nothing joined into a string that something could be
//! smuggled through (threats P21 to P23).

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use crate::comparable::Comparable;
use crate::der::{Element, OBJECT_IDENTIFIER, SEQUENCE, SET};
use crate::object_identifier::dotted;
use crate::reader::{Fault, Reader};

/// Why an attribute's value is not text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotText {
    /// The bytes do not fit the string type that they claim.
    #[error("its bytes are not a valid {0}")]
    Encoding(&'static str),
    /// A control character, NUL among them.
    #[error("it holds the control character U+{0:04X}")]
    Control(u32),
    /// A string type that is not read: its characters have no agreed meaning.
    #[error("it is of string type {0}, which is not accepted")]
    Type(u8),
}

/// One attribute of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The attribute's type, dotted.
    pub oid: String,
    /// The value, or why it is not text.
    pub value: Result<String, NotText>,
    /// The value's ASN.1 type, as its tag: 12 is UTF8String, 19 PrintableString (X.680, 8.4).
    pub tag: u8,
    /// The value's bytes, as encoded under that type.
    pub bytes: Vec<u8>,
}

/// A distinguished name: RDNs in order, each with its attributes in order.
///
/// Two are equal when their bytes are. Whether they name the same entity is another question: [`Name::matches`].
#[derive(Debug, Clone)]
pub struct Name {
    raw: Vec<u8>,
    comparable: Comparable,
    rdns: Vec<Vec<Attribute>>,
    shown: OnceLock<Arc<str>>,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Name {}

/// The most bytes of a name that are shown, in the audit log too; a certificate may hold more than anybody reads.
const LONGEST_SHOWN: usize = 1024;

/// The short names by which attributes are known (RFC 4519; the others as OpenSSL and the contract's 3.1 have them).
const SHORT_NAMES: [(&str, &str); 16] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.11", "OU"),
    ("2.5.4.10", "O"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.4", "SN"),
    ("2.5.4.42", "GN"),
    ("2.5.4.12", "title"),
    ("2.5.4.9", "street"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.97", "organizationIdentifier"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

/// The type, dotted, of an attribute that is known by this name, in whatever case (RFC 4512, 2.5).
pub(crate) fn type_called(name: &str) -> Option<&'static str> {
    SHORT_NAMES
        .iter()
        .find(|(_, short)| short.eq_ignore_ascii_case(name))
        .map(|(oid, _)| *oid)
}

impl Attribute {
    /// The name by which the attribute is known; its dotted type where it has none.
    pub fn short_name(&self) -> &str {
        SHORT_NAMES
            .iter()
            .find(|(oid, _)| *oid == self.oid)
            .map_or(self.oid.as_str(), |(_, name)| name)
    }
}

impl Name {
    /// Reads the name that is this element, whole: whatever is not an RDN, an attribute, a type and a value is an error,
    /// so that nothing in it is passed over (RFC 5280, 4.1.2.4; threats P21, P22). Its bytes were checked to be DER.
    pub(crate) fn read<'a>(element: &Element<'a>) -> Result<Self, Fault<'a>> {
        if element.tag != SEQUENCE {
            return Err(Fault::new(element.whole, "a name is not a sequence"));
        }
        let mut rdns = Vec::new();
        let mut sets = Reader::new(element.content);
        while !sets.is_empty() {
            let set = sets.expect(SET, "an RDN is not a set")?;
            let mut rdn = Vec::with_capacity(1);
            let mut attributes = Reader::new(set.content);
            while !attributes.is_empty() {
                rdn.push(attribute(
                    &attributes.expect(SEQUENCE, "an attribute is not a sequence")?,
                )?);
            }
            if rdn.is_empty() {
                return Err(Fault::new(set.whole, "an RDN without an attribute"));
            }
            rdns.push(rdn);
        }
        Ok(Self {
            raw: element.whole.to_vec(),
            comparable: Comparable::of(&rdns),
            rdns,
            shown: OnceLock::new(),
        })
    }

    /// Whether both name one entity: by the one rule that chaining, name constraints and the issuers of revocation
    /// lists are all compared by (`Comparable`, threat P25).
    pub fn matches(&self, other: &Self) -> bool {
        self.comparable.is(&other.comparable)
    }

    /// Whether this name begins with all of that one: it lies in the subtree (RFC 5280, 4.2.1.10).
    pub fn is_below(&self, base: &Self) -> bool {
        self.comparable.is_below(&base.comparable)
    }

    /// Whether every value could be compared as text that has one spelling: a name that differs from it is another name.
    /// Of others that cannot be told.
    pub fn is_comparable(&self) -> bool {
        self.comparable.is_certain()
    }

    /// The form that is compared, as a key for look-ups.
    pub fn comparable(&self) -> &[u8] {
        self.comparable.bytes()
    }

    /// The name as encoded, DER.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Whether it has no attribute at all.
    pub fn is_empty(&self) -> bool {
        self.rdns.iter().all(Vec::is_empty)
    }

    /// Every RDN, in order.
    pub fn rdns(&self) -> &[Vec<Attribute>] {
        &self.rdns
    }

    /// Every attribute, in order.
    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.rdns.iter().flatten()
    }

    /// For people and logs: in certificate order, what could mislead escaped, cut after a thousand bytes. No decision
    /// rests on it.
    pub fn display(&self) -> String {
        self.shown().to_string()
    }

    /// The same, made once.
    pub fn shown(&self) -> &Arc<str> {
        self.shown.get_or_init(|| self.write().into())
    }

    fn write(&self) -> String {
        let mut text = String::new();
        for (at, rdn) in self.rdns.iter().enumerate() {
            if text.len() > LONGEST_SHOWN {
                break;
            }
            if at > 0 {
                text.push(',');
            }
            for (at, attribute) in rdn.iter().enumerate() {
                if at > 0 {
                    text.push('+');
                }
                text.push_str(attribute.short_name());
                text.push('=');
                match &attribute.value {
                    Ok(value) => escape(&mut text, value),
                    Err(error) => {
                        // Writing to a string cannot fail.
                        let _ = write!(text, "<{error}>");
                    }
                }
            }
        }
        if text.len() > LONGEST_SHOWN {
            text.truncate(text.floor_char_boundary(LONGEST_SHOWN));
            text.push('…');
        }
        text
    }
}

fn attribute<'a>(element: &Element<'a>) -> Result<Attribute, Fault<'a>> {
    let mut parts = Reader::new(element.content);
    let kind = parts.expect(OBJECT_IDENTIFIER, "an attribute without its type")?;
    let value = parts.any()?;
    parts.end("something after an attribute's value")?;
    Ok(Attribute {
        oid: dotted(kind.content),
        value: text(value.tag, value.content),
        tag: value.tag,
        bytes: value.content.to_vec(),
    })
}

/// RFC 4514, 2.4, and whatever would change how the rest of a line is shown.
fn escape(text: &mut String, value: &str) {
    for (at, c) in value.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => {
                text.push('\\');
                text.push(c);
            }
            '#' | ' ' if at == 0 => {
                text.push('\\');
                text.push(c);
            }
            c if c.is_control() || is_direction_mark(c) => {
                let _ = write!(text, "\\u{{{:04X}}}", u32::from(c));
            }
            c => text.push(c),
        }
    }
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Decodes a value strictly by its own string type. T61String and UniversalString are not read: the first has no
/// agreed character set, the second no user.
fn text(tag: u8, bytes: &[u8]) -> Result<String, NotText> {
    let ascii = |name, allowed: fn(u8) -> bool| match std::str::from_utf8(bytes) {
        Ok(text) if bytes.iter().all(|byte| allowed(*byte)) => Ok(text.to_owned()),
        _ => Err(NotText::Encoding(name)),
    };
    let text = match tag {
        12 => std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_| NotText::Encoding("UTF8String"))?,
        18 => ascii("NumericString", |byte| byte.is_ascii_digit() || byte == b' ')?,
        19 => ascii("PrintableString", |byte| {
            byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
        })?,
        22 => ascii("IA5String", |byte| byte.is_ascii())?,
        30 => {
            let (units, rest) = bytes.as_chunks::<2>();
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            // BMPString has no surrogates: a pair would be a character outside the plane that names it.
            let decoded: Option<String> = units.map(|unit| char::from_u32(u32::from(unit))).collect();
            decoded
                .filter(|_| rest.is_empty())
                .ok_or(NotText::Encoding("BMPString"))?
        }
        other => return Err(NotText::Type(other)),
    };
    match text.chars().find(|c| c.is_control()) {
        Some(control) => Err(NotText::Control(u32::from(control))),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threats P21, P23: each string type by its own rules, and nothing that could end or bend a line.
    #[test]
    fn values_are_read_strictly_by_their_type() {
        for (tag, bytes, wanted) in [
            (12, "z\u{fc}rich".as_bytes(), Some("z\u{fc}rich")),
            (12, b"\xff", None),
            (12, b"a\0b", None),
            (12, b"a\nb", None),
            (12, b"", Some("")),
            (18, b"12 3", Some("12 3")),
            (18, b"1a", None),
            (19, b"Web (1)", Some("Web (1)")),
            (19, b"a@b", None),
            (19, b"a*b", None),
            (22, b"a@b", Some("a@b")),
            (22, b"\xe9", None),
            (30, b"\0a\0b", Some("ab")),
            (30, b"\0a\0", None),
            (30, b"\xd8\x3d\xde\x00", None),
            (20, b"abc", None),
            (28, b"\0\0\0a", None),
            (4, b"abc", None),
        ] {
            assert_eq!(text(tag, bytes).ok().as_deref(), wanted, "{tag} {bytes:?}");
        }
    }

    #[test]
    fn a_long_name_is_shown_cut() {
        let shown = |length: usize, end: &str| {
            let value = format!("{}{end}", "a".repeat(length));
            let rdns = vec![vec![Attribute {
                oid: "2.5.4.3".into(),
                value: Ok(value.clone()),
                tag: 12,
                bytes: value.into(),
            }]];
            let name = Name {
                raw: Vec::new(),
                comparable: Comparable::of(&rdns),
                rdns,
                shown: OnceLock::new(),
            };
            name.display()
        };
        let rest = LONGEST_SHOWN - "CN=".len();
        assert_eq!(shown(rest, ""), format!("CN={}", "a".repeat(rest)));
        assert_eq!(shown(rest, "b"), format!("CN={}…", "a".repeat(rest)));
        assert_eq!(shown(rest - 1, "\u{fc}"), format!("CN={}…", "a".repeat(rest - 1)));
        assert_eq!(shown(60_000, ""), format!("CN={}…", "a".repeat(rest)));
    }

    #[test]
    fn what_is_shown_cannot_pass_for_another_name() {
        let attribute = |value: &str| Attribute {
            oid: "2.5.4.3".into(),
            value: Ok(value.into()),
            tag: 12,
            bytes: value.into(),
        };
        let rdns = vec![
            vec![attribute("a,O=b"), attribute(" c")],
            vec![attribute("\u{202e}d")],
        ];
        let name = Name {
            raw: vec![],
            comparable: Comparable::of(&rdns),
            rdns,
            shown: OnceLock::new(),
        };
        assert_eq!(name.display(), "CN=a\\,O\\=b+CN=\\ c,CN=\\u{202E}d");
    }
}
