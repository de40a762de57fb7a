//! A condition's value, compiled for its operator: what cannot be read is a mistake at load, not a false at run time.

use std::net::IpAddr;

use wire::Timestamp;

use crate::context::RequestContext;
use crate::operator::{Comparison, Operator, Order};
use crate::pattern::{Pattern, Wildcards};

/// A policy's value, ready to be compared.
#[derive(Debug, Clone)]
pub(crate) enum Compiled {
    Text { pattern: Pattern, ignore_case: bool },
    Number(Order, i128),
    Date(Order, Timestamp),
    Bool(bool),
    Address { network: IpAddr, bits: u8 },
    Arn(Vec<Pattern>),
    Null(bool),
}

impl Compiled {
    pub(crate) fn compile(text: &str, operator: Operator, variables: bool) -> Result<Self, String> {
        Ok(match operator.comparison {
            Comparison::Text { ignore_case } => Self::Text {
                pattern: Pattern::compile(text, Wildcards::Literal, variables)?,
                ignore_case,
            },
            Comparison::Like => Self::Text {
                pattern: Pattern::compile(text, Wildcards::Meant, variables)?,
                ignore_case: false,
            },
            Comparison::Number(order) => Self::Number(
                order,
                number(text).ok_or_else(|| format!("`{text}` is not a number"))?,
            ),
            Comparison::Date(order) => Self::Date(
                order,
                date(text).ok_or_else(|| {
                    format!("`{text}` is not a date (2026-01-31T12:00:00Z, or epoch seconds)")
                })?,
            ),
            Comparison::Bool => Self::Bool(boolean(text)?),
            Comparison::Null => Self::Null(boolean(text)?),
            Comparison::Address => {
                network(text).ok_or_else(|| format!("`{text}` is not an address or a CIDR range"))?
            }
            Comparison::Arn => {
                let fields = arn(text).ok_or_else(|| format!("`{text}` is not an ARN of six fields"))?;
                let compile = |field| Pattern::compile(field, Wildcards::Meant, variables);
                Self::Arn(fields.into_iter().map(compile).collect::<Result<_, _>>()?)
            }
        })
    }

    /// Compares with a request's value. None when that is of the wrong type, which is false for either polarity.
    pub(crate) fn compare(&self, value: &str, context: &RequestContext<'_>) -> Option<bool> {
        match self {
            Self::Text { pattern, ignore_case } => Some(pattern.matches(value, *ignore_case, context)),
            Self::Number(order, wanted) => Some(order.holds(number(value)?.cmp(wanted))),
            Self::Date(order, wanted) => Some(order.holds(date(value)?.cmp(wanted))),
            Self::Bool(wanted) => Some(boolean(value).ok()? == *wanted),
            Self::Address { network, bits } => Some(contains(*network, *bits, value.parse().ok()?)),
            Self::Arn(patterns) => {
                let mut pairs = patterns.iter().zip(arn(value)?);
                Some(pairs.all(|(pattern, field)| pattern.matches(field, false, context)))
            }
            Self::Null(_) => None,
        }
    }

    /// The patterns in it.
    pub(crate) fn patterns(&self) -> &[Pattern] {
        match self {
            Self::Text { pattern, .. } => std::slice::from_ref(pattern),
            Self::Arn(patterns) => patterns,
            _ => &[],
        }
    }
}

/// The six fields of an ARN; colons behind the fifth are the resource's. Byte by byte: its fields are shorter than what a
/// search begins to pay for.
fn arn(text: &str) -> Option<[&str; 6]> {
    let (mut fields, mut rest) = ([""; 6], text);
    let (resource, others) = fields.split_last_mut()?;
    for field in others {
        let colon = rest.bytes().position(|byte| byte == b':')?;
        *field = rest.get(..colon)?;
        rest = rest.get(colon.saturating_add(1)..)?;
    }
    *resource = rest;
    (fields.first() == Some(&"arn")).then_some(fields)
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

/// A decimal, exactly: scaled by 10^9. Binary fractions would make 0.1 + 0.2 a policy decision.
fn number(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_digits = |part: &str, most| {
        !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !is_digits(whole, 24) || !is_digits(fraction, 9) {
        return None;
    }
    let magnitude: i128 = format!("{whole}{fraction:0<9}").parse().ok()?;
    Some(if negative { -magnitude } else { magnitude })
}

/// ISO 8601 as the W3C profile has it, a bare date, or epoch seconds (milliseconds from 10^11 on; policy contract 1.9).
fn date(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: i64 = text.parse().ok()?;
        return Some(Timestamp::from_seconds(if number >= 100_000_000_000 {
            number / 1000
        } else {
            number
        }));
    }
    let full = if text.len() == 10 {
        format!("{text}T00:00:00Z")
    } else {
        text.to_owned()
    };
    Timestamp::parse_rfc3339(&full).ok()
}

fn network(text: &str) -> Option<Compiled> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let network: IpAddr = address.parse().ok()?;
    let most = if network.is_ipv4() { 32 } else { 128 };
    let bits = match bits {
        None => most,
        Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => bits.parse().ok()?,
        Some(_) => return None,
    };
    (bits <= most).then_some(Compiled::Address { network, bits })
}

/// An address of the other family is in no range (policy contract 1.9).
fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    let same = |one: u128, two: u128, width: u32| {
        let shift = width.saturating_sub(u32::from(bits));
        one.checked_shr(shift).unwrap_or(0) == two.checked_shr(shift).unwrap_or(0)
    };
    match (network, address) {
        (IpAddr::V4(one), IpAddr::V4(two)) => same(u32::from(one).into(), u32::from(two).into(), 32),
        (IpAddr::V6(one), IpAddr::V6(two)) => same(one.into(), two.into(), 128),
        _ => false,
    }
}
