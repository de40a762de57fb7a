//! The objects of a configuration: everything that an exchange is judged by, before roles have their ids.

use broker::{Anchor, Profile, Replay, Role, Snapshot, SnapshotBuilder, SnapshotError};
use iam::TrustPolicy;
use pki::{List, Mode};
use wire::{Partition, Region, RoleArn, RoleId, SessionDuration, Timestamp};

use super::anchor_revocation::AnchorRevocation;
use super::fetching::Fetching;

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
    /// What lies beside each anchor about revocation; one for each anchor, in their order.
    pub(crate) revocation: Vec<AnchorRevocation>,
    /// What may be fetched; none: nothing is.
    pub(crate) fetching: Option<Fetching>,
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

    /// What an operator should know of a set that holds together all the same.
    pub(crate) fn warnings(&self, now: Timestamp) -> Vec<String> {
        let mut warnings = Vec::new();
        for (anchor, known) in self.anchors.iter().zip(&self.revocation) {
            let policy = anchor.trust.revocation();
            for list in &known.lists {
                warnings.extend(out_of_time(&anchor.name, list, policy.max_staleness, now));
            }
            if policy.mode == Mode::Require
                && known.lists.is_empty()
                && known.locations.is_empty()
                && self.fetching.is_none()
            {
                warnings.push(format!(
                    "trust anchor `{}` requires evidence about revocation, has none beside it, and nothing is fetched: \
                     its certificates are refused until there is a list",
                    anchor.name
                ));
            }
        }
        let ranges = self
            .fetching
            .iter()
            .flat_map(|fetching| &fetching.rules.addresses);
        warnings.extend(
            ranges
                .filter_map(|range| range.warning())
                .map(|warning| warning.to_string()),
        );
        warnings
    }

    /// Logs the warnings.
    pub(crate) fn warn(&self, now: Timestamp) {
        for warning in self.warnings(now) {
            tracing::warn!("{warning}");
        }
    }
}

/// A list that is over, or not yet begun, is taken all the same: whom it lists is refused, and whoever it does not list
/// as the anchor's policy says.
fn out_of_time(anchor: &str, list: &List, staleness: i64, now: Timestamp) -> Option<String> {
    let of = || {
        let crl = list.crl();
        let number = crl.number().map(ToString::to_string).unwrap_or_default();
        format!(
            "revocation list {number} of `{}` in trust-anchors/{anchor}.crl",
            crl.issuer().display()
        )
    };
    let this_update = list.crl().this_update();
    if this_update > now {
        return Some(format!(
            "{} is from a time to come ({this_update}): is the clock right?",
            of()
        ));
    }
    let next_update = list.next_update();
    (next_update.plus(staleness) < now).then(|| {
        format!(
            "{} is over since {next_update}: whoever only it speaks of is refused; put its issuer's present list there",
            of()
        )
    })
}
