//! The names that there are: subjects, alternative names and subtrees, and which lies in which.
//!
//! What lies where stands in tables, written by hand from RFC 5280, 4.2.1.10, so that nothing is compared by the rules
//! that are under test.

use crate::der::{element, sequence};

/// A distinguished name: one of six, each in two spellings that are one name (RFC 5280, 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name {
    pub which: usize,
    pub odd_spelling: bool,
}

/// How many distinguished names there are.
pub const NAMES: usize = 6;

const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const EMAIL_ADDRESS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1];

/// Organization, common name.
const TEXTS: [(&str, &str); NAMES] = [
    ("Alpha", "One"),
    ("Alpha", "Two"),
    ("Beta", "One"),
    ("Beta", "Three"),
    // With an e-mail address.
    ("Gamma", "Four"),
    ("Delta", "Five"),
];

/// The name with an e-mail address in it: ca@example.com.
pub const WITH_EMAIL: usize = 4;

fn attribute(oid: &[u8], tag: u8, text: &str) -> Vec<u8> {
    let attribute = sequence(&[&element(6, &[oid]), &element(tag, &[text.as_bytes()])]);
    element(0x31, &[&attribute])
}

fn text(oid: &[u8], text: &str, odd: bool) -> Vec<u8> {
    if odd {
        attribute(oid, 0x13, &format!("{}  ", text.to_uppercase()))
    } else {
        attribute(oid, 0x0c, text)
    }
}

impl Name {
    /// Whether they are one name, however they are spelled.
    pub fn matches(self, other: Self) -> bool {
        self.which == other.which
    }

    pub fn der(self) -> Vec<u8> {
        let (organization, common_name) = TEXTS[self.which];
        let mut rdns = text(ORGANIZATION, organization, self.odd_spelling);
        rdns.extend(text(COMMON_NAME, common_name, self.odd_spelling));
        if self.which == WITH_EMAIL {
            rdns.extend(attribute(EMAIL_ADDRESS, 0x16, "ca@example.com"));
        }
        sequence(&[&rdns])
    }
}

/// The kinds of general names that are used here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Dns,
    Ip,
    Email,
    Uri,
    Directory,
    /// Not compared by anybody here.
    Other,
    /// Neither.
    Registered,
}

/// The alternative names. The first fourteen are well-formed.
pub const ALTERNATIVES: [(Kind, &[u8]); 15] = [
    (Kind::Dns, b"a.example.com"),
    (Kind::Dns, b"b.other.org"),
    (Kind::Dns, b"*.example.com"),
    (Kind::Dns, b"EXAMPLE.com"),
    (Kind::Ip, &[10, 0, 0, 5]),
    (Kind::Ip, &[192, 168, 1, 1]),
    (Kind::Email, b"u@example.com"),
    (Kind::Email, b"u@sub.example.com"),
    (Kind::Uri, b"https://example.com/x"),
    (Kind::Uri, b"spiffe://td.other.org/w"),
    (Kind::Uri, b"urn:none"),
    (Kind::Directory, b"Alpha"),
    (Kind::Other, b""),
    (Kind::Registered, &[0x2a, 3, 4]),
    // No host: in nothing that is permitted, and in all that is excluded.
    (Kind::Dns, b"bad..name"),
];

/// The subtrees.
pub const SUBTREES: [(Kind, &[u8]); 16] = [
    (Kind::Dns, b"example.com"),
    (Kind::Dns, b"other.org"),
    (Kind::Dns, b"a.example.com"),
    (Kind::Dns, b""),
    (Kind::Ip, &[10, 0, 0, 0, 255, 0, 0, 0]),
    (Kind::Ip, &[10, 0, 0, 4, 255, 255, 255, 252]),
    (Kind::Email, b"example.com"),
    (Kind::Email, b".example.com"),
    (Kind::Email, b"u@example.com"),
    (Kind::Uri, b"example.com"),
    (Kind::Uri, b".other.org"),
    (Kind::Directory, b"Alpha"),
    (Kind::Directory, b"BETA "),
    (Kind::Other, b""),
    (Kind::Registered, &[0x2a, 3, 4]),
    (
        Kind::Ip,
        &[
            0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0,
        ],
    ),
];

/// Alternative name and subtree: all that the name stands for lies in it.
const INSIDE: &[(usize, usize)] = &[
    (0, 0),
    (0, 2),
    (0, 3),
    (1, 1),
    (1, 3),
    (2, 0),
    (2, 3),
    (3, 0),
    (3, 3),
    (4, 4),
    (4, 5),
    (6, 6),
    (6, 8),
    (7, 7),
    (8, 9),
    (9, 10),
    (11, 11),
];

/// Some of it may: a wildcard's reach, and what cannot be compared.
const TOUCHES: &[(usize, usize)] = &[
    (2, 2),
    (10, 9),
    (10, 10),
    (12, 13),
    (13, 14),
    (14, 0),
    (14, 1),
    (14, 2),
    (14, 3),
];

/// A name that a certificate bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Borne {
    Alternative(usize),
    Subject(usize),
    /// The e-mail address in a subject.
    SubjectEmail,
}

impl Borne {
    pub fn kind(self) -> Kind {
        match self {
            Self::Alternative(which) => ALTERNATIVES[which].0,
            Self::Subject(_) => Kind::Directory,
            Self::SubjectEmail => Kind::Email,
        }
    }

    pub fn lies_in(self, subtree: usize) -> bool {
        match self {
            Self::Alternative(which) => INSIDE.contains(&(which, subtree)),
            Self::Subject(which) => matches!((which, subtree), (0 | 1, 11) | (2 | 3, 12)),
            Self::SubjectEmail => subtree == 6,
        }
    }

    pub fn touches(self, subtree: usize) -> bool {
        match self {
            Self::Alternative(which) if TOUCHES.contains(&(which, subtree)) => true,
            _ => self.lies_in(subtree),
        }
    }
}

/// A GeneralName.
pub fn general_name((kind, content): (Kind, &[u8])) -> Vec<u8> {
    match kind {
        Kind::Email => element(0x81, &[content]),
        Kind::Dns => element(0x82, &[content]),
        Kind::Uri => element(0x86, &[content]),
        Kind::Ip => element(0x87, &[content]),
        Kind::Registered => element(0x88, &[content]),
        Kind::Directory => {
            let organization = String::from_utf8_lossy(content);
            let tag = if organization.ends_with(' ') { 0x13 } else { 0x0c };
            element(
                0xa4,
                &[&sequence(&[&attribute(ORGANIZATION, tag, &organization)])],
            )
        }
        Kind::Other => {
            let value = element(0xa0, &[&element(0x0c, &[b"x"])]);
            element(0xa0, &[&element(6, &[&[0x2a, 3, 5]]), &value])
        }
    }
}
