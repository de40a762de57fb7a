//! The context of one request: the keys that the broker sets, and nobody else (policy contract 3).

use std::net::IpAddr;

use wire::{AccountId, Region, RoleSessionName, SessionDuration, SourceIdentity, Timestamp, TrustAnchorArn};

use crate::mapping::SessionTags;

/// A key's value. Whether a key is multivalued is a property of the key (policy contract 1.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    One(String),
    Many(Vec<String>),
}

/// The keys and values that a policy is evaluated with.
#[derive(Debug, Clone, Default)]
pub struct RequestContext(Vec<(String, Value)>);

impl RequestContext {
    /// The value of a key, given in lower case.
    pub(crate) fn value(&self, key: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, value)| value)
    }

    /// The value of a single-valued key.
    pub(crate) fn one(&self, key: &str) -> Option<&str> {
        match self.value(key) {
            Some(Value::One(value)) => Some(value),
            _ => None,
        }
    }
}

/// The keys that an exchange sets. Those that end in a slash are families.
pub(crate) const KEYS: [&str; 20] = [
    "aws:CurrentTime",
    "aws:EpochTime",
    "aws:SecureTransport",
    "aws:SourceIp",
    "aws:UserAgent",
    "aws:RequestedRegion",
    "aws:SourceArn",
    "aws:SourceAccount",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalServiceName",
    "aws:ViaAWSService",
    "aws:TagKeys",
    "sts:RoleSessionName",
    "sts:SourceIdentity",
    "sts:DurationSeconds",
    "aws:PrincipalTag/x509Subject/",
    "aws:PrincipalTag/x509Issuer/",
    "aws:PrincipalTag/x509SAN/",
    "aws:RequestTag/x509",
    "sts:TransitiveTagKeys",
];

/// Whether an exchange can ever set this key.
pub(crate) fn is_known(key: &str) -> bool {
    let key = key.to_lowercase();
    KEYS.iter().any(|known| {
        let known = known.to_lowercase();
        key == known || ((known.ends_with('/') || known.ends_with("x509")) && key.starts_with(&known))
    })
}

/// Builds the context of an exchange.
#[derive(Debug)]
pub struct ContextBuilder(RequestContext);

impl ContextBuilder {
    /// A context at this instant, with what is true of every exchange: the caller is the service, over TLS.
    pub fn new(at: Timestamp) -> Self {
        let mut keys = Vec::with_capacity(32);
        let mut set = |key: &str, value: String| keys.push((key.to_owned(), Value::One(value)));
        set("aws:currenttime", at.rfc3339());
        set("aws:epochtime", at.seconds().to_string());
        set("aws:securetransport", "true".to_owned());
        set("aws:principalisawsservice", "true".to_owned());
        set(
            "aws:principalservicename",
            crate::statement::SERVICE_PRINCIPAL.to_owned(),
        );
        set("aws:viaawsservice", "false".to_owned());
        Self(RequestContext(keys))
    }

    fn set(mut self, key: &str, value: impl ToString) -> Self {
        self.0.0.push((key.to_owned(), Value::One(value.to_string())));
        self
    }

    /// The trust anchor that the certificate was judged by.
    #[must_use]
    pub fn source_arn(self, arn: &TrustAnchorArn) -> Self {
        self.set("aws:sourcearn", arn)
    }

    /// The trust anchor's account.
    #[must_use]
    pub fn source_account(self, account: AccountId) -> Self {
        self.set("aws:sourceaccount", account)
    }

    /// The caller's address, as the broker saw it.
    #[must_use]
    pub fn source_ip(self, address: IpAddr) -> Self {
        self.set("aws:sourceip", address.to_canonical())
    }

    /// What the caller says it is; no security rests on it.
    #[must_use]
    pub fn user_agent(self, user_agent: &str) -> Self {
        self.set("aws:useragent", user_agent)
    }

    /// The region of the broker.
    #[must_use]
    pub fn requested_region(self, region: &Region) -> Self {
        self.set("aws:requestedregion", region)
    }

    /// The session's name.
    #[must_use]
    pub fn role_session_name(self, name: &RoleSessionName) -> Self {
        self.set("sts:rolesessionname", name)
    }

    /// The source identity.
    #[must_use]
    pub fn source_identity(self, identity: &SourceIdentity) -> Self {
        self.set("sts:sourceidentity", identity)
    }

    /// The session's length.
    #[must_use]
    pub fn duration(self, duration: SessionDuration) -> Self {
        self.set("sts:durationseconds", duration.seconds())
    }

    /// The session tags: as the principal's, and as those being passed (policy contract 3.3).
    #[must_use]
    pub fn tags(mut self, tags: &SessionTags) -> Self {
        if tags.is_empty() {
            return self;
        }
        let keys = &mut self.0.0;
        for (key, value) in tags.iter() {
            let lower = key.to_lowercase();
            keys.push((format!("aws:principaltag/{lower}"), Value::One(value.to_owned())));
            keys.push((format!("aws:requesttag/{lower}"), Value::One(value.to_owned())));
        }
        let names = tags.iter().map(|(key, _)| key.to_owned()).collect();
        keys.push(("aws:tagkeys".to_owned(), Value::Many(names)));
        self
    }

    /// The context.
    pub fn build(self) -> RequestContext {
        self.0
    }
}

#[cfg(test)]
pub(crate) fn test_context(values: &[(&str, &str)]) -> RequestContext {
    RequestContext(
        values
            .iter()
            .map(|(key, value)| ((*key).to_owned(), Value::One((*value).to_owned())))
            .collect(),
    )
}

#[cfg(test)]
pub(crate) fn test_context_many(key: &str, values: &[&str]) -> RequestContext {
    RequestContext(vec![(
        key.to_owned(),
        Value::Many(values.iter().map(ToString::to_string).collect()),
    )])
}
