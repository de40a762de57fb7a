//! JSON in which no member can hide behind another of its name (threats A4, S13).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::PolicyError;

/// The longest document that is read: above every quota that AWS has for a trust policy (policy contract 1.11).
const LONGEST: usize = 16 * 1024;
/// The deepest nesting: a policy needs six.
const DEEPEST: usize = 8;

/// A JSON value, members in the order written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Reads a document; a name given twice in one object, at any depth, is a mistake.
pub(crate) fn read(text: &str) -> Result<Json, PolicyError> {
    if text.len() > LONGEST {
        return Err(PolicyError::new(
            "the document",
            format!("it is {} bytes long, and at most {LONGEST} are read", text.len()),
            "split the role in two",
        ));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Depth(0)
        .deserialize(&mut deserializer)
        .and_then(|json| deserializer.end().map(|()| json));
    read.map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default().to_owned();
        PolicyError::new(place, reason, "correct the JSON there")
    })
}

struct Depth(usize);

impl<'de> DeserializeSeed<'de> for Depth {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a policy document")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let depth = self.deeper()?;
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(Depth(depth))? {
            elements.push(element);
        }
        Ok(Json::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let depth = self.deeper()?;
        let mut members: Vec<(String, Json)> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if members.iter().any(|(known, _)| *known == name) {
                return Err(A::Error::custom(format_args!(
                    "`{name}` is given twice in one object"
                )));
            }
            let value = map.next_value_seed(Depth(depth))?;
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

impl Depth {
    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        if self.0 >= DEEPEST {
            Err(E::custom("nested too deeply"))
        } else {
            Ok(self.0.saturating_add(1))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_given_twice_is_found_at_every_depth() {
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"[{"x":1,"\u0078":2}]"#,
            r#"{"a":1} x"#,
            "\u{feff}{}",
            "{",
            "[[[[[[[[[1]]]]]]]]]",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        assert!(read(&" ".repeat(LONGEST + 1)).is_err());
        let place = read("{\n \"a\": 1,\n \"a\": 2}").unwrap_err();
        assert!(place.place.starts_with("line 3"), "{place}");
        assert!(read(r#"{"a":{"a":1},"b":[{"a":1},{"a":1}]}"#).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = read(&text);
        }
    }
}
