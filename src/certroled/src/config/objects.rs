//! The objects of a configuration: everything that an exchange is judged by, before roles have their ids.

use broker::{Anchor, Profile, Replay, Role, Snapshot, SnapshotBuilder, SnapshotError};
use iam::TrustPolicy;
use wire::{Partition, Region, RoleArn, RoleId, SessionDuration};

/// Where objects are: part of every ARN.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) partition: Partition,
    pub(crate) region: Region,
}

/// A role, before it has the id of its present life.
#[derive(Debug, Clone)]
pub(crate) struct RoleSpec {
    pub(crate) arn: RoleArn,
    pub(crate) policy: TrustPolicy,
    pub(crate) maximum: SessionDuration,
}

/// The objects of a configuration.
#[derive(Debug, Clone)]
pub(crate) struct Objects {
    pub(crate) place: Place,
    pub(crate) server_names: Vec<String>,
    pub(crate) replay: Replay,
    pub(crate) anchors: Vec<Anchor>,
    pub(crate) profiles: Vec<Profile>,
    pub(crate) roles: Vec<RoleSpec>,
}

impl Objects {
    /// The roles, in the order in which [`Objects::snapshot`] takes their ids.
    pub(crate) fn role_arns(&self) -> Vec<RoleArn> {
        self.roles.iter().map(|role| role.arn.clone()).collect()
    }

    /// What exchanges are judged by, once each role has its id.
    pub(crate) fn snapshot(&self, ids: Vec<RoleId>) -> Result<Snapshot, Vec<SnapshotError>> {
        let roles = self
            .roles
            .iter()
            .zip(ids)
            .map(|(role, id)| Role {
                arn: role.arn.clone(),
                id,
                trust_policy: role.policy.clone(),
                max_session_duration: role.maximum,
            })
            .collect();
        SnapshotBuilder {
            partition: self.place.partition.clone(),
            region: self.place.region.clone(),
            server_names: self.server_names.clone(),
            replay: self.replay,
            anchors: self.anchors.clone(),
            profiles: self.profiles.clone(),
            roles,
        }
        .build()
    }
}
