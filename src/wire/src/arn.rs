//! ARNs, read into fields and compared field by field, never by prefix (threat A8).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

use crate::identifiers::subject_id;
use crate::{AccountId, RoleSessionName};

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

impl FromStr for Partition {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix("aws").ok_or("a partition begins with `aws`")?;
        if (!rest.is_empty() && !rest.starts_with('-')) || text.len() > 32 || !lower_case_words(text) {
            return Err("a partition is `aws`, or `aws-` and lower-case letters, digits and hyphens");
        }
        Ok(Self(text.into()))
    }
}

impl FromStr for Region {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.len() > 64 || !lower_case_words(text) {
            return Err("a region is 1 to 64 lower-case letters, digits and hyphens");
        }
        Ok(Self(text.into()))
    }
}

fn lower_case_words(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// The six fields of an ARN, before anyone asks what kind it is.
struct Fields<'a> {
    partition: Partition,
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
        let mut fields = text.splitn(6, ':');
        let mut next = || fields.next().ok_or("it has fewer than six fields");
        if next()? != "arn" {
            return Err("it does not begin with `arn:`");
        }
        let partition = next()?
            .parse()
            .map_err(|_| "its partition is not `aws` or `aws-…`")?;
        let (service, region) = (next()?, next()?);
        let account = next()?.parse().map_err(|_| "its account is not twelve digits")?;
        Ok(Self {
            partition,
            service,
            region,
            account,
            resource: next()?,
        })
    }
}

/// `arn:PARTITION:rolesanywhere:REGION:ACCOUNT:KIND/UUID`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct RolesAnywhereArn {
    partition: Partition,
    region: Region,
    account: AccountId,
    id: Uuid,
}

impl RolesAnywhereArn {
    fn parse(text: &str, prefix: &str) -> Result<Self, &'static str> {
        let fields = Fields::split(text)?;
        if fields.service != "rolesanywhere" {
            return Err("its service is not `rolesanywhere`");
        }
        let region = fields
            .region
            .parse()
            .map_err(|_| "its region is missing or malformed")?;
        let id = fields
            .resource
            .strip_prefix(prefix)
            .ok_or("its resource is of another kind")?;
        // Only the lower-case hyphenated form (contract 4.1): one object has one spelling.
        let uuid = Uuid::try_parse(id).map_err(|_| "its id is not a UUID")?;
        if uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) != id {
            return Err("its id is not a UUID in lower-case, hyphenated form");
        }
        Ok(Self {
            partition: fields.partition,
            region,
            account: fields.account,
            id: uuid,
        })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, prefix: &str) -> fmt::Result {
        let Self {
            partition,
            region,
            account,
            id,
        } = self;
        write!(
            f,
            "arn:{partition}:rolesanywhere:{region}:{account}:{prefix}{}",
            id.hyphenated()
        )
    }
}

macro_rules! roles_anywhere_arn {
    ($name:ident, $kind:literal, $prefix:literal, $form:literal) => {
        #[doc = concat!("The ARN of a ", $kind, ": `", $form, "`.")]
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(RolesAnywhereArn);

        impl $name {
            /// The ARN of the object with this id.
            pub fn new(partition: Partition, region: Region, account: AccountId, id: Uuid) -> Self {
                Self(RolesAnywhereArn {
                    partition,
                    region,
                    account,
                    id,
                })
            }

            /// The account that owns the object.
            pub fn account(&self) -> AccountId {
                self.0.account
            }

            /// The partition.
            pub fn partition(&self) -> &Partition {
                &self.0.partition
            }

            /// The region.
            pub fn region(&self) -> &Region {
                &self.0.region
            }

            /// The object's id.
            pub fn id(&self) -> Uuid {
                self.0.id
            }
        }

        impl FromStr for $name {
            type Err = InvalidArn;

            fn from_str(text: &str) -> Result<Self, InvalidArn> {
                RolesAnywhereArn::parse(text, $prefix)
                    .map(Self)
                    .map_err(|reason| InvalidArn {
                        text: capped(text),
                        kind: $kind,
                        reason,
                        form: $form,
                    })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write(f, $prefix)
            }
        }

        text_like!($name);
    };
}

macro_rules! text_like {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}

roles_anywhere_arn!(
    TrustAnchorArn,
    "trust anchor",
    "trust-anchor/",
    "arn:PARTITION:rolesanywhere:REGION:ACCOUNT:trust-anchor/UUID"
);
roles_anywhere_arn!(
    ProfileArn,
    "profile",
    "profile/",
    "arn:PARTITION:rolesanywhere:REGION:ACCOUNT:profile/UUID"
);

/// The ARN of a role: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
///
/// The name is 1 to 64 characters of `[A-Za-z0-9+=,.@_-]`; the path begins and ends with `/` and is at most 512
/// bytes (policy contract 1.11).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleArn {
    partition: Partition,
    account: AccountId,
    path: Arc<str>,
    name: Arc<str>,
}

const ROLE_FORM: &str = "arn:PARTITION:iam::ACCOUNT:role/PATH/NAME";

impl RoleArn {
    /// The ARN of a role with this path (beginning and ending with `/`) and name.
    pub fn new(partition: Partition, account: AccountId, path: &str, name: &str) -> Result<Self, InvalidArn> {
        Self::checked(partition, account, path, name).map_err(|reason| InvalidArn {
            text: capped(&format!("role{path}{name}")),
            kind: "role",
            reason,
            form: ROLE_FORM,
        })
    }

    fn checked(
        partition: Partition,
        account: AccountId,
        path: &str,
        name: &str,
    ) -> Result<Self, &'static str> {
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
        Ok(Self {
            partition,
            account,
            path: path.into(),
            name: name.into(),
        })
    }

    /// The account that owns the role.
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// The partition.
    pub fn partition(&self) -> &Partition {
        &self.partition
    }

    /// The path, beginning and ending with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name, without the path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ARN of a session of this role: the role's path does not appear in it (policy contract 4.5).
    pub fn session(&self, session_name: RoleSessionName) -> AssumedRoleArn {
        AssumedRoleArn {
            partition: self.partition.clone(),
            account: self.account,
            role_name: Arc::clone(&self.name),
            session_name,
        }
    }
}

impl FromStr for RoleArn {
    type Err = InvalidArn;

    fn from_str(text: &str) -> Result<Self, InvalidArn> {
        let parse = || {
            let fields = Fields::split(text)?;
            if fields.service != "iam" {
                return Err("its service is not `iam`");
            }
            if !fields.region.is_empty() {
                return Err("a role has no region");
            }
            let rest = fields
                .resource
                .strip_prefix("role")
                .ok_or("its resource is not a role")?;
            let cut = rest.rfind('/').ok_or("its resource is not `role/…`")?;
            let (path, name) = rest
                .split_at_checked(cut.saturating_add(1))
                .ok_or("it has no name")?;
            Self::checked(fields.partition, fields.account, path, name)
        };
        parse().map_err(|reason| InvalidArn {
            text: capped(text),
            kind: "role",
            reason,
            form: ROLE_FORM,
        })
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:iam::{}:role{}{}",
            self.partition, self.account, self.path, self.name
        )
    }
}

/// The ARN of a session of a role: `arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE_NAME/SESSION_NAME`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct AssumedRoleArn {
    partition: Partition,
    account: AccountId,
    role_name: Arc<str>,
    session_name: RoleSessionName,
}

impl AssumedRoleArn {
    /// The account of the role.
    pub fn account(&self) -> AccountId {
        self.account
    }
}

impl fmt::Display for AssumedRoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            account,
            role_name,
            session_name,
        } = self;
        write!(
            f,
            "arn:{partition}:sts::{account}:assumed-role/{role_name}/{session_name}"
        )
    }
}

/// The ARN of a subject, that is of whoever a certificate names:
/// `arn:PARTITION:rolesanywhere:REGION:ACCOUNT:subject/UUID` (contract 5).
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectArn(Arc<str>);

impl SubjectArn {
    /// The ARN of the subject with this name, the DER of the certificate's subject, in an account.
    pub fn new(partition: &Partition, region: &Region, account: AccountId, subject: &[u8]) -> Self {
        let id = subject_id(account, subject);
        let arn = format!(
            "arn:{partition}:rolesanywhere:{region}:{account}:subject/{}",
            id.hyphenated()
        );
        Self(arn.into())
    }
}

impl fmt::Display for SubjectArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Partition {
    /// The partition as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Region {
    /// The region as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

text_like!(Partition);
text_like!(Region);
text_like!(SubjectArn);
text_like!(RoleArn);
text_like!(AssumedRoleArn);

fn capped(text: &str) -> String {
    text.chars().take(256).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ANCHOR: &str =
        "arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/11111111-2222-3333-4444-555555555555";

    #[test]
    fn what_is_read_is_written_again() {
        assert_eq!(ANCHOR.parse::<TrustAnchorArn>().unwrap().to_string(), ANCHOR);
        let role = "arn:aws:iam::111122223333:role/app/team/Reader";
        let parsed: RoleArn = role.parse().unwrap();
        assert_eq!(
            (parsed.path(), parsed.name(), parsed.to_string().as_str()),
            ("/app/team/", "Reader", role)
        );
        let session = parsed.session("0123".parse().unwrap());
        assert_eq!(
            session.to_string(),
            "arn:aws:sts::111122223333:assumed-role/Reader/0123"
        );
    }

    /// Threat A8: nothing that merely looks like the ARN is taken for it.
    #[test]
    fn look_alikes_of_an_anchor_arn_are_refused() {
        for bad in [
            ANCHOR.replace("arn:", "ARN:"),
            ANCHOR.replace("aws:roles", "AWS:roles"),
            ANCHOR.replace("aws:", "awsx:"),
            ANCHOR.replace("us-east-1", ""),
            ANCHOR.replace("us-east-1", "US-EAST-1"),
            ANCHOR.replace("111122223333", "11112222333"),
            ANCHOR.replace("111122223333", "1111222233333"),
            ANCHOR.replace("111122223333", "11112222333\u{663}"),
            ANCHOR.replace("trust-anchor/", "profile/"),
            ANCHOR.replace("trust-anchor/", "trust-anchor%2F"),
            ANCHOR.replace("trust-anchor/", "trust-anchor//"),
            ANCHOR.replace("trust-anchor", ":trust-anchor"),
            ANCHOR.replace("11111111-", "11111111"),
            ANCHOR.replace("11111111-2222", "{11111111-2222"),
            format!("{ANCHOR}/"),
            format!("{ANCHOR} "),
            format!(" {ANCHOR}"),
            format!("{ANCHOR}\0"),
            String::new(),
        ] {
            assert!(bad.parse::<TrustAnchorArn>().is_err(), "{bad}");
        }
        assert!(
            "urn:uuid:11111111-2222-3333-4444-555555555555"
                .parse::<TrustAnchorArn>()
                .is_err()
        );
        let upper = ANCHOR.replace(
            "11111111-2222-3333-4444-555555555555",
            "AAAAAAAA-2222-3333-4444-555555555555",
        );
        assert!(upper.parse::<TrustAnchorArn>().is_err());
    }

    /// Threat A8, for roles.
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
    }
}
