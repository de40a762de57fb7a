//! The document that a `credential_process` helper prints (client contract, c1).

use crate::{Credentials, SecretText, Timestamp};

/// What every AWS SDK reads from a helper's standard output.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct CredentialProcessOutput {
    /// Always 1.
    version: u8,
    access_key_id: String,
    secret_access_key: SecretText,
    session_token: SecretText,
    expiration: Timestamp,
}

impl From<&Credentials> for CredentialProcessOutput {
    fn from(credentials: &Credentials) -> Self {
        Self {
            version: 1,
            access_key_id: credentials.access_key_id.to_string(),
            secret_access_key: credentials.secret_access_key.clone(),
            session_token: credentials.session_token.clone(),
            expiration: credentials.expiration,
        }
    }
}

impl CredentialProcessOutput {
    /// The document for credentials of any STS-like issuer, whose key ids need not be ours.
    pub fn new(
        access_key_id: String,
        secret_access_key: SecretText,
        session_token: SecretText,
        expiration: Timestamp,
    ) -> Self {
        Self {
            version: 1,
            access_key_id,
            secret_access_key,
            session_token,
            expiration,
        }
    }

    /// The access key id, which is no secret.
    pub fn key_id(&self) -> &str {
        &self.access_key_id
    }

    /// When the credentials end.
    pub fn expiration(&self) -> Timestamp {
        self.expiration
    }
}
