//! Identifiers: of requests, objects, roles and access keys.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::{AccountId, Ascii};

/// The text is not an identifier of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this is not {0}")]
pub struct InvalidIdentifier(&'static str);

/// The id of one request: a random UUID, told to the caller and written into every log line and event.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(Uuid);

impl RequestId {
    /// The id made of these random bytes (a version 4 UUID).
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(random).into_uuid())
    }

    /// The id as text: lower-case hexadecimal digits and hyphens.
    pub fn written(self) -> Ascii<{ Hyphenated::LENGTH }> {
        let mut text = [0; Hyphenated::LENGTH];
        self.0.hyphenated().encode_lower(&mut text);
        Ascii::new(text)
    }
}

impl FromStr for RequestId {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
        let invalid = InvalidIdentifier("a request id (a UUID, as in `x-amzn-requestid`)");
        Uuid::try_parse(text).map(Self).map_err(|_| invalid)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The kinds of object whose id follows from account, kind and name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// A trust anchor.
    TrustAnchor,
    /// A profile.
    Profile,
}

impl ObjectKind {
    const fn name(self) -> &'static str {
        match self {
            Self::TrustAnchor => "trust-anchor",
            Self::Profile => "profile",
        }
    }
}

/// The namespace of the ids below: a constant of this product, so that the ids are the same on every node.
const NAMESPACE: Uuid = Uuid::from_u128(0x6f2c_8d3a_51b7_5e0c_9a4e_27f1_c3d8_b604);

/// The id of an object that a configuration file defines: the same on every node and after every restart.
pub fn file_object_id(account: AccountId, kind: ObjectKind, name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, format!("{account}/{}/{name}", kind.name()).as_bytes())
}

/// The id of the subject with this name (the DER of the certificate's subject) in an account (contract 5).
pub(crate) fn subject_id(account: AccountId, subject: &[u8]) -> Uuid {
    let mut name = format!("{account}/subject/").into_bytes();
    name.extend_from_slice(subject);
    Uuid::new_v5(&NAMESPACE, &name)
}

/// The unique id of one life of a role: `AROA` and 17 characters of `A-Z2-7` (policy contract 4.6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleId([u8; 21]);

impl RoleId {
    /// The id made of these random bytes.
    pub fn from_random(random: [u8; 11]) -> Self {
        Self(written(b"AROA", &random))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

impl FromStr for RoleId {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
        read("AROA", text).map(Self).ok_or(InvalidIdentifier(
            "a role id (`AROA` and 17 characters of A-Z and 2-7)",
        ))
    }
}

/// The id of a temporary access key: `ASIA` and 16 characters of `A-Z2-7`, which hold the account (policy
/// contract 4.6) and 40 random bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccessKeyId([u8; 20]);

impl AccessKeyId {
    /// The id of a key of this account, made unique by these random bytes.
    ///
    /// Third-party tools decode the first 48 bits as `1 | account | random`; the leading bit keeps the key apart
    /// from the older ids, which begin with `I` or `J`.
    pub fn new(account: AccountId, random: [u8; 5]) -> Self {
        let [first, rest @ ..] = random;
        let head = (1 << 47) | (account.number() << 7) | u64::from(first & 0x7f);
        let [_, _, head @ ..] = head.to_be_bytes();
        let mut bytes = [0; 10];
        for (to, from) in bytes.iter_mut().zip(head.into_iter().chain(rest)) {
            *to = from;
        }
        Self(written(b"ASIA", &bytes))
    }

    /// The account that the id holds.
    pub fn account(&self) -> Option<AccountId> {
        let mut number: u64 = 0;
        // Ten characters of five bits are fifty; the 48 that count are the upper ones.
        for byte in self.0.iter().skip(4).take(10) {
            number = (number << 5) | u64::from(base32_value(*byte)?);
        }
        AccountId::from_number(((number >> 2) & 0x7fff_ffff_ff80) >> 7)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        ascii(&self.0)
    }
}

impl FromStr for AccessKeyId {
    type Err = InvalidIdentifier;

    fn from_str(text: &str) -> Result<Self, InvalidIdentifier> {
        read("ASIA", text).map(Self).ok_or(InvalidIdentifier(
            "the id of a temporary key (`ASIA` and 16 characters of A-Z and 2-7)",
        ))
    }
}

/// The bytes of an identifier of this kind and length.
fn read<const N: usize>(kind: &str, text: &str) -> Option<[u8; N]> {
    let rest = text.strip_prefix(kind)?;
    let bytes = text.as_bytes().try_into().ok()?;
    rest.bytes().all(is_base32).then_some(bytes)
}

/// The identifier of this kind that these bytes make, as many of their bits as it has room for.
fn written<const N: usize>(kind: &[u8; 4], bytes: &[u8]) -> [u8; N] {
    let mut text = [b'A'; N];
    let characters = kind.iter().copied().chain(base32(bytes));
    for (to, from) in text.iter_mut().zip(characters) {
        *to = from;
    }
    text
}

/// Kind and base32: ASCII, by construction.
fn ascii(text: &[u8]) -> &str {
    std::str::from_utf8(text).unwrap_or_default()
}

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn is_base32(byte: u8) -> bool {
    base32_value(byte).is_some()
}

fn base32_value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    }
}

/// RFC 4648 base32 without padding.
fn base32(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.chunks(5).flat_map(|chunk| {
        let group = chunk
            .iter()
            .fold(0_u64, |group, byte| (group << 8) | u64::from(*byte));
        // A group that is not full is filled up with zero bits on its right.
        let group = group << (40 - 8 * chunk.len());
        let characters = (8 * chunk.len()).div_ceil(5);
        (0..characters).map(move |at| {
            let value = (group >> (35 - 5 * at)) & 31;
            let index = usize::try_from(value).unwrap_or(0);
            ALPHABET.get(index).copied().unwrap_or(b'A')
        })
    })
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
                f.write_str(self.as_str())
            }
        }
    };
}

text!(RoleId);
text!(AccessKeyId);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_account_is_read_back_from_a_key_id() {
        // A published id and its account (policy contract 4.6).
        let published: AccessKeyId = "ASIAQNZGKIQY56JQ7WML".parse().unwrap();
        assert_eq!(published.account().unwrap().to_string(), "029608264753");
        for account in ["000000000000", "111122223333", "999999999999"] {
            let account: AccountId = account.parse().unwrap();
            for random in [[0; 5], [255; 5], [1, 2, 3, 4, 5]] {
                let id = AccessKeyId::new(account, random);
                assert_eq!(id.as_str().len(), 20);
                assert_eq!(id.account(), Some(account));
                assert_eq!(id.as_str().parse::<AccessKeyId>().unwrap(), id);
            }
        }
    }

    #[test]
    fn different_random_bytes_give_different_key_ids() {
        let account: AccountId = "111122223333".parse().unwrap();
        let ids: std::collections::HashSet<String> = (0..40)
            .filter(|bit| bit % 8 != 0 || *bit > 7)
            .map(|bit| {
                let mut random = [0; 5];
                if let Some(byte) = random.get_mut(bit / 8) {
                    *byte |= 0x80 >> (bit % 8);
                }
                AccessKeyId::new(account, random).to_string()
            })
            .collect();
        assert_eq!(ids.len(), 39);
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        for (bytes, wanted) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()).collect::<Vec<_>>(), wanted.as_bytes());
        }
    }

    #[test]
    fn role_ids_have_their_form() {
        let id = RoleId::from_random([7; 11]);
        assert_eq!(id.as_str().len(), 21);
        assert_eq!(id.as_str().parse::<RoleId>().unwrap(), id);
        let key = AccessKeyId::new("111122223333".parse().unwrap(), [1, 2, 3, 4, 5]);
        assert!(id.as_str().parse::<AccessKeyId>().is_err());
        assert!(key.as_str().parse::<RoleId>().is_err());
        for text in [id.as_str(), key.as_str()] {
            let (all_but_last, _) = text.split_at(text.len() - 1);
            for (end, is_good) in [
                ("A", true),
                ("7", true),
                ("1", false),
                ("a", false),
                ("\u{e9}", false),
                ("AA", false),
                ("", false),
            ] {
                let text = format!("{all_but_last}{end}");
                let read = text.parse::<RoleId>().is_ok() || text.parse::<AccessKeyId>().is_ok();
                assert_eq!(read, is_good, "{text}");
            }
        }
    }

    #[test]
    fn file_objects_keep_their_id_and_never_share_one() {
        let (one, two): (AccountId, AccountId) =
            ("000000000001".parse().unwrap(), "000000000002".parse().unwrap());
        let id = |account, kind, name| file_object_id(account, kind, name);
        // Frozen: an id that moved would orphan every configuration that names it.
        assert_eq!(
            id(one, ObjectKind::TrustAnchor, "corp").to_string(),
            "a0900a58-f88a-5c89-9d55-a39685c82209"
        );
        assert_ne!(
            id(one, ObjectKind::TrustAnchor, "corp"),
            id(two, ObjectKind::TrustAnchor, "corp")
        );
        assert_ne!(
            id(one, ObjectKind::TrustAnchor, "corp"),
            id(one, ObjectKind::Profile, "corp")
        );
        assert_ne!(
            id(one, ObjectKind::Profile, "corp"),
            id(one, ObjectKind::Profile, "Corp")
        );
    }
}
