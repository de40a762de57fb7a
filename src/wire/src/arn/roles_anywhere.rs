//! The ARNs of Roles Anywhere: of trust anchors, profiles and subjects.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

use super::{Fields, InvalidArn, Partition, Region, capped, field, text_like};
use crate::AccountId;
use crate::identifiers::subject_id;

/// `arn:PARTITION:rolesanywhere:REGION:ACCOUNT:KIND/UUID`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct RolesAnywhereArn {
    text: Arc<str>,
    account: AccountId,
    id: Uuid,
}

impl RolesAnywhereArn {
    fn new(partition: &Partition, region: &Region, account: AccountId, prefix: &str, id: Uuid) -> Self {
        Self {
            text: written(partition, region, account, prefix, id),
            account,
            id,
        }
    }

    fn parse(text: &str, prefix: &str) -> Result<Self, &'static str> {
        let fields = Fields::split(text)?;
        if fields.service != "rolesanywhere" {
            return Err("its service is not `rolesanywhere`");
        }
        Region::check(fields.region).map_err(|_| "its region is missing or malformed")?;
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
            text: text.into(),
            account: fields.account,
            id: uuid,
        })
    }
}

fn written(partition: &Partition, region: &Region, account: AccountId, prefix: &str, id: Uuid) -> Arc<str> {
    format!(
        "arn:{partition}:rolesanywhere:{region}:{account}:{prefix}{}",
        id.hyphenated()
    )
    .into()
}

impl Hash for RolesAnywhereArn {
    /// By the id: two objects hardly ever share one.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

macro_rules! roles_anywhere_arn {
    ($name:ident, $kind:literal, $prefix:literal, $form:literal) => {
        #[doc = concat!("The ARN of a ", $kind, ": `", $form, "`.")]
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(RolesAnywhereArn);

        impl $name {
            /// The ARN of the object with this id.
            pub fn new(partition: &Partition, region: &Region, account: AccountId, id: Uuid) -> Self {
                Self(RolesAnywhereArn::new(
                    partition, region, account, $prefix, id,
                ))
            }

            /// The account that owns the object.
            pub fn account(&self) -> AccountId {
                self.0.account
            }

            /// The partition.
            pub fn partition(&self) -> Partition {
                Partition(field(&self.0.text, 1).into())
            }

            /// The region.
            pub fn region(&self) -> Region {
                Region(field(&self.0.text, 3).into())
            }

            /// The object's id.
            pub fn id(&self) -> Uuid {
                self.0.id
            }

            /// The ARN as text.
            pub fn as_str(&self) -> &str {
                &self.0.text
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

        text_like!($name);
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

/// The ARN of a subject, that is of whoever a certificate names:
/// `arn:PARTITION:rolesanywhere:REGION:ACCOUNT:subject/UUID` (contract 5).
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectArn(Arc<str>);

impl SubjectArn {
    /// The ARN of the subject with this name, the DER of the certificate's subject, in an account.
    pub fn new(partition: &Partition, region: &Region, account: AccountId, subject: &[u8]) -> Self {
        let id = subject_id(account, subject);
        Self(written(partition, region, account, "subject/", id))
    }

    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_like!(SubjectArn);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ANCHOR: &str =
        "arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/11111111-2222-3333-4444-555555555555";

    #[test]
    fn what_is_read_is_written_again() {
        let read: TrustAnchorArn = ANCHOR.parse().unwrap();
        assert_eq!(read.to_string(), ANCHOR);
        assert_eq!(
            (read.partition().as_str(), read.region().as_str()),
            ("aws", "us-east-1")
        );
        assert_eq!(read.account().to_string(), "111122223333");
        assert_eq!(read.id().to_string(), "11111111-2222-3333-4444-555555555555");
        let made = TrustAnchorArn::new(&read.partition(), &read.region(), read.account(), read.id());
        assert_eq!(made, read);
    }

    /// Threat A8: whatever tells two ARNs apart does so here, though their ids are one.
    #[test]
    fn arns_are_compared_whole() {
        let read = |text: &str| text.parse::<TrustAnchorArn>().unwrap();
        for other in [
            ANCHOR.replace("aws:", "aws-cn:"),
            ANCHOR.replace("us-east-1", "us-east-2"),
            ANCHOR.replace("111122223333", "111122223334"),
            ANCHOR.replace("555555555555", "555555555556"),
        ] {
            assert_ne!(read(&other), read(ANCHOR), "{other}");
        }
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
}
