//! When two distinguished names are one (RFC 5280, 7.1; threat P25).
//!
//! The rule, and there is no other: RDNs are compared in order, the attributes of one RDN as a set. Attributes match
//! when their types are the same and their values are; text is compared whatever its string type, without regard to
//! case, with white space at the ends dropped and runs of it taken for one space. A value that is no text, or whose
//! bytes are not valid under its type, matches itself only. Characters are not composed or decomposed (no NFKC): two
//! spellings of one letter are two names.
//!
//! That is on the safe side where names must match, and not where they must not: an excluded name could be borne in
//! another spelling. So a name tells whether it is certain: all of its values are text, of characters that have one
//! spelling (`spelling`). One that is not lies in every subtree that is excluded.

use crate::name::Attribute;
use crate::spelling;

const TEXT: u8 = 0;
const OPAQUE: u8 = 1;

/// A name in the form that is compared. Each RDN delimits itself, so that one name begins with another, RDN for RDN,
/// exactly when its bytes do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparable {
    bytes: Vec<u8>,
    certain: bool,
}

impl Comparable {
    pub(crate) fn of(rdns: &[Vec<Attribute>]) -> Self {
        let mut this = Self {
            bytes: Vec::with_capacity(64),
            certain: true,
        };
        for rdn in rdns {
            match rdn.as_slice() {
                [only] => {
                    this.bytes.push(1);
                    this.certain &= write(&mut this.bytes, only);
                }
                several => {
                    let mut written: Vec<Vec<u8>> = Vec::with_capacity(several.len());
                    for attribute in several {
                        let mut bytes = Vec::new();
                        this.certain &= write(&mut bytes, attribute);
                        written.push(bytes);
                    }
                    written.sort();
                    // More attributes than fit the count are not told apart from fewer by it, and still by what follows.
                    this.bytes.push(u8::try_from(written.len()).unwrap_or(u8::MAX));
                    this.bytes.extend(written.into_iter().flatten());
                }
            }
        }
        this
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }

    pub(crate) fn is_below(&self, base: &Self) -> bool {
        self.bytes.starts_with(&base.bytes)
    }

    pub(crate) fn is_certain(&self) -> bool {
        self.certain
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Writes one attribute; says whether no other value could mean the same.
fn write(to: &mut Vec<u8>, attribute: &Attribute) -> bool {
    put(to, attribute.oid.as_bytes());
    match decode(attribute.tag, &attribute.bytes) {
        Some(text) => {
            to.push(TEXT);
            put(to, fold(&text).as_bytes());
            spelling::is_certain(&text)
        }
        None => {
            to.extend([OPAQUE, attribute.tag]);
            put(to, &attribute.bytes);
            false
        }
    }
}

fn put(to: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    to.extend(length.to_be_bytes());
    to.extend(bytes);
}

/// The characters of a value. More is decoded than becomes a session tag: what a CA wrote into its own name by mistake
/// (an `@` in a PrintableString) must still chain, and T61String is ASCII wherever it is that.
fn decode(tag: u8, bytes: &[u8]) -> Option<String> {
    let ascii = || {
        let text = std::str::from_utf8(bytes).ok()?;
        text.is_ascii().then(|| text.to_owned())
    };
    match tag {
        12 => std::str::from_utf8(bytes).map(str::to_owned).ok(),
        18..=20 | 22 | 26 => ascii(),
        28 => {
            let (units, rest) = bytes.as_chunks::<4>();
            let decoded = units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit)));
            rest.is_empty().then(|| decoded.collect())?
        }
        30 => {
            let (units, rest) = bytes.as_chunks::<2>();
            let decoded = units
                .iter()
                .map(|unit| char::from_u32(u32::from(u16::from_be_bytes(*unit))));
            rest.is_empty().then(|| decoded.collect())?
        }
        _ => None,
    }
}

fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        if word.is_ascii() {
            folded.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            folded.extend(word.chars().flat_map(char::to_lowercase));
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(oid: &str, tag: u8, bytes: &[u8]) -> Attribute {
        Attribute {
            oid: oid.to_owned(),
            value: Ok(String::new()),
            tag,
            bytes: bytes.to_vec(),
        }
    }

    fn cn(tag: u8, bytes: &[u8]) -> Comparable {
        Comparable::of(&[vec![attribute("2.5.4.3", tag, bytes)]])
    }

    /// Threat P25.
    #[test]
    fn names_match_by_one_rule() {
        let name = cn(12, "Zürich  CA".as_bytes());
        for (tag, bytes, wanted) in [
            (12, " zÜRICH ca ".as_bytes(), true),
            (30, b"\0Z\0\xfc\0r\0i\0c\0h\0 \0C\0A".as_slice(), true),
            (
                28,
                b"\0\0\0Z\0\0\0\xfc\0\0\0r\0\0\0i\0\0\0c\0\0\0h\0\0\0 \0\0\0C\0\0\0A",
                true,
            ),
            (12, "ZürichCA".as_bytes(), false),
            (12, "Zu\u{308}rich CA".as_bytes(), false),
            (19, b"Zurich CA", false),
            (12, b"Z\xfcrich CA", false),
            (12, b"", false),
        ] {
            assert_eq!(cn(tag, bytes).is(&name), wanted, "{tag} {bytes:?}");
        }
        assert!(cn(19, b"a@b").is(&cn(22, b"A@B")));
        assert!(cn(20, b"abc").is(&cn(12, b"ABC")));
        // What is no text matches itself, type and all.
        assert!(cn(20, b"\xe9").is(&cn(20, b"\xe9")));
        assert!(!cn(20, b"\xe9").is(&cn(12, b"\xe9")));
        assert!(!cn(20, b"\xe9").is_certain());
        // The same letter spelled in two ways is two names, of which one says that there may be another.
        assert!(name.is_certain() && !cn(12, "Zu\u{308}rich CA".as_bytes()).is_certain());
    }

    #[test]
    fn rdns_are_ordered_and_the_attributes_of_one_are_not() {
        let (a, b) = (attribute("2.5.4.3", 12, b"a"), attribute("2.5.4.10", 12, b"b"));
        let joined = Comparable::of(&[vec![a.clone(), b.clone()]]);
        assert!(joined.is(&Comparable::of(&[vec![b.clone(), a.clone()]])));
        let apart = Comparable::of(&[vec![a.clone()], vec![b.clone()]]);
        assert!(!joined.is(&apart));
        assert!(!apart.is(&Comparable::of(&[vec![b.clone()], vec![a.clone()]])));
        assert!(apart.is_below(&Comparable::of(&[vec![a.clone()]])));
        assert!(apart.is_below(&Comparable::of(&[])));
        assert!(!apart.is_below(&Comparable::of(&[vec![b.clone()]])));
        assert!(!joined.is_below(&Comparable::of(&[vec![a]])));
        // A longer value is not below a shorter one.
        assert!(!cn(12, b"ab").is_below(&cn(12, b"a")));
    }
}
