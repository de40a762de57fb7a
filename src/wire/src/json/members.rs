//! Reading a small JSON object without losing a member.
//!
//! `serde_json::Value` keeps the last of two members with one name. At a door that would let one reader see what
//! another did not (threats S4, S13), so the members are collected in order, repeats and all. Texts are borrowed from
//! the body wherever they hold no escape.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The members of one JSON object in the order sent, repeated names included.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, Member<'a>)>);

/// A member's value, as far as any member that is read can have it.
pub(crate) enum Member<'a> {
    Text(Cow<'a, str>),
    /// A number without a fraction.
    Whole(i64),
    Null,
    /// A value that no member that is read may have.
    Other,
}

/// A member's name.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some((Name(name), value)) = map.next_entry()? {
                    members.push((name, value));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Member::deserialize(deserializer)? {
            Member::Text(name) => Ok(Self(name)),
            _ => Err(D::Error::custom("a member's name is not text")),
        }
    }
}

/// What is ignored is read all the same, to the limits of depth and number: another reader of the same bytes would refuse
/// what is no JSON.
impl<'de: 'a, 'a> Deserialize<'de> for Member<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Member<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Member<'de>, E> {
                Ok(Member::Text(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Member<'de>, E> {
                Ok(Member::Text(text.to_owned().into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Member<'de>, E> {
                Ok(Member::Whole(number))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Member<'de>, E> {
                Ok(i64::try_from(number).map_or(Member::Other, Member::Whole))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Member<'de>, E> {
                Ok(Member::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Member<'de>, E> {
                Ok(Member::Other)
            }

            fn visit_unit<E>(self) -> Result<Member<'de>, E> {
                Ok(Member::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Member<'de>, A::Error> {
                while list.next_element::<Member<'_>>()?.is_some() {}
                Ok(Member::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member<'de>, A::Error> {
                while map.next_entry::<Name<'_>, Member<'_>>()?.is_some() {}
                Ok(Member::Other)
            }
        }

        deserializer.deserialize_any(Read)
    }
}
