//! Step 3, authorize: anchor, profile, role and its trust policy; how long, under which name, with which tags
//! (contract 1.8, 1.9, 3; threats A1 to A12).

use std::net::IpAddr;

use iam::{Decision, RequestContext, SessionTags};
use wire::{CreateSession, ErrorClass, RoleSessionName, SessionDuration, SourceIdentity, Timestamp};
use x509::Certificate;

use super::Authenticated;
use crate::attempt::Attempt;
use crate::refusal::{Refusal, Step};
use crate::snapshot::{Anchor, Profile, Role, Snapshot};

/// A certificate that may have what it asked for. Made by [`Authenticated::authorize`] only.
#[derive(Debug)]
pub struct Authorized<'s> {
    pub(super) authenticated: Authenticated<'s>,
    pub(super) profile: &'s Profile,
    pub(super) role: &'s Role,
    pub(super) session_name: RoleSessionName,
    pub(super) source_identity: SourceIdentity,
    pub(crate) tags: SessionTags,
    pub(super) expires: Timestamp,
}

impl<'s> Authenticated<'s> {
    /// Decides whether this certificate may have this role, now.
    pub fn authorize(self, snapshot: &'s Snapshot, attempt: &Attempt<'_>) -> Result<Authorized<'s>, Refusal> {
        let Terms {
            profile,
            role,
            session_name,
            source_identity,
            tags,
            expires,
        } = decide(
            snapshot,
            &Application {
                certificate: &self.presented.certificate,
                anchor: self.anchor,
                not_after: self.path.path().earliest_not_after(),
                source_identity: self.path.source_identity(),
                tags: &|profile| self.path.tags(profile),
                wanted: &self.presented.wanted,
                at: attempt.at,
                address: Some(attempt.source.address),
                user_agent: attempt.user_agent,
            },
        )?;
        Ok(Authorized {
            authenticated: self,
            profile,
            role,
            session_name,
            source_identity,
            tags,
            expires,
        })
    }
}

/// Who asks for what, and in which circumstances: all that the decision rests on beside the objects.
pub(super) struct Application<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) anchor: &'a Anchor,
    /// Until when every certificate of the path is valid.
    pub(super) not_after: Timestamp,
    /// The certificate's source identity, where it makes one.
    pub(super) source_identity: Option<&'a SourceIdentity>,
    /// The certificate's session tags under a profile.
    pub(super) tags: &'a dyn Fn(&Profile) -> SessionTags,
    pub(super) wanted: &'a CreateSession,
    pub(super) at: Timestamp,
    /// None in a rehearsal that supposes no address: a condition on it is then not met.
    pub(super) address: Option<IpAddr>,
    pub(super) user_agent: Option<&'a str>,
}

/// What an application is granted.
pub(super) struct Terms<'s> {
    pub(super) profile: &'s Profile,
    pub(super) role: &'s Role,
    pub(super) session_name: RoleSessionName,
    pub(super) source_identity: SourceIdentity,
    pub(super) tags: SessionTags,
    pub(super) expires: Timestamp,
}

/// The decision itself, for the road and for its rehearsal.
pub(super) fn decide<'s>(
    snapshot: &'s Snapshot,
    application: &Application<'_>,
) -> Result<Terms<'s>, Refusal> {
    let Application {
        certificate,
        anchor,
        wanted,
        ..
    } = application;
    // An unknown profile and a disabled one look alike to the caller (threat A12).
    let listed_profile = snapshot
        .listed_profile(&wanted.profile)
        .ok_or_else(|| refuse("authorize.unknown-profile").with("profile", &wanted.profile))?;
    let profile = &listed_profile.profile;
    if !profile.enabled {
        return Err(refuse("authorize.disabled-profile").with("profile", &profile.name));
    }
    if profile.arn.account() != anchor.arn.account() {
        return Err(refuse("authorize.other-account")
            .with("profile's account", profile.arn.account())
            .with("trust anchor's account", anchor.arn.account()));
    }
    if !listed_profile.lists(&wanted.role) {
        return Err(refuse("authorize.role-not-in-profile")
            .with("role", &wanted.role)
            .with("profile", &profile.name)
            .with("profile's roles", listed(profile)));
    }
    let role = snapshot
        .role(&wanted.role)
        .ok_or_else(|| refuse("authorize.unknown-role").with("role", &wanted.role))?;

    let duration = duration(profile, wanted.duration, role)?;
    let session_name = session_name(application, profile)?;
    let source_identity = application
        .source_identity
        .ok_or_else(|| refuse("authorize.source-identity").with("serial", certificate.serial().hex()))?
        .clone();
    let tags = (application.tags)(profile);

    let context = context(
        application,
        snapshot,
        &session_name,
        &source_identity,
        &tags,
        duration,
    );
    match role.trust_policy.decide(&tags, &context) {
        Decision::Allowed => {}
        Decision::Refused(explanation) => {
            return Err(refuse("authorize.trust-policy")
                .with("role", role.arn.name())
                .with("why", explanation)
                .with("tags", tags.describe())
                .with("source identity", &source_identity));
        }
    }

    // Credentials never outlive what they rest on, even when that leaves less than a quarter of an hour.
    let expires = application
        .at
        .plus(i64::from(duration.seconds()))
        .min(application.not_after);
    Ok(Terms {
        profile,
        role,
        session_name,
        source_identity,
        tags,
        expires,
    })
}

fn refuse(rule: &'static str) -> Refusal {
    Refusal::new(Step::Authorize, ErrorClass::Unauthorized, rule)
}

/// The smaller of the profile's and the request's; above the role's maximum it is refused, not clamped (contract 1.8).
fn duration(
    profile: &Profile,
    wanted: Option<SessionDuration>,
    role: &Role,
) -> Result<SessionDuration, Refusal> {
    let duration = wanted.map_or(profile.duration, |wanted| wanted.min(profile.duration));
    if duration > role.max_session_duration {
        return Err(refuse("authorize.duration")
            .with(
                "asked",
                wanted.map_or_else(|| "nothing".to_owned(), |wanted| wanted.to_string()),
            )
            .with("profile's duration", profile.duration)
            .with("role's maximum", role.max_session_duration));
    }
    Ok(duration)
}

fn session_name(application: &Application<'_>, profile: &Profile) -> Result<RoleSessionName, Refusal> {
    match &application.wanted.session_name {
        Some(name) if profile.accept_role_session_name => Ok(name.clone()),
        Some(name) => Err(refuse("authorize.session-name-not-accepted")
            .with("roleSessionName", name)
            .with("profile", &profile.name)),
        None => {
            let serial = application.certificate.serial().hex();
            serial
                .parse()
                .map_err(|_| refuse("authorize.session-name-from-serial").with("serial", serial))
        }
    }
}

fn context<'a>(
    application: &Application<'a>,
    snapshot: &'a Snapshot,
    session_name: &'a RoleSessionName,
    source_identity: &'a SourceIdentity,
    tags: &'a SessionTags,
    duration: SessionDuration,
) -> RequestContext<'a> {
    let anchor = &application.anchor.arn;
    let mut context = iam::ContextBuilder::new(application.at)
        .source_arn(anchor)
        .source_account(anchor.account())
        .requested_region(&snapshot.region)
        .role_session_name(session_name)
        .source_identity(source_identity)
        .duration(duration)
        .tags(tags);
    if let Some(address) = application.address {
        context = context.source_ip(address);
    }
    if let Some(user_agent) = application.user_agent {
        context = context.user_agent(user_agent);
    }
    context.build()
}

fn listed(profile: &Profile) -> String {
    let names: Vec<&str> = profile.roles.iter().map(|role| role.name()).take(16).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
