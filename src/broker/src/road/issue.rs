//! Step 4, issue: the embedded issuer makes the credentials (design section 6; contract 1.7).

use std::borrow::Cow;
use std::sync::Arc;

use iam::SessionTags;
use wire::{
    AccessKeyId, AssumedRoleUser, CreateSessionResponse, CredentialSet, Credentials, ErrorClass, RequestId,
    Timestamp,
};

use super::{Authenticated, Authorized};
use crate::attempt::Attempt;
use crate::exchange::Broker;
use crate::fresh::Fresh;
use crate::refusal::{Refusal, Step};
use crate::token::{self, Claims};

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
    pub fn issue(self, broker: &Broker, attempt: &Attempt<'_>, fresh: Fresh) -> Result<Issued, Refusal> {
        let certificate = &self.authenticated.presented.certificate;
        let account = self.role.arn.account();
        let unavailable = |cause: &dyn std::fmt::Display| {
            Refusal::new(Step::Issue, ErrorClass::Unavailable, "issue.unavailable").with("cause", cause)
        };

        let packed = packed(&self.tags)?;
        let access_key_id = AccessKeyId::new(account, fresh.access_key);
        let claims = Claims {
            account,
            trust_anchor: self.authenticated.anchor.arn.id(),
            profile: self.profile.arn.id(),
            role: self.role.id,
            issuer: Cow::Borrowed(capped(certificate.issuer().shown(), 255)),
            serial: Cow::Borrowed(certificate.serial().octets()),
            public_key: certificate.spki_sha256(),
            certificate: certificate.sha256(),
            issued: attempt.at,
            expires: self.expires,
            access_key: access_key_id,
            root_session: fresh.session,
            session_name: self.session_name.clone(),
            source_identity: self.source_identity.clone(),
            tags: Arc::clone(self.tags.shared()),
        };
        let (session_token, secret_access_key) =
            token::seal(&claims, &broker.key_ring(), attempt.at, &fresh.salt)
                .map_err(|error| unavailable(&error))?;

        let arn = self.role.arn.session(&self.session_name);
        let Authenticated { path, .. } = &self.authenticated;
        let response = CreateSessionResponse {
            credential_set: vec![CredentialSet {
                assumed_role_user: AssumedRoleUser {
                    arn,
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
            event_id: RequestId::from_random(fresh.event),
            expires: self.expires,
        })
    }
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
