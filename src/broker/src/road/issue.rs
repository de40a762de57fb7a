//! Step 4, issue: the embedded issuer makes the credentials (design section 6; contract 1.7).

use std::fmt::{Display, Write as _};
use std::sync::Arc;

use iam::SessionTags;
use wire::{
    AccessKeyId, AssumedRoleUser, CreateSessionResponse, CredentialSet, Credentials, ErrorClass, RequestId,
    Timestamp,
};

use super::{Authenticated, Authorized};
use crate::attempt::Attempt;
use crate::exchange::Broker;
use crate::randomness::{Randomness, RandomnessUnavailable, random};
use crate::refusal::{Refusal, Step};
use crate::token::{self, Claims, Salt};

/// The budget for tags, in bytes of keys and values, that `packedPolicySize` is a percentage of: what fifty tags of
/// ordinary length need, and what keeps a token below 4,096 characters.
const TAG_BUDGET: usize = 2048;

/// Credentials that exist, and that nobody has seen yet. Made by [`Authorized::issue`] only.
#[derive(Debug)]
pub struct Issued {
    pub(crate) response: CreateSessionResponse,
    /// The id of the event that is to tell of it.
    pub(crate) event_id: RequestId,
    pub(crate) expires: Timestamp,
}

impl Authorized<'_> {
    /// Makes the credentials. Nothing more is decided here.
    pub fn issue(self, broker: &Broker, attempt: &Attempt<'_>) -> Result<Issued, Refusal> {
        let certificate = &self.authenticated.presented.certificate;
        let account = self.role.arn.account();
        let unavailable = |cause: &dyn std::fmt::Display| {
            Refusal::new(Step::Issue, ErrorClass::Unavailable, "issue.unavailable").with("cause", cause)
        };

        let packed = packed(&self.tags)?;
        let unique = Unique::draw(broker.randomness.as_ref()).map_err(|error| unavailable(&error))?;
        let access_key_id = AccessKeyId::new(account, unique.access_key);
        let claims = Claims {
            account,
            trust_anchor: self.authenticated.anchor.arn.id(),
            profile: self.profile.arn.id(),
            role: self.role.id,
            issuer: capped(certificate.issuer().shown(), 255).to_owned(),
            serial: certificate.serial().octets().to_vec(),
            public_key: certificate.spki_sha256(),
            certificate: certificate.sha256(),
            issued: attempt.at,
            expires: self.expires,
            access_key: access_key_id,
            root_session: unique.session,
            session_name: self.session_name.clone(),
            source_identity: self.source_identity.clone(),
            tags: Arc::clone(self.tags.shared()),
        };
        let (session_token, secret_access_key) =
            token::seal(&claims, &broker.key_ring(), attempt.at, &unique.salt)
                .map_err(|error| unavailable(&error))?;

        let arn = self.role.arn.session(self.session_name);
        let Authenticated { path, .. } = &self.authenticated;
        let response = CreateSessionResponse {
            credential_set: vec![CredentialSet {
                assumed_role_user: AssumedRoleUser {
                    arn: written(arn),
                    assumed_role_id: claims.user_id(),
                },
                credentials: Credentials {
                    access_key_id,
                    secret_access_key,
                    session_token,
                    expiration: self.expires,
                },
                packed_policy_size: u32::try_from(packed.saturating_mul(100).div_ceil(TAG_BUDGET))
                    .unwrap_or(100),
                role_arn: self.role.arn.clone(),
                source_identity: self.source_identity,
            }],
            subject_arn: path.subject_arn().clone(),
        };
        Ok(Issued {
            response,
            event_id: RequestId::from_random(unique.event),
            expires: self.expires,
        })
    }
}

/// What makes credentials unlike any others, and the id of their event. Drawn at once: the system is asked, which costs
/// more than the bytes.
struct Unique {
    access_key: [u8; 5],
    session: [u8; 16],
    salt: Salt,
    event: [u8; 16],
}

impl Unique {
    fn draw(source: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        let bytes: [u8; 69] = random(source)?;
        let mut unique = Self {
            access_key: [0; 5],
            session: [0; 16],
            salt: [0; 32],
            event: [0; 16],
        };
        let Self {
            access_key,
            session,
            salt,
            event,
        } = &mut unique;
        let parts = access_key.iter_mut().chain(session).chain(salt).chain(event);
        for (to, from) in parts.zip(bytes) {
            *to = from;
        }
        Ok(unique)
    }
}

/// A text of the length of an ARN.
fn written(text: impl Display) -> String {
    let mut written = String::with_capacity(128);
    // Writing to a string cannot fail.
    let _ = write!(written, "{text}");
    written
}

fn capped(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

/// How many bytes the tags take, if a token has room for them.
pub(super) fn packed(tags: &SessionTags) -> Result<usize, Refusal> {
    let packed: usize = tags
        .iter()
        .map(|(key, value)| key.len().saturating_add(value.len()))
        .sum();
    if packed > TAG_BUDGET {
        return Err(
            Refusal::new(Step::Issue, ErrorClass::Unauthorized, "issue.tags-too-large")
                .with("bytes of tags", packed)
                .with("most", TAG_BUDGET),
        );
    }
    Ok(packed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::test_support::{Counted, NoRandomness};

    /// Threats K6, O6.
    #[test]
    fn every_part_is_drawn_and_without_randomness_nothing_is() {
        assert_eq!(Unique::draw(&NoRandomness).err(), Some(RandomnessUnavailable));
        let source = Counted::default();
        let parts = |unique: Unique| {
            [
                unique.access_key.to_vec(),
                unique.session.to_vec(),
                unique.salt.to_vec(),
                unique.event.to_vec(),
            ]
        };
        let first = parts(Unique::draw(&source).unwrap());
        let second = parts(Unique::draw(&source).unwrap());
        for (at, (one, two)) in first.iter().zip(&second).enumerate() {
            assert_ne!(one, two, "part {at}");
            assert_ne!(*one, vec![0; one.len()], "part {at}");
        }
    }
}
