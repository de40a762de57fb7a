//! Step 5, record: what is not durably in the audit log is not answered.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;

use audit::{
    CertificateFacts, Event, Origin, RequestParameters, ResponseElements, TlsDetails, Unrecordable,
    UserIdentity,
};
use wire::{AccountId, ErrorClass, RequestId, Timestamp};
use x509::Certificate;

use crate::attempt::{Attempt, Source};
use crate::exchange::{Broker, Session};
use crate::randomness::random;
use crate::refusal::{Refusal, Refused, Step};
use crate::road::{Authenticated, Authorized, Issued, Presented};
use crate::snapshot::Snapshot;

/// An outcome whose event is durable: the only thing that a front door may answer with. Nothing but this module makes
/// one.
#[derive(Debug)]
pub struct Recorded<T> {
    outcome: Result<T, Refused>,
    request_id: RequestId,
}

impl<T> Recorded<T> {
    /// What was given, or what the refused caller may learn.
    pub fn outcome(&self) -> Result<&T, &Refused> {
        self.outcome.as_ref()
    }

    /// The request's id.
    pub fn request_id(&self) -> RequestId {
        self.request_id
    }
}

/// What has been seen of a request so far: it becomes the event, whatever the outcome.
pub struct Witness<'a> {
    event: Event<'a>,
    request_id: RequestId,
    address: IpAddr,
    /// Whether the caller has proven who it is: from then on every refusal has its event.
    known: bool,
}

impl<'a> Witness<'a> {
    /// The witness of an exchange.
    pub fn of(attempt: &Attempt<'a>, snapshot: &'a Snapshot) -> Self {
        let mut witness = Self::at_a_door(attempt, snapshot, "rolesanywhere.amazonaws.com", "CreateSession");
        witness.event.user_identity.kind = "AWSService";
        witness.event.user_identity.invoked_by = Some("rolesanywhere.amazonaws.com");
        witness.event.read_only = false;
        witness.event.certrole.step = Step::Present.name();
        witness
    }

    /// The witness of any request.
    pub(crate) fn at_a_door(
        attempt: &Attempt<'a>,
        snapshot: &'a Snapshot,
        source: &'static str,
        name: &'static str,
    ) -> Self {
        let mut event = Event::new(
            source,
            name,
            origin(attempt.source),
            attempt.at,
            snapshot.region.as_str(),
        );
        event.user_identity.kind = "Unknown";
        event.certrole.source_port = Some(attempt.source.port);
        event.user_agent = attempt.user_agent;
        event.request_id = Some(attempt.request_id);
        event.tls_details = attempt
            .request
            .header_lines("host")
            .next()
            .map(|host| TlsDetails {
                client_provided_host_header: String::from_utf8_lossy(host),
            });
        Self {
            event,
            request_id: attempt.request_id,
            address: attempt.source.address,
            known: false,
        }
    }

    pub(crate) fn presented(&mut self, presented: &Presented) {
        let detail = &mut self.event.certrole;
        detail.step = Step::Authenticate.name();
        detail.proof = Some(if presented.signature.is_some() {
            "signature"
        } else {
            "TLS handshake"
        });
        detail.certificate = Some(facts(&presented.certificate));
        self.event.recipient_account_id = Some(presented.wanted.trust_anchor.account());
        self.event.request_parameters = Some(RequestParameters(Arc::clone(&presented.wanted)));
    }

    /// The certificate is trusted, as its type proves.
    pub(crate) fn authenticated(&mut self, _: &Authenticated<'_>) {
        self.known = true;
        self.event.certrole.step = Step::Authorize.name();
    }

    pub(crate) fn authorized(&mut self, authorized: &Authorized<'_>) {
        let detail = &mut self.event.certrole;
        detail.step = Step::Issue.name();
        detail.tags = Some(Arc::clone(authorized.tags.shared())).filter(|tags| !tags.is_empty());
        let dropped = authorized.tags.dropped();
        if !dropped.is_empty() {
            detail.values.insert("tags dropped", dropped.join(", "));
        }
    }

    /// The holder of issued credentials has proven itself.
    pub(crate) fn caller(&mut self, identity: UserIdentity, account: AccountId) {
        self.known = true;
        self.event.user_identity = identity;
        self.event.recipient_account_id = Some(account);
        self.event.certrole.step = Step::Authorize.name();
    }

    fn issued(&mut self, issued: &'a Issued) {
        self.event.event_id = Some(issued.event_id);
        self.event.certrole.step = Step::Record.name();
        if let Some(set) = issued.response.credential_set.first() {
            self.event.response_elements = Some(ResponseElements {
                access_key_id: set.credentials.access_key_id,
                expiration: issued.expires,
                assumed_role_arn: &set.assumed_role_user.arn,
                assumed_role_id: &set.assumed_role_user.assumed_role_id,
                subject_arn: &issued.response.subject_arn,
                source_identity: &set.source_identity,
            });
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        let told = refusal.refused();
        self.event.error_code = Some(told.code);
        self.event.error_message = Some(told.message.into());
        self.event.certrole.step = refusal.step.name();
        self.event.certrole.rule = Some(refusal.rule);
        for (name, value) in &refusal.values {
            self.event.certrole.values.insert(name, value.clone());
        }
    }
}

fn origin(source: Source) -> Origin {
    Origin::Address(source.address.to_canonical())
}

/// What events say of a certificate.
fn facts(certificate: &Certificate) -> CertificateFacts {
    CertificateFacts {
        subject: Arc::clone(certificate.subject().shown()),
        issuer: Arc::clone(certificate.issuer().shown()),
        serial: Arc::clone(certificate.serial().hex()),
        sha256: certificate.sha256(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    }
}

impl Issued {
    /// Makes the event durable, then hands the credentials over. If the event cannot be made durable, the credentials
    /// are dropped unseen.
    ///
    /// The event is written out at once, so that what waits for the disk is the credentials alone.
    pub fn record<'b>(
        self,
        broker: &'b Broker,
        witness: Witness<'_>,
    ) -> impl Future<Output = Recorded<Session>> + use<'b> {
        let request_id = witness.request_id;
        let appended = {
            let mut witness = witness;
            witness.issued(&self);
            broker.audit.append(&witness.event)
        };
        let response = self.response;
        async move {
            let outcome = match appended.await {
                Ok(_receipt) => Ok(Session { response }),
                Err(error) => Err(unrecordable(&error)),
            };
            Recorded { outcome, request_id }
        }
    }
}

impl<T> Recorded<T> {
    /// Makes the event of something harmless durable, then hands it over.
    pub(crate) fn given<'b>(
        broker: &'b Broker,
        mut witness: Witness<'_>,
        given: T,
    ) -> impl Future<Output = Self> + use<'b, T> {
        let request_id = witness.request_id;
        broker.name(&mut witness.event, request_id);
        let appended = broker.audit.append(&witness.event);
        async move {
            let outcome = match appended.await {
                Ok(_receipt) => Ok(given),
                Err(error) => Err(unrecordable(&error)),
            };
            Self { outcome, request_id }
        }
    }

    /// Makes the event of a refusal durable, or counts it where a stranger has had its share, then hands it over.
    pub(crate) fn refusal<'b>(
        broker: &'b Broker,
        mut witness: Witness<'_>,
        refusal: &Refusal,
    ) -> Pin<Box<dyn Future<Output = Self> + Send + 'b>>
    where
        T: Send + 'b,
    {
        witness.refused(refusal);
        let refused = refusal.refused();
        let request_id = witness.request_id;
        broker.name(&mut witness.event, request_id);
        let recorded = move |written: Result<(), Unrecordable>| Self {
            outcome: Err(written.map_or_else(|error| unrecordable(&error), |()| refused)),
            request_id,
        };
        // Boxed: a refusal is rare, and its future would make that of every exchange larger.
        if witness.known {
            let appended = broker.audit.append(&witness.event);
            Box::pin(async { recorded(appended.await.map(|_receipt| ())) })
        } else {
            let appended = broker.audit.append_stranger(witness.address, &witness.event);
            Box::pin(async { recorded(appended.await.map(|_lane| ())) })
        }
    }
}

fn unrecordable(error: &Unrecordable) -> Refused {
    let rule = match error {
        Unrecordable::Full => "record.disk-full",
        Unrecordable::Failed(_) | Unrecordable::Closed => "record.unwritable",
    };
    Refusal::new(Step::Record, ErrorClass::Unavailable, rule).refused()
}

/// A refusal before any step: by TLS, by framing, by a limit, by the door itself.
#[derive(Debug, Clone)]
pub struct EdgeRefusal {
    /// The request's id; a fresh one where no request was read.
    pub request_id: RequestId,
    /// Where it came from.
    pub source: Source,
    /// When.
    pub at: Timestamp,
    /// What was attempted, as an event's name: `TlsHandshake`, `HttpRequest` or the operation.
    pub name: &'static str,
    /// What the caller is told.
    pub class: ErrorClass,
    /// The rule's stable name.
    pub rule: &'static str,
    /// What was compared.
    pub values: Vec<(&'static str, String)>,
    /// The code and text that a door's contract fixes, where it does.
    pub told: Option<(&'static str, Cow<'static, str>)>,
}

/// Nothing is ever given at the edge.
#[derive(Debug)]
pub enum Nothing {}

impl Broker {
    /// Records a refusal at the edge.
    pub async fn refused_at_the_edge(&self, snapshot: &Snapshot, edge: EdgeRefusal) -> Recorded<Nothing> {
        let mut event = Event::new(
            "certrole.local",
            edge.name,
            origin(edge.source),
            edge.at,
            snapshot.region.as_str(),
        );
        event.user_identity.kind = "Unknown";
        event.certrole.source_port = Some(edge.source.port);
        event.request_id = Some(edge.request_id);
        let witness = Witness {
            event,
            request_id: edge.request_id,
            address: edge.source.address,
            known: false,
        };
        let mut refusal = Refusal::new(Step::Edge, edge.class, edge.rule);
        refusal.values = edge.values;
        if let Some((code, message)) = edge.told {
            refusal = refusal.telling(code, message);
        }
        Recorded::refusal(self, witness, &refusal).await
    }

    /// Records a command of the operator, before it is carried out or with what came of it.
    pub async fn operator_command(
        &self,
        snapshot: &Snapshot,
        command: &OperatorCommand<'_>,
    ) -> Result<(), Unrecordable> {
        let mut event = Event::new(
            "certrole.local",
            command.name,
            Origin::ControlSocket,
            command.at,
            snapshot.region.as_str(),
        );
        event.user_identity.kind = "Operator";
        event.user_identity.principal_id = Some(command.uid.to_string());
        event.read_only = false;
        event.error_code = command.failed.map(|_| "CommandFailed");
        event.error_message = command.failed.map(Cow::from);
        event.certrole.values = command
            .values
            .iter()
            .map(|(name, value)| (*name, value.clone()))
            .collect::<BTreeMap<_, _>>();
        event.event_id = self.event_id();
        self.audit.append(&event).await.map(|_receipt| ())
    }

    fn name(&self, event: &mut Event<'_>, request_id: RequestId) {
        // One event a request: without randomness its id serves for both.
        event.event_id = self.event_id().or(Some(request_id));
    }

    fn event_id(&self) -> Option<RequestId> {
        random(self.randomness.as_ref()).ok().map(RequestId::from_random)
    }
}

/// A command that the operator gave on the machine itself.
#[derive(Debug)]
pub struct OperatorCommand<'a> {
    /// Its name, as an event's.
    pub name: &'static str,
    /// Whose it was: the peer's user id on the control socket, or the daemon's own for a signal.
    pub uid: u32,
    /// When.
    pub at: Timestamp,
    /// What there is to say of it.
    pub values: Vec<(&'static str, String)>,
    /// Why it failed.
    pub failed: Option<&'a str>,
}

impl fmt::Debug for Witness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Witness")
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}
