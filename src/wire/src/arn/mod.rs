//! ARNs, read into fields and compared whole, never by prefix (threat A8).
//!
//! An ARN has one spelling, which it keeps: what it is asked for is read from it, and to write it is to copy it.

mod role;
mod roles_anywhere;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

pub use role::{AssumedRoleArn, RoleArn};
pub use roles_anywhere::{ProfileArn, SubjectArn, TrustAnchorArn};

use crate::AccountId;

/// The longest ARN that any member may hold (contract 4.1).
const LONGEST: usize = 1011;

/// Why a text is not the ARN asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the ARN of a {kind}: {reason}; the form is {form}")]
pub struct InvalidArn {
    text: String,
    kind: &'static str,
    reason: &'static str,
    form: &'static str,
}

/// A partition, such as `aws`: lower-case letters, digits and hyphens, beginning with `aws` (contract 4.1).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition(Arc<str>);

/// A region, such as `eu-local-1`: 1 to 64 lower-case letters, digits and hyphens.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(Arc<str>);

impl Partition {
    /// The partition as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn check(text: &str) -> Result<(), &'static str> {
        let rest = text.strip_prefix("aws").ok_or("a partition begins with `aws`")?;
        if (!rest.is_empty() && !rest.starts_with('-')) || text.len() > 32 || !lower_case_words(text) {
            return Err("a partition is `aws`, or `aws-` and lower-case letters, digits and hyphens");
        }
        Ok(())
    }
}

impl Region {
    /// The region as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn check(text: &str) -> Result<(), &'static str> {
        if text.is_empty() || text.len() > 64 || !lower_case_words(text) {
            return Err("a region is 1 to 64 lower-case letters, digits and hyphens");
        }
        Ok(())
    }
}

impl FromStr for Partition {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        Self::check(text).map(|()| Self(text.into()))
    }
}

impl FromStr for Region {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        Self::check(text).map(|()| Self(text.into()))
    }
}

fn lower_case_words(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The fields of an ARN, before anyone asks what kind it is. Its partition was checked.
struct Fields<'a> {
    service: &'a str,
    region: &'a str,
    account: AccountId,
    resource: &'a str,
}

impl<'a> Fields<'a> {
    fn split(text: &'a str) -> Result<Self, &'static str> {
        if text.len() > LONGEST {
            return Err("it is longer than 1011 bytes");
        }
        let mut rest = text.strip_prefix("arn:").ok_or("it does not begin with `arn:`")?;
        let mut next = || {
            let (field, behind) = cut_at_colon(rest).ok_or("it has fewer than six fields")?;
            rest = behind;
            Ok(field)
        };
        Partition::check(next()?).map_err(|_| "its partition is not `aws` or `aws-…`")?;
        let (service, region) = (next()?, next()?);
        let account = next()?.parse().map_err(|_| "its account is not twelve digits")?;
        Ok(Self {
            service,
            region,
            account,
            resource: rest,
        })
    }
}

/// What stands before the first colon, and behind it. Byte by byte: the fields of an ARN are shorter than what a search
/// begins to pay for.
fn cut_at_colon(text: &str) -> Option<(&str, &str)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    Some((text.get(..colon)?, text.get(colon.saturating_add(1)..)?))
}

/// A field of an ARN that was read; the partition is 1, the region 3.
fn field(arn: &str, at: usize) -> &str {
    arn.split(':').nth(at).unwrap_or_default()
}

macro_rules! text_like {
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

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

use text_like;

text_like!(Partition);
text_like!(Region);

fn capped(text: &str) -> String {
    text.chars().take(256).collect()
}
