//! `GetCallerIdentity`: proof that issued credentials are worth something (policy contract 4, 5.3).
//!
//! The order of the checks, the codes and the texts are AWS's, so that clients refresh when they should; host, region
//! and what the credentials rest on are ours.

use std::borrow::Cow;

use audit::UserIdentity;
use sigv4::{Algorithm, Form, PathRule, SignedRequest, UnreadableSignature, door};
use wire::{CallerIdentityResponse, ErrorClass};

use crate::attempt::Attempt;
use crate::exchange::Broker;
use crate::record::{Recorded, Witness};
use crate::refusal::{Refusal, Step};
use crate::snapshot::Snapshot;
use crate::token::{self, Claims, OpenedToken};

/// How long a signed request may lie away from now, either side.
const WINDOW_SECONDS: i64 = 900;
const SERVICE: &str = "sts";

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const EXPIRED_TOKEN: &str = "The security token included in the request is expired";
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your AWS \
                        Secret Access Key and signing method. Consult the service documentation for details.";

/// Who holds the credentials that signed a request.
#[derive(Debug)]
pub struct CallerIdentity {
    /// The answer.
    pub response: CallerIdentityResponse,
}

impl Broker {
    /// Verifies the credentials that signed a request, and says whose they are.
    pub async fn caller_identity(
        &self,
        snapshot: &Snapshot,
        attempt: Attempt<'_>,
    ) -> Recorded<CallerIdentity> {
        let mut witness = Witness::at_a_door(&attempt, snapshot, "sts.amazonaws.com", "GetCallerIdentity");
        let identified = self.verify(snapshot, &attempt).and_then(|claims| {
            let role = role_of(snapshot, &claims)?;
            let response = CallerIdentityResponse {
                user_id: claims.user_id(),
                account: claims.account,
                arn: role.session(&claims.session_name),
            };
            let identity = UserIdentity {
                kind: "AssumedRole",
                invoked_by: None,
                principal_id: Some(response.user_id.clone()),
                arn: Some(response.arn.to_string()),
                access_key_id: Some(claims.access_key.to_string()),
            };
            witness.caller(identity, claims.account);
            Ok(CallerIdentity { response })
        });
        match identified {
            Ok(identity) => Recorded::given(self, witness, identity).await,
            Err(refusal) => Recorded::refusal(self, witness, &refusal).await,
        }
    }

    /// The claims behind the credentials that signed this request.
    fn verify(&self, snapshot: &Snapshot, attempt: &Attempt<'_>) -> Result<Claims<'static>, Refusal> {
        let request = &attempt.request;
        door::check_signed(request).map_err(|error| {
            refuse(
                ErrorClass::Malformed,
                "identity.spelling",
                "MalformedQueryString",
                error.to_string(),
            )
        })?;
        let signed = SignedRequest::read(request).map_err(unreadable)?;
        if signed.algorithm != Algorithm::Hmac {
            let text = format!("Unsupported AWS 'algorithm': '{}'.", signed.algorithm.name());
            return Err(refuse(
                ErrorClass::Malformed,
                "identity.algorithm",
                "IncompleteSignature",
                text,
            ));
        }
        meant_for_us(snapshot, attempt, &signed)?;
        in_time(attempt, &signed)?;

        let invalid = |rule| {
            refuse(
                ErrorClass::Unauthenticated,
                rule,
                "InvalidClientTokenId",
                INVALID_TOKEN,
            )
        };
        let text = signed
            .security_token
            .as_deref()
            .ok_or_else(|| invalid("identity.no-token"))?;
        let OpenedToken { claims, secret } = token::open(text, &self.key_ring(), attempt.at)
            .map_err(|error| invalid("identity.token").with("reason", error))?;
        if claims.access_key.as_str() != signed.scope.credential_id {
            return Err(invalid("identity.other-key")
                .with("signed by", &signed.scope.credential_id)
                .with("token's", claims.access_key));
        }
        if !signed.verify_hmac(request, PathRule::Normalized, secret.expose()) {
            return Err(mismatch("identity.signature", MISMATCH).with("access key", claims.access_key));
        }
        // Told only to who holds the secret.
        if attempt.at >= claims.expires {
            let refusal = refuse(
                ErrorClass::Unauthenticated,
                "identity.expired",
                "ExpiredToken",
                EXPIRED_TOKEN,
            );
            return Err(refusal.with("expired", claims.expires));
        }
        Ok(claims)
    }
}

/// Credentials rest on their anchor, profile and role: when one of those is disabled or gone, so are they.
fn role_of<'s>(snapshot: &'s Snapshot, claims: &Claims<'_>) -> Result<&'s wire::RoleArn, Refusal> {
    let gone = |what: &'static str| {
        refuse(
            ErrorClass::Unauthenticated,
            "identity.withdrawn",
            "InvalidClientTokenId",
            INVALID_TOKEN,
        )
        .with("withdrawn", what)
        .with("access key", claims.access_key)
    };
    let role = snapshot.role_by_id(&claims.role).ok_or_else(|| gone("role"))?;
    snapshot
        .anchor_by_id(claims.account, claims.trust_anchor)
        .filter(|anchor| anchor.enabled)
        .ok_or_else(|| gone("trust anchor"))?;
    let profile = snapshot
        .profile_by_id(claims.account, claims.profile)
        .filter(|listed| listed.profile.enabled)
        .ok_or_else(|| gone("profile"))?;
    if !profile.lists(&role.arn) {
        return Err(gone("role from the profile"));
    }
    Ok(&role.arn)
}

fn unreadable(error: UnreadableSignature) -> Refusal {
    let incomplete = |text: String| {
        refuse(
            ErrorClass::Malformed,
            "identity.authorization",
            "IncompleteSignature",
            text,
        )
    };
    match error {
        UnreadableSignature::None => refuse(
            ErrorClass::MissingAuthentication,
            "identity.no-signature",
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
        UnreadableSignature::Both => mismatch("identity.signed-twice", MISMATCH),
        UnreadableSignature::Algorithm {
            form: Form::Query, ..
        } => refuse(
            ErrorClass::MissingAuthentication,
            "identity.algorithm",
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ),
        UnreadableSignature::Algorithm { name, .. } => {
            incomplete(format!("Unsupported AWS 'algorithm': '{name}'."))
        }
        UnreadableSignature::Malformed { cause, .. } => incomplete(cause.to_string()),
        other => incomplete(other.to_string()),
    }
}

/// Host and scope, compared with the configuration (threat S3); `host` is always signed.
fn meant_for_us(snapshot: &Snapshot, attempt: &Attempt<'_>, signed: &SignedRequest) -> Result<(), Refusal> {
    if !signed.signs("host") {
        return Err(mismatch("identity.unsigned-host", MISMATCH));
    }
    if let Some(repeated) = signed.repeated_header(&attempt.request) {
        return Err(mismatch("identity.repeated-header", MISMATCH).with("header", repeated));
    }
    let host = attempt
        .request
        .only_header("host")
        .ok()
        .flatten()
        .unwrap_or_default();
    if !snapshot.is_served(host) {
        return Err(mismatch("identity.other-host", MISMATCH)
            .with("host signed", host)
            .with("server_names", snapshot.server_names.join(", ")));
    }
    if signed.scope.region != snapshot.region.as_str() {
        return Err(mismatch(
            "identity.other-region",
            "Credential should be scoped to a valid region.",
        )
        .with("region signed", &signed.scope.region)
        .with("region", &snapshot.region));
    }
    if signed.scope.service != SERVICE {
        return Err(mismatch(
            "identity.other-service",
            "Credential should be scoped to correct service: 'sts'.",
        )
        .with("service signed", &signed.scope.service));
    }
    Ok(())
}

fn in_time(attempt: &Attempt<'_>, signed: &SignedRequest) -> Result<(), Refusal> {
    let (at, now) = (signed.signed_at, attempt.at);
    if at > now.plus(WINDOW_SECONDS) {
        let text = format!(
            "Signature not yet current: {} is still later than {} ({} + 15 min.)",
            at.basic(),
            now.plus(WINDOW_SECONDS).basic(),
            now.basic()
        );
        return Err(mismatch("identity.clock", text));
    }
    match signed.expires {
        Some(expires) if at.plus(expires) < now => Err(refuse(
            ErrorClass::Malformed,
            "identity.presigned-expired",
            "RequestExpired",
            "Request has expired.",
        )
        .with("signed at", at)
        .with("for seconds", expires)),
        None if at < now.plus(-WINDOW_SECONDS) => {
            let text = format!(
                "Signature expired: {} is now earlier than {} ({} - 15 min.)",
                at.basic(),
                now.plus(-WINDOW_SECONDS).basic(),
                now.basic()
            );
            Err(mismatch("identity.clock", text))
        }
        _ => Ok(()),
    }
}

fn mismatch(rule: &'static str, text: impl Into<Cow<'static, str>>) -> Refusal {
    refuse(ErrorClass::Unauthenticated, rule, "SignatureDoesNotMatch", text)
}

fn refuse(
    class: ErrorClass,
    rule: &'static str,
    code: &'static str,
    text: impl Into<Cow<'static, str>>,
) -> Refusal {
    Refusal::new(Step::Authenticate, class, rule).telling(code, text)
}
