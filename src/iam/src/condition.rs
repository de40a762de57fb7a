//! Conditions: one operator, one key, its values; and the table of what is true when a key is absent, single or many
//! (policy contract 1.8, 1.10).

use crate::context::{KEYS, RequestContext, Value, is_known};
use crate::error::Mistakes;
use crate::json::Json;
use crate::operator::{Comparison, Operator, Quantifier};
use crate::value::Compiled;

/// One operator applied to one key.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) name: String,
    pub(crate) operator: Operator,
    /// As written, for people.
    pub(crate) key: String,
    /// In lower case, for looking up.
    lookup: String,
    pub(crate) texts: Vec<String>,
    pub(crate) values: Vec<Compiled>,
}

impl Condition {
    /// Reads the `Condition` element of a statement.
    pub(crate) fn read_all(json: &Json, place: &str, variables: bool, mistakes: &mut Mistakes) -> Vec<Self> {
        let Json::Object(operators) = json else {
            mistakes.add(
                place,
                "it is not an object",
                "write {\"OPERATOR\": {\"KEY\": \"VALUE\"}}",
            );
            return Vec::new();
        };
        let mut conditions = Vec::new();
        for (name, keys) in operators {
            let place = format!("{place}/{name}");
            let operator = match Operator::parse(name) {
                Ok(operator) => operator,
                Err(reason) => {
                    mistakes.add(
                        place,
                        format!("unknown operator: {reason}"),
                        "use an operator of the IAM policy language",
                    );
                    continue;
                }
            };
            let Json::Object(keys) = keys else {
                mistakes.add(place, "it is not an object", "write {\"KEY\": \"VALUE\"}");
                continue;
            };
            let mut seen: Vec<String> = Vec::new();
            for (key, values) in keys {
                let place = format!("{place}/{key}");
                // Keys are compared without case: two spellings of one would be two values for it.
                let lookup = key.to_lowercase();
                if seen.contains(&lookup) {
                    mistakes.add(
                        &place,
                        "this key is given twice, in different case",
                        "join the values in one list",
                    );
                }
                seen.push(lookup.clone());
                if !is_known(key) {
                    mistakes.add(
                        &place,
                        "the broker never sets this key in an exchange",
                        format!("use one of {}", KEYS.join(", ")),
                    );
                }
                let texts = texts(values, &place, mistakes);
                let mut compiled = Vec::new();
                for text in &texts {
                    match Compiled::compile(text, operator, variables) {
                        Ok(value) => {
                            let unknown = value.patterns().iter().flat_map(|pattern| pattern.variables());
                            for variable in unknown.filter(|variable| !is_known(variable)) {
                                mistakes.add(
                                    &place,
                                    format!("the broker never sets the variable `{variable}`"),
                                    "remove it, or write the value out",
                                );
                            }
                            compiled.push(value);
                        }
                        Err(reason) => mistakes.add(&place, reason, "correct the value"),
                    }
                }
                conditions.push(Self {
                    name: name.clone(),
                    operator,
                    key: key.clone(),
                    lookup,
                    texts,
                    values: compiled,
                });
            }
        }
        conditions
    }

    /// Whether the key is one of the certificate's attributes, its issuer's included.
    pub(crate) fn is_about_an_attribute(&self) -> bool {
        self.is_about_the_certificate()
            || self.lookup.starts_with("aws:principaltag/x509issuer/")
            || self.lookup.starts_with("aws:requesttag/x509issuer/")
    }

    /// Whether the key tells one certificate of a CA from another.
    pub(crate) fn is_about_the_certificate(&self) -> bool {
        let tag = self
            .lookup
            .strip_prefix("aws:principaltag/")
            .or(self.lookup.strip_prefix("aws:requesttag/"));
        self.lookup == "sts:sourceidentity"
            || tag.is_some_and(|tag| tag.starts_with("x509subject/") || tag.starts_with("x509san/"))
    }

    /// Whether the key names the trust anchor.
    pub(crate) fn is_about_the_anchor(&self) -> bool {
        self.lookup == "aws:sourcearn"
    }

    /// Whether the condition is true of this request.
    pub(crate) fn holds(&self, context: &RequestContext<'_>) -> bool {
        let value = context.value(&self.lookup);
        let value = value.as_ref();
        if self.operator.comparison == Comparison::Null {
            // An empty value counts as none (policy contract 1.10).
            let absent = match value {
                None => true,
                Some(Value::One(text)) => text.is_empty(),
                Some(Value::Many(list)) => list.is_empty(),
            };
            return self
                .values
                .iter()
                .any(|wanted| matches!(wanted, Compiled::Null(null) if *null == absent));
        }
        match (value, self.operator.quantifier) {
            (None, Quantifier::Plain) => self.operator.negated || self.operator.if_exists,
            (None, Quantifier::All) => true,
            (None, Quantifier::Any) => self.operator.if_exists,
            (Some(Value::One(text)), _) => self.test(text, context),
            // A list without a quantifier matches for neither polarity.
            (Some(Value::Many(_)), Quantifier::Plain) => false,
            (Some(Value::Many(list)), Quantifier::All) => list.iter().all(|text| self.test(text, context)),
            (Some(Value::Many(list)), Quantifier::Any) => list.iter().any(|text| self.test(text, context)),
        }
    }

    /// One request value: for a negated operator, none of the policy's values may match (NOR).
    fn test(&self, text: &str, context: &RequestContext<'_>) -> bool {
        let mut compared = self.values.iter().map(|value| value.compare(text, context));
        if self.operator.negated {
            compared.all(|result| result == Some(false))
        } else {
            compared.any(|result| result == Some(true))
        }
    }

    /// Why it does not hold, for people.
    pub(crate) fn explain(&self, context: &RequestContext<'_>) -> String {
        let actual = match context.value(&self.lookup) {
            None => "is absent".to_owned(),
            Some(Value::One(text)) => format!("is {text:?}"),
            Some(Value::Many(list)) => format!("is {list:?}"),
        };
        format!("{} {} {:?}, but it {actual}", self.name, self.key, self.texts)
    }
}

/// One value or a list of them; numbers and booleans are taken as their text.
fn texts(json: &Json, place: &str, mistakes: &mut Mistakes) -> Vec<String> {
    let list = match json {
        Json::List(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    if list.is_empty() {
        mistakes.add(
            place,
            "the list of values is empty",
            "give a value, or remove the key",
        );
    }
    let mut texts = Vec::new();
    for value in list {
        match value {
            Json::Text(text) | Json::Number(text) => texts.push(text.clone()),
            Json::Bool(value) => texts.push(value.to_string()),
            _ => mistakes.add(
                place,
                "a value is neither text, number nor boolean",
                "write the value as text",
            ),
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::context::{test_context, test_context_many};

    fn condition(operator: &str, key: &str, values: &[&str]) -> Condition {
        let values = values
            .iter()
            .map(|value| Json::Text((*value).to_owned()))
            .collect();
        let json = Json::Object(vec![(
            operator.into(),
            Json::Object(vec![(key.into(), Json::List(values))]),
        )]);
        let mut mistakes = Mistakes::default();
        let mut all = Condition::read_all(&json, "", true, &mut mistakes);
        assert!(mistakes.0.is_empty(), "{:?}", mistakes.0);
        all.remove(0)
    }

    /// The table of policy contract 1.10, form by form: absent, a value that matches, one that does not, a list with
    /// both, a list with only matches.
    #[test]
    fn absent_single_and_many() {
        const KEY: &str = "aws:tagkeys";
        let contexts = [
            test_context(&[]),
            test_context(&[(KEY, "a")]),
            test_context(&[(KEY, "x")]),
            test_context_many(KEY, &["a", "x"]),
            test_context_many(KEY, &["a", "b"]),
            test_context_many(KEY, &[]),
        ];
        for (operator, wanted) in [
            ("StringEquals", [false, true, false, false, false, false]),
            ("StringNotEquals", [true, false, true, false, false, false]),
            ("StringEqualsIfExists", [true, true, false, false, false, false]),
            (
                "StringNotEqualsIfExists",
                [true, false, true, false, false, false],
            ),
            (
                "ForAllValues:StringEquals",
                [true, true, false, false, true, true],
            ),
            (
                "ForAllValues:StringNotEquals",
                [true, false, true, false, false, true],
            ),
            (
                "ForAnyValue:StringEquals",
                [false, true, false, true, true, false],
            ),
            (
                "ForAnyValue:StringNotEquals",
                [false, false, true, true, false, false],
            ),
            (
                "ForAnyValue:StringEqualsIfExists",
                [true, true, false, true, true, false],
            ),
            (
                "ForAllValues:StringEqualsIfExists",
                [true, true, false, false, true, true],
            ),
        ] {
            let condition = condition(operator, KEY, &["a", "b"]);
            let got: Vec<bool> = contexts.iter().map(|context| condition.holds(context)).collect();
            assert_eq!(got, wanted, "{operator}");
        }
        for (value, wanted) in [("true", [true, false]), ("false", [false, true])] {
            let condition = condition("Null", KEY, &[value]);
            assert_eq!(
                [condition.holds(&contexts[0]), condition.holds(&contexts[1])],
                wanted
            );
        }
    }

    #[test]
    fn every_operator_compares_as_its_type() {
        for (operator, key, value, actual, wanted) in [
            ("StringEquals", "sts:SourceIdentity", "CN=a", "CN=a", true),
            ("StringEquals", "sts:SourceIdentity", "CN=a", "CN=A", false),
            ("StringEquals", "sts:SourceIdentity", "CN=*", "CN=a", false),
            (
                "StringEqualsIgnoreCase",
                "sts:SourceIdentity",
                "cn=A",
                "CN=a",
                true,
            ),
            (
                "StringLike",
                "sts:SourceIdentity",
                "CN=*.example",
                "CN=a.example",
                true,
            ),
            (
                "StringNotLike",
                "sts:SourceIdentity",
                "CN=*.example",
                "CN=a.example",
                false,
            ),
            ("NumericEquals", "sts:DurationSeconds", "900.0", "900", true),
            ("NumericNotEquals", "sts:DurationSeconds", "900", "x", false),
            ("NumericLessThan", "sts:DurationSeconds", "1000", "999.999", true),
            (
                "NumericGreaterThanEquals",
                "sts:DurationSeconds",
                "1000",
                "999",
                false,
            ),
            (
                "DateLessThan",
                "aws:CurrentTime",
                "2026-11-24",
                "2026-11-23T23:59:59Z",
                true,
            ),
            (
                "DateGreaterThan",
                "aws:CurrentTime",
                "1800000000",
                "2026-11-23T23:59:59Z",
                false,
            ),
            (
                "DateGreaterThan",
                "aws:EpochTime",
                "1700000000000",
                "1700000001",
                true,
            ),
            ("Bool", "aws:SecureTransport", "True", "true", true),
            ("IpAddress", "aws:SourceIp", "10.1.0.0/16", "10.1.2.3", true),
            ("IpAddress", "aws:SourceIp", "10.1.2.3", "10.1.2.4", false),
            ("IpAddress", "aws:SourceIp", "0.0.0.0/0", "::1", false),
            ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", "::1", true),
            ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", "nowhere", false),
            ("IpAddress", "aws:SourceIp", "fd00::/8", "fd12::1", true),
            (
                "ArnEquals",
                "aws:SourceArn",
                "arn:aws:x:*:1:y/*",
                "arn:aws:x:r:1:y/z:w",
                true,
            ),
            (
                "ArnLike",
                "aws:SourceArn",
                "arn:aws:x:*::y/*",
                "arn:aws:x:r:1:y/z",
                false,
            ),
            (
                "ArnNotEquals",
                "aws:SourceArn",
                "arn:aws:x:*:1:y/*",
                "arn:aws:x:r:2:y/z",
                true,
            ),
            (
                "ArnNotEquals",
                "aws:SourceArn",
                "arn:aws:x:*:1:y/*",
                "not an arn",
                false,
            ),
            (
                "ArnNotEquals",
                "aws:SourceArn",
                "arn:aws:x:*:1:y/*",
                "arn:aws:x:r:2",
                false,
            ),
            (
                "ArnNotEquals",
                "aws:SourceArn",
                "arn:aws:x:*:1:y/*",
                "nra:aws:x:r:2:y/z",
                false,
            ),
        ] {
            let condition = condition(operator, key, &[value]);
            let context = test_context(&[(key.to_lowercase().as_str(), actual)]);
            assert_eq!(condition.holds(&context), wanted, "{operator} {value} {actual}");
        }
    }
}
