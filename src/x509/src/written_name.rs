//! Distinguished names as an operator writes them, attribute by attribute.
//!
//! What lives here: the way from types and texts to a [`Name`]. What does not: any text form of a whole name. RFC 4514
//! writes a name back to front and escapes what a value may hold; a name that decides about trust is written in parts,
//! so that there is nothing to misread.

use crate::der::{OBJECT_IDENTIFIER, SEQUENCE, SET};
use crate::directory_name;
use crate::encode::element;
use crate::name::{Name, type_called};
use crate::object_identifier::octets;
use crate::reader::Reader;

const UTF8_STRING: u8 = 0x0c;

/// Why attributes do not make a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAName {
    /// There is no RDN. Every name lies below the empty one.
    #[error("it has no attribute")]
    Empty,
    /// An RDN without an attribute.
    #[error("one of its parts has no attribute")]
    EmptyRdn,
    /// A type that has no known name and is not dotted.
    #[error("`{0}` is no attribute type; write one such as CN, OU, O, C, DC, or its dotted number")]
    Type(String),
    /// A value without a character, or with one that no name holds.
    #[error("the value of `{0}` is empty or holds a control character")]
    Value(String),
    /// It cannot be read back: it is too long.
    #[error("it is longer than any name in a certificate")]
    TooLong,
}

impl Name {
    /// The name of these RDNs, in the order in which a certificate has them, each with its attributes: a type, by the
    /// name it is known by or dotted, and a value. The string type of a value does not matter to how names are compared
    /// (RFC 5280, 7.1), so every value becomes a UTF8String.
    pub fn of(rdns: &[Vec<(&str, &str)>]) -> Result<Self, NotAName> {
        if rdns.is_empty() {
            return Err(NotAName::Empty);
        }
        let mut sets = Vec::new();
        for rdn in rdns {
            if rdn.is_empty() {
                return Err(NotAName::EmptyRdn);
            }
            let mut attributes = rdn
                .iter()
                .map(|(kind, value)| attribute(kind, value))
                .collect::<Result<Vec<_>, _>>()?;
            // The order of a SET OF (X.690, 11.6).
            attributes.sort();
            sets.push(element(SET, &[&attributes.concat()]));
        }
        let der = element(SEQUENCE, &[&sets.concat()]);
        let read = Reader::new(&der)
            .any()
            .and_then(|element| directory_name::read(&element));
        read.map_err(|_| NotAName::TooLong)
    }
}

fn attribute(kind: &str, value: &str) -> Result<Vec<u8>, NotAName> {
    let oid = octets(type_called(kind).unwrap_or(kind)).ok_or_else(|| NotAName::Type(kind.to_owned()))?;
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(NotAName::Value(kind.to_owned()));
    }
    let oid = element(OBJECT_IDENTIFIER, &[&oid]);
    let value = element(UTF8_STRING, &[value.as_bytes()]);
    Ok(element(SEQUENCE, &[&oid, &value]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};

    use super::*;
    use crate::Certificate;

    /// The name that was written is the one in certificates, whatever string type those have.
    #[test]
    fn a_written_name_is_that_of_certificates() {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (kind, value) in [
            (
                DnType::CountryName,
                DnValue::PrintableString("CH".try_into().unwrap()),
            ),
            (DnType::OrganizationName, DnValue::Utf8String("Acme, Ltd".into())),
            (
                DnType::CustomDnType(vec![2, 5, 4, 97]),
                DnValue::PrintableString("NTRCH-1".try_into().unwrap()),
            ),
            (DnType::CommonName, DnValue::Utf8String("web".into())),
        ] {
            params.distinguished_name.push(kind, value);
        }
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let subject = Certificate::parse(made.der()).unwrap().subject().clone();
        for (rdns, matches, is_below) in [
            (
                vec![
                    vec![("C", "CH")],
                    vec![("O", "Acme, Ltd")],
                    vec![("organizationIdentifier", "NTRCH-1")],
                    vec![("CN", "web")],
                ],
                true,
                true,
            ),
            (
                vec![vec![("c", "ch")], vec![("2.5.4.10", "ACME,  ltd")]],
                false,
                true,
            ),
            (vec![vec![("O", "Acme, Ltd")], vec![("C", "CH")]], false, false),
            (vec![vec![("C", "CH"), ("O", "Acme, Ltd")]], false, false),
            (vec![vec![("C", "CH")], vec![("O", "Acme")]], false, false),
        ] {
            let name = Name::of(&rdns).unwrap();
            assert_eq!(
                (subject.matches(&name), subject.is_below(&name)),
                (matches, is_below),
                "{}",
                name.display()
            );
        }
    }

    #[test]
    fn several_attributes_of_one_part_have_no_order() {
        let one = Name::of(&[vec![("CN", "a"), ("OU", "b")]]).unwrap();
        assert_eq!(one, Name::of(&[vec![("OU", "b"), ("CN", "a")]]).unwrap());
        assert_eq!(one.rdns().len(), 1);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "x".repeat(70_000);
        for (rdns, told) in [
            (vec![], "no attribute"),
            (vec![vec![("O", "Acme")], vec![]], "no attribute"),
            (
                vec![vec![("Organisation", "Acme")]],
                "`Organisation` is no attribute",
            ),
            (vec![vec![("2.5.04.10", "Acme")]], "`2.5.04.10` is no attribute"),
            (vec![vec![("O", "")]], "value of `O`"),
            (vec![vec![("O", "a\0b")]], "value of `O`"),
            (vec![vec![("O", &*long)]], "longer"),
        ] {
            let error = Name::of(&rdns).unwrap_err().to_string();
            assert!(error.contains(told), "{told}: {error}");
        }
    }
}
