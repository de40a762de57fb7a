//! The context of one request: the keys that the broker sets, and nobody else (policy contract 3).

use std::borrow::Cow;
use std::net::IpAddr;

use wire::{AccountId, Region, RoleSessionName, SessionDuration, SourceIdentity, Timestamp, TrustAnchorArn};

use crate::mapping::SessionTags;
use crate::statement::SERVICE_PRINCIPAL;

/// A key's value. Whether a key is multivalued is a property of the key (policy contract 1.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    One(Cow<'a, str>),
    Many(Vec<Cow<'a, str>>),
}

/// What a policy is evaluated with. A key's value is written when a policy asks for it: most ask for two or three.
#[derive(Debug, Clone)]
pub struct RequestContext<'a> {
    at: Timestamp,
    source_arn: Option<&'a TrustAnchorArn>,
    source_account: Option<AccountId>,
    source_ip: Option<IpAddr>,
    user_agent: Option<&'a str>,
    requested_region: Option<&'a Region>,
    role_session_name: Option<&'a RoleSessionName>,
    source_identity: Option<&'a SourceIdentity>,
    duration: Option<SessionDuration>,
    tags: Option<&'a SessionTags>,
    /// Keys and values that no exchange can have, for tests of the language.
    #[cfg(test)]
    given: Vec<(String, Value<'a>)>,
}

impl RequestContext<'_> {
    /// The value of a key, given in lower case.
    pub(crate) fn value(&self, key: &str) -> Option<Value<'_>> {
        #[cfg(test)]
        if let Some((_, value)) = self.given.iter().find(|(given, _)| given == key) {
            return Some(value.clone());
        }
        if key == "aws:tagkeys" {
            let keys = self.tags()?.iter().map(|(key, _)| Cow::from(key));
            return Some(Value::Many(keys.collect()));
        }
        self.one(key).map(Value::One)
    }

    /// The value of a single-valued key, given in lower case.
    pub(crate) fn one(&self, key: &str) -> Option<Cow<'_, str>> {
        #[cfg(test)]
        if let Some((_, Value::One(value))) = self.given.iter().find(|(given, _)| given == key) {
            return Some(value.clone());
        }
        Some(match key {
            "aws:currenttime" => self.at.rfc3339().into(),
            "aws:epochtime" => self.at.seconds().to_string().into(),
            // True of every exchange: the caller is the service, over TLS.
            "aws:securetransport" | "aws:principalisawsservice" => "true".into(),
            "aws:viaawsservice" => "false".into(),
            "aws:principalservicename" => SERVICE_PRINCIPAL.into(),
            "aws:sourcearn" => self.source_arn?.as_str().into(),
            "aws:sourceaccount" => self.source_account?.to_string().into(),
            "aws:sourceip" => self.source_ip?.to_string().into(),
            "aws:useragent" => self.user_agent?.into(),
            "aws:requestedregion" => self.requested_region?.as_str().into(),
            "sts:rolesessionname" => self.role_session_name?.as_str().into(),
            "sts:sourceidentity" => self.source_identity?.as_str().into(),
            "sts:durationseconds" => self.duration?.seconds().to_string().into(),
            _ => {
                // As the principal's, and as those being passed (policy contract 3.3).
                let tag = key
                    .strip_prefix("aws:principaltag/")
                    .or_else(|| key.strip_prefix("aws:requesttag/"))?;
                let mut tags = self.tags()?.iter();
                tags.find(|(known, _)| known.eq_ignore_ascii_case(tag))?.1.into()
            }
        })
    }

    /// The session tags, where there is one.
    fn tags(&self) -> Option<&SessionTags> {
        self.tags.filter(|tags| !tags.is_empty())
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
pub struct ContextBuilder<'a>(RequestContext<'a>);

impl<'a> ContextBuilder<'a> {
    /// A context at this instant, with what is true of every exchange.
    pub fn new(at: Timestamp) -> Self {
        Self(RequestContext {
            at,
            source_arn: None,
            source_account: None,
            source_ip: None,
            user_agent: None,
            requested_region: None,
            role_session_name: None,
            source_identity: None,
            duration: None,
            tags: None,
            #[cfg(test)]
            given: Vec::new(),
        })
    }

    /// The trust anchor that the certificate was judged by.
    #[must_use]
    pub fn source_arn(mut self, arn: &'a TrustAnchorArn) -> Self {
        self.0.source_arn = Some(arn);
        self
    }

    /// The trust anchor's account.
    #[must_use]
    pub fn source_account(mut self, account: AccountId) -> Self {
        self.0.source_account = Some(account);
        self
    }

    /// The caller's address, as the broker saw it.
    #[must_use]
    pub fn source_ip(mut self, address: IpAddr) -> Self {
        self.0.source_ip = Some(address.to_canonical());
        self
    }

    /// What the caller says it is; no security rests on it.
    #[must_use]
    pub fn user_agent(mut self, user_agent: &'a str) -> Self {
        self.0.user_agent = Some(user_agent);
        self
    }

    /// The region of the broker.
    #[must_use]
    pub fn requested_region(mut self, region: &'a Region) -> Self {
        self.0.requested_region = Some(region);
        self
    }

    /// The session's name.
    #[must_use]
    pub fn role_session_name(mut self, name: &'a RoleSessionName) -> Self {
        self.0.role_session_name = Some(name);
        self
    }

    /// The source identity.
    #[must_use]
    pub fn source_identity(mut self, identity: &'a SourceIdentity) -> Self {
        self.0.source_identity = Some(identity);
        self
    }

    /// The session's length.
    #[must_use]
    pub fn duration(mut self, duration: SessionDuration) -> Self {
        self.0.duration = Some(duration);
        self
    }

    /// The session tags.
    #[must_use]
    pub fn tags(mut self, tags: &'a SessionTags) -> Self {
        self.0.tags = Some(tags);
        self
    }

    /// The context.
    pub fn build(self) -> RequestContext<'a> {
        self.0
    }
}

#[cfg(test)]
pub(crate) fn test_context<'a>(values: &[(&str, &'a str)]) -> RequestContext<'a> {
    let mut context = ContextBuilder::new(Timestamp::from_seconds(0)).build();
    context.given = values
        .iter()
        .map(|(key, value)| ((*key).to_owned(), Value::One(Cow::from(*value))))
        .collect();
    context
}

#[cfg(test)]
pub(crate) fn test_context_many<'a>(key: &str, values: &[&'a str]) -> RequestContext<'a> {
    let mut context = test_context(&[]);
    let values = values.iter().copied().map(Cow::from).collect();
    context.given.push((key.to_owned(), Value::Many(values)));
    context
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rcgen::{CertificateParams, DnType, KeyPair};

    use super::*;
    use crate::mapping::AttributeMapping;

    /// Threat A4: a key that is not found makes a negated condition true.
    #[test]
    fn every_key_of_an_exchange_has_its_value() {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "web");
        params.subject_alt_names = vec![rcgen::SanType::DnsName("web.example".try_into().unwrap())];
        let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let tags = AttributeMapping::default().tags(&x509::Certificate::parse(made.der()).unwrap());
        let arn =
            "arn:aws:rolesanywhere:eu-local-1:111122223333:trust-anchor/11111111-2222-3333-4444-555555555555";
        let (anchor, region) = (arn.parse().unwrap(), "eu-local-1".parse().unwrap());
        let (name, identity) = ("0123".parse().unwrap(), "CN=web".parse().unwrap());
        let at = Timestamp::from_seconds(1_800_000_000);
        let full = ContextBuilder::new(at)
            .source_arn(&anchor)
            .source_account("111122223333".parse().unwrap())
            .source_ip("::ffff:10.1.2.3".parse().unwrap())
            .user_agent("agent/1")
            .requested_region(&region)
            .role_session_name(&name)
            .source_identity(&identity)
            .duration(SessionDuration::DEFAULT)
            .tags(&tags)
            .build();
        let bare = ContextBuilder::new(at).build();
        for (key, value, always) in [
            ("aws:CurrentTime", "2027-01-15T08:00:00Z", true),
            ("aws:EpochTime", "1800000000", true),
            ("aws:SecureTransport", "true", true),
            ("aws:SourceIp", "10.1.2.3", false),
            ("aws:UserAgent", "agent/1", false),
            ("aws:RequestedRegion", "eu-local-1", false),
            ("aws:SourceArn", arn, false),
            ("aws:SourceAccount", "111122223333", false),
            ("aws:PrincipalIsAWSService", "true", true),
            ("aws:PrincipalServiceName", "rolesanywhere.amazonaws.com", true),
            ("aws:ViaAWSService", "false", true),
            ("sts:RoleSessionName", "0123", false),
            ("sts:SourceIdentity", "CN=web", false),
            ("sts:DurationSeconds", "3600", false),
            ("aws:PrincipalTag/x509Subject/CN", "web", false),
            ("aws:PrincipalTag/x509Issuer/CN", "web", false),
            ("aws:PrincipalTag/x509SAN/DNS", "web.example", false),
            ("aws:RequestTag/x509Subject/CN", "web", false),
        ] {
            assert!(is_known(key), "{key}");
            let lookup = key.to_lowercase();
            assert_eq!(full.value(&lookup), Some(Value::One(value.into())), "{key}");
            assert_eq!(full.one(&lookup).as_deref(), Some(value), "{key}");
            assert_eq!(bare.one(&lookup).as_deref(), always.then_some(value), "{key}");
        }
        let keys = ["x509Subject/CN", "x509Issuer/CN", "x509SAN/DNS"]
            .map(Cow::from)
            .to_vec();
        assert_eq!(full.value("aws:tagkeys"), Some(Value::Many(keys)));
        assert_eq!(bare.value("aws:tagkeys"), None);
        // A list is no single value, and what an exchange never sets is not there.
        for key in [
            "aws:tagkeys",
            "sts:transitivetagkeys",
            "aws:principaltag/x509subject/ou",
            "aws:principalarn",
        ] {
            assert_eq!(full.one(key), None, "{key}");
        }
    }
}
