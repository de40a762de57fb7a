//! Everything that an exchange is judged by, in one immutable value.
//!
//! A road takes one snapshot at its start and reads nothing else, so that no decision mixes two states (threats A2,
//! A11). Every look-up is a hash: the cost does not grow with the number of objects.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use iam::{AttributeMapping, TrustPolicy};
use uuid::Uuid;
use wire::{AccountId, Partition, ProfileArn, Region, RoleArn, RoleId, SessionDuration, TrustAnchorArn};

use crate::memory::PathMemory;
use crate::revocation::{IssuerLists, RevocationLists};

/// A trust anchor: the certificates that a presented one is judged by.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// Its ARN.
    pub arn: TrustAnchorArn,
    /// Its name, for people.
    pub name: String,
    /// Whether it may be used. To a caller a disabled anchor looks like an unknown one.
    pub enabled: bool,
    /// Its certificates.
    pub trust: pki::TrustAnchor,
}

/// A profile: which roles a certificate may have, for how long, under which name.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its ARN.
    pub arn: ProfileArn,
    /// Its name, for people.
    pub name: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// The roles that it lists.
    pub roles: Vec<RoleArn>,
    /// The longest session it gives.
    pub duration: SessionDuration,
    /// Whether the caller may choose the session's name.
    pub accept_role_session_name: bool,
    /// Which attributes of the certificate become session tags.
    pub attribute_mapping: AttributeMapping,
}

/// A role: what a session stands for.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its ARN.
    pub arn: RoleArn,
    /// The unique id of this life of the role.
    pub id: RoleId,
    /// Who may assume it.
    pub trust_policy: TrustPolicy,
    /// The longest session that may be asked of it.
    pub max_session_duration: SessionDuration,
}

/// What happens to a signed request that was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replay {
    /// It is refused.
    #[default]
    Refuse,
    /// It is let through, for clients whose requests carry nothing that makes them unique.
    Allow,
}

/// The parts that a snapshot is built of.
#[derive(Debug, Clone)]
pub struct SnapshotBuilder {
    /// The partition of every ARN.
    pub partition: Partition,
    /// The region that signed scopes must name.
    pub region: Region,
    /// The names that a signed `Host` may bear; an entry without a port matches any port.
    pub server_names: Vec<String>,
    /// What happens to a repeated signed request.
    pub replay: Replay,
    /// The trust anchors.
    pub anchors: Vec<Anchor>,
    /// The profiles.
    pub profiles: Vec<Profile>,
    /// The roles.
    pub roles: Vec<Role>,
}

/// Why parts do not make a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Two objects have one ARN.
    #[error("{0} is defined twice")]
    Twice(String),
    /// Two roles of one account have one name: their sessions could not be told apart (policy contract 1.4).
    #[error("two roles of account {account} are called `{name}`; a session's ARN does not show the path")]
    SameName {
        /// The account.
        account: AccountId,
        /// The name.
        name: String,
    },
    /// A profile lists a role that does not exist.
    #[error("profile `{profile}` lists {role}, which is not defined")]
    UnknownRole {
        /// The profile's name.
        profile: String,
        /// The role.
        role: RoleArn,
    },
    /// A profile lists a role of another account (contract 2).
    #[error("profile `{profile}` lists {role}, which is of another account")]
    ForeignRole {
        /// The profile's name.
        profile: String,
        /// The role.
        role: RoleArn,
    },
    /// An anchor or profile is of another partition or region.
    #[error("{0} is not of this broker's partition and region")]
    Elsewhere(String),
    /// No host name to compare signed requests with (threat S3).
    #[error("`server_names` is empty: a signed request could have been meant for any broker")]
    NoServerName,
}

/// Everything that an exchange is judged by.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) partition: Partition,
    pub(crate) region: Region,
    pub(crate) server_names: Vec<String>,
    pub(crate) replay: Replay,
    objects: Arc<Objects>,
    lists: Arc<RevocationLists>,
    /// The paths that were found under this snapshot, and are forgotten with it.
    pub(crate) paths: PathMemory,
}

/// The objects, by what they are looked up by.
#[derive(Debug, Default)]
struct Objects {
    anchors: HashMap<TrustAnchorArn, Anchor>,
    profiles: HashMap<ProfileArn, ListedProfile>,
    roles: HashMap<RoleArn, Role>,
    roles_by_id: HashMap<RoleId, RoleArn>,
}

/// A profile with its roles as a set.
#[derive(Debug)]
pub(crate) struct ListedProfile {
    pub(crate) profile: Profile,
    roles: HashSet<RoleArn>,
}

impl ListedProfile {
    /// Whether the profile lists the role.
    pub(crate) fn lists(&self, role: &RoleArn) -> bool {
        self.roles.contains(role)
    }
}

impl SnapshotBuilder {
    /// The snapshot, or everything that is wrong with its parts.
    pub fn build(self) -> Result<Snapshot, Vec<SnapshotError>> {
        let mut errors = Vec::new();
        let mut objects = Objects::default();
        let mut snapshot = Snapshot {
            partition: self.partition,
            region: self.region,
            server_names: self
                .server_names
                .iter()
                .map(|name| name.to_ascii_lowercase())
                .collect(),
            replay: self.replay,
            objects: Arc::default(),
            lists: Arc::default(),
            paths: PathMemory::default(),
        };
        if snapshot.server_names.is_empty() {
            errors.push(SnapshotError::NoServerName);
        }
        let mut names = HashSet::new();
        for role in self.roles {
            if !names.insert((role.arn.account(), role.arn.name().to_owned())) {
                let (account, name) = (role.arn.account(), role.arn.name().to_owned());
                errors.push(SnapshotError::SameName { account, name });
            }
            objects.roles_by_id.insert(role.id, role.arn.clone());
            if let Some(double) = objects.roles.insert(role.arn.clone(), role) {
                errors.push(SnapshotError::Twice(double.arn.to_string()));
            }
        }
        for anchor in self.anchors {
            if !snapshot.is_here(&anchor.arn.partition(), &anchor.arn.region()) {
                errors.push(SnapshotError::Elsewhere(anchor.arn.to_string()));
            }
            if let Some(double) = objects.anchors.insert(anchor.arn.clone(), anchor) {
                errors.push(SnapshotError::Twice(double.arn.to_string()));
            }
        }
        for profile in self.profiles {
            if !snapshot.is_here(&profile.arn.partition(), &profile.arn.region()) {
                errors.push(SnapshotError::Elsewhere(profile.arn.to_string()));
            }
            for role in &profile.roles {
                let named = || (profile.name.clone(), role.clone());
                if !objects.roles.contains_key(role) {
                    let (profile, role) = named();
                    errors.push(SnapshotError::UnknownRole { profile, role });
                } else if role.account() != profile.arn.account() {
                    let (profile, role) = named();
                    errors.push(SnapshotError::ForeignRole { profile, role });
                }
            }
            let roles = profile.roles.iter().cloned().collect();
            let arn = profile.arn.clone();
            if objects
                .profiles
                .insert(arn.clone(), ListedProfile { profile, roles })
                .is_some()
            {
                errors.push(SnapshotError::Twice(arn.to_string()));
            }
        }
        if errors.is_empty() {
            snapshot.objects = Arc::new(objects);
            Ok(snapshot)
        } else {
            Err(errors)
        }
    }
}

impl Snapshot {
    /// The same objects with other revocation lists. What was remembered of paths is forgotten.
    #[must_use]
    pub fn with_lists(&self, lists: Arc<RevocationLists>) -> Self {
        Self {
            partition: self.partition.clone(),
            region: self.region.clone(),
            server_names: self.server_names.clone(),
            replay: self.replay,
            objects: Arc::clone(&self.objects),
            lists,
            paths: PathMemory::default(),
        }
    }

    /// The revocation lists of every anchor.
    pub fn lists_of_anchors(&self) -> &Arc<RevocationLists> {
        &self.lists
    }

    /// The revocation lists of an anchor.
    pub(crate) fn revocation_lists(&self, anchor: &TrustAnchorArn) -> Option<&IssuerLists> {
        self.lists.of(anchor)
    }

    /// The anchor with this ARN.
    pub fn anchor(&self, arn: &TrustAnchorArn) -> Option<&Anchor> {
        self.objects.anchors.get(arn)
    }

    /// The profile with this ARN.
    pub fn profile(&self, arn: &ProfileArn) -> Option<&Profile> {
        self.listed_profile(arn).map(|listed| &listed.profile)
    }

    /// The profile with this ARN, and which roles it lists.
    pub(crate) fn listed_profile(&self, arn: &ProfileArn) -> Option<&ListedProfile> {
        self.objects.profiles.get(arn)
    }

    /// The role with this ARN.
    pub fn role(&self, arn: &RoleArn) -> Option<&Role> {
        self.objects.roles.get(arn)
    }

    /// Every anchor.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        self.objects.anchors.values()
    }

    /// Every profile.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.objects.profiles.values().map(|listed| &listed.profile)
    }

    /// Every role.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.objects.roles.values()
    }

    /// The region of every object.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Whether this is where every object is.
    fn is_here(&self, partition: &Partition, region: &Region) -> bool {
        (partition, region) == (&self.partition, &self.region)
    }

    /// The role whose present life has this id.
    pub(crate) fn role_by_id(&self, id: &RoleId) -> Option<&Role> {
        self.objects
            .roles_by_id
            .get(id)
            .and_then(|arn| self.objects.roles.get(arn))
    }

    /// The anchor with this id, rebuilt into the ARN that it would have here.
    pub(crate) fn anchor_by_id(&self, account: AccountId, id: Uuid) -> Option<&Anchor> {
        self.anchor(&TrustAnchorArn::new(&self.partition, &self.region, account, id))
    }

    /// The profile with this id, and which roles it lists.
    pub(crate) fn profile_by_id(&self, account: AccountId, id: Uuid) -> Option<&ListedProfile> {
        self.listed_profile(&ProfileArn::new(&self.partition, &self.region, account, id))
    }

    /// Whether a signed `Host` names this broker: any case; a configured name without a port matches any port
    /// (threat S3).
    pub(crate) fn is_served(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let without_port = strip_port(&host);
        self.server_names.iter().any(|name| {
            if strip_port(name).len() == name.len() {
                name == without_port
            } else {
                *name == host
            }
        })
    }
}

/// The host without its port; an IPv6 address keeps its brackets.
fn strip_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if !port.is_empty()
                && port.bytes().all(|byte| byte.is_ascii_digit())
                && (name.ends_with(']') || !name.contains(':')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn serving(names: &[&str]) -> Snapshot {
        SnapshotBuilder {
            partition: "aws".parse().unwrap(),
            region: "eu-local-1".parse().unwrap(),
            server_names: names.iter().map(ToString::to_string).collect(),
            replay: Replay::Refuse,
            anchors: vec![],
            profiles: vec![],
            roles: vec![],
        }
        .build()
        .unwrap()
    }

    /// Threat S3.
    #[test]
    fn a_signed_host_is_compared_with_the_configured_names() {
        let any_port = serving(&["Broker.example.com", "[::1]"]);
        for host in [
            "broker.example.com",
            "BROKER.example.com:8443",
            "broker.example.com:443",
            "[::1]:8443",
            "[::1]",
        ] {
            assert!(any_port.is_served(host), "{host}");
        }
        for host in [
            "broker.example.com.evil.example",
            "xbroker.example.com",
            "broker.example.com:",
            "broker.example.com:x",
            "broker.example.com:80:80",
            "",
            "[::2]:8443",
            "::1",
            "broker.example.com/",
            "a@broker.example.com",
        ] {
            assert!(!any_port.is_served(host), "{host}");
        }
        let one_port = serving(&["broker.example.com:8443"]);
        assert!(one_port.is_served("broker.example.com:8443"));
        for host in ["broker.example.com", "broker.example.com:443"] {
            assert!(!one_port.is_served(host), "{host}");
        }
    }

    #[test]
    fn a_broker_without_a_name_is_not_built() {
        let mut parts = SnapshotBuilder {
            partition: "aws".parse().unwrap(),
            region: "eu-local-1".parse().unwrap(),
            server_names: vec![],
            replay: Replay::Refuse,
            anchors: vec![],
            profiles: vec![],
            roles: vec![],
        };
        assert_eq!(parts.clone().build().unwrap_err(), [SnapshotError::NoServerName]);
        parts.server_names.push("b".into());
        assert!(parts.build().is_ok());
    }
}
