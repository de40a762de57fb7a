//! The ARNs of a role and of its sessions.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Fields, InvalidArn, Partition, capped, cut_at_colon, text_like};
use crate::{AccountId, RoleSessionName};

const FORM: &str = "arn:PARTITION:iam::ACCOUNT:role/PATH/NAME";

/// The ARN of a role: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
///
/// The name is 1 to 64 characters of `[A-Za-z0-9+=,.@_-]`; the path begins and ends with `/` and is at most 512
/// bytes (policy contract 1.11).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleArn {
    text: Arc<str>,
    account: AccountId,
}

impl RoleArn {
    /// The ARN of a role with this path (beginning and ending with `/`) and name.
    pub fn new(
        partition: &Partition,
        account: AccountId,
        path: &str,
        name: &str,
    ) -> Result<Self, InvalidArn> {
        check(path, name).map_err(|reason| InvalidArn {
            text: capped(&format!("role{path}{name}")),
            kind: "role",
            reason,
            form: FORM,
        })?;
        let text = format!("arn:{partition}:iam::{account}:role{path}{name}").into();
        Ok(Self { text, account })
    }

    /// The account that owns the role.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The path, beginning and ending with `/`.
    pub fn path(&self) -> &str {
        self.path_and_name().0
    }

    /// The name, without the path.
    pub fn name(&self) -> &str {
        self.path_and_name().1
    }

    fn path_and_name(&self) -> (&str, &str) {
        let (_, rest) = self.partition_and_rest();
        // Behind the account, which is followed by `:role`.
        cut(rest.get(22..).unwrap_or_default()).unwrap_or_default()
    }

    /// The partition, and `iam::ACCOUNT:role/PATH/NAME`.
    fn partition_and_rest(&self) -> (&str, &str) {
        let partition_on = self.text.get(4..).unwrap_or_default();
        cut_at_colon(partition_on).unwrap_or_default()
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The ARN of a session of this role: the role's path does not appear in it (policy contract 4.5).
    pub fn session(&self, session_name: &RoleSessionName) -> AssumedRoleArn {
        let (partition, rest) = self.partition_and_rest();
        let account = rest.get(5..17).unwrap_or_default();
        let (name, session) = (self.name(), session_name.as_str());
        let text = [
            "arn:",
            partition,
            ":sts::",
            account,
            ":assumed-role/",
            name,
            "/",
            session,
        ]
        .concat();
        AssumedRoleArn {
            text,
            account: self.account,
        }
    }
}

/// The path, with its last `/`, and the name behind it.
fn cut(resource: &str) -> Option<(&str, &str)> {
    let slash = resource.rfind('/')?;
    resource.split_at_checked(slash.saturating_add(1))
}

fn check(path: &str, name: &str) -> Result<(), &'static str> {
    let name_character = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if name.is_empty() || name.len() > 64 || !name.chars().all(name_character) {
        return Err("its name is not 1 to 64 characters of A-Z a-z 0-9 + = , . @ _ -");
    }
    let path_character = |c: char| c.is_ascii_graphic() && c != ':' && c != '*' && c != '?';
    if !path.starts_with('/') || !path.ends_with('/') || path.len() > 512 || path.contains("//") {
        return Err("its path does not begin and end with a single `/`");
    }
    if !path.chars().all(path_character) {
        return Err("its path holds a character that a path may not");
    }
    Ok(())
}

fn read(text: &str) -> Result<RoleArn, &'static str> {
    let fields = Fields::split(text)?;
    if fields.service != "iam" {
        return Err("its service is not `iam`");
    }
    if !fields.region.is_empty() {
        return Err("a role has no region");
    }
    let resource = fields
        .resource
        .strip_prefix("role")
        .ok_or("its resource is not a role")?;
    let (path, name) = cut(resource).ok_or("its resource is not `role/…`")?;
    check(path, name)?;
    Ok(RoleArn {
        text: text.into(),
        account: fields.account,
    })
}

impl FromStr for RoleArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        read(text).map_err(|reason| InvalidArn {
            text: capped(text),
            kind: "role",
            reason,
            form: FORM,
        })
    }
}

/// The ARN of a session of a role: `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE_NAME/SESSION_NAME`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AssumedRoleArn {
    text: String,
    account: AccountId,
}

impl AssumedRoleArn {
    /// The account of the role.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

text_like!(RoleArn);
text_like!(AssumedRoleArn);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        for (role, path, name, session) in [
            (
                "arn:aws:iam::111122223333:role/app/team/Reader",
                "/app/team/",
                "Reader",
                "arn:aws:sts::111122223333:assumed-role/Reader/0123",
            ),
            (
                "arn:aws-cn:iam::000000000001:role/R",
                "/",
                "R",
                "arn:aws-cn:sts::000000000001:assumed-role/R/0123",
            ),
            (
                "arn:aws:iam::111122223333:role/role/role",
                "/role/",
                "role",
                "arn:aws:sts::111122223333:assumed-role/role/0123",
            ),
        ] {
            let read: RoleArn = role.parse().unwrap();
            assert_eq!((read.path(), read.name(), read.as_str()), (path, name, role));
            assert_eq!(read.session(&"0123".parse().unwrap()).as_str(), session);
            let partition: Partition = role.split(':').nth(1).unwrap().parse().unwrap();
            assert_eq!(
                RoleArn::new(&partition, read.account(), path, name).unwrap(),
                read
            );
        }
    }

    /// Threat A8.
    #[test]
    fn roles_are_compared_whole() {
        let read = |text: &str| text.parse::<RoleArn>().unwrap();
        let role = "arn:aws:iam::111122223333:role/app/Reader";
        for other in [
            role.replace("aws:", "aws-cn:"),
            role.replace("111122223333", "111122223334"),
            role.replace("/app/", "/"),
            role.replace("/app/", "/App/"),
            role.replace("Reader", "reader"),
        ] {
            assert_ne!(read(&other), read(role), "{other}");
        }
    }

    #[test]
    fn what_is_no_arn_at_all_is_told_so() {
        for (text, reason) in [
            ("Reader", "it does not begin with `arn:`"),
            ("arn:aws:iam", "it has fewer than six fields"),
            ("arn:aws:iam::12:role/R", "its account is not twelve digits"),
        ] {
            let told = text.parse::<RoleArn>().unwrap_err().to_string();
            assert!(told.contains(reason), "{told}");
        }
    }

    /// Threat A8.
    #[test]
    fn look_alikes_of_a_role_arn_are_refused() {
        for bad in [
            "arn:aws:iam:us-east-1:111122223333:role/R",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role//R",
            "arn:aws:iam::111122223333:roleX/R",
            "arn:aws:iam::111122223333:role/R/",
            "arn:aws:iam::111122223333:user/R",
            "arn:aws:iam::111122223333:role/a*b/R",
            "arn:aws:iam::111122223333:role/R:x",
            "arn:aws:iam::111122223333:role/\u{420}",
            "arn:aws:sts::111122223333:role/R",
        ] {
            assert!(bad.parse::<RoleArn>().is_err(), "{bad}");
        }
        let partition: Partition = "aws".parse().unwrap();
        let account = "111122223333".parse().unwrap();
        for (path, name) in [
            ("", "R"),
            ("/", ""),
            ("/a", "R"),
            ("//", "R"),
            ("/", "a:b"),
            ("/:/", "R"),
        ] {
            assert!(
                RoleArn::new(&partition, account, path, name).is_err(),
                "{path} {name}"
            );
        }
    }
}
