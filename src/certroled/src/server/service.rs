//! One request, from its head to its answer.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use broker::{Broker, EdgeRefusal, Fresh, HandshakeProof, Recorded, Refused, Snapshot, Source, Step};
use hyper::body::{Body as _, Incoming};
use hyper::header::{ALLOW, CONNECTION, HOST, HeaderValue};
use hyper::{Method, Request};
use wire::{ErrorClass, RequestId};

use super::addresses::Rates;
use super::answer::{self, Answer, Form};
use super::doors::sessions::{self, NotForThisDoor};
use super::doors::sts;
use super::in_flight::InFlight;
use super::metrics::{Metrics, Outcome};
use super::request::{Arrived, NoBody, read_body};
use super::route::{Door, NoDoor, route};
use super::status::Status;
use crate::clock;
use crate::config::Limits;
use crate::randomness::Drawing;

const CLOSE: HeaderValue = HeaderValue::from_static("close");

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) broker: Arc<Broker>,
    pub(crate) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(crate) randomness: Drawing,
    pub(crate) limits: Limits,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: Arc<Status>,
    pub(crate) rates: Rates,
    pub(crate) in_flight: InFlight,
}

/// A refusal at the door, before the broker is asked.
struct AtTheDoor {
    class: ErrorClass,
    rule: &'static str,
    values: Vec<(&'static str, String)>,
    told: Option<(&'static str, Cow<'static, str>)>,
}

impl AtTheDoor {
    fn new(class: ErrorClass, rule: &'static str) -> Self {
        Self {
            class,
            rule,
            values: Vec::new(),
            told: None,
        }
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.push((name, value.to_string()));
        self
    }
}

impl Service {
    /// Answers a request, which stays where it is: futures within futures would each have room for it. Whatever is
    /// answered was recorded first.
    pub(crate) async fn answer(
        &self,
        request: &mut Request<Incoming>,
        source: Source,
        proof: Option<&HandshakeProof>,
    ) -> Answer {
        let began = Instant::now();
        let door = route(request.method(), request.uri().path());
        let form = match door {
            Ok(Door::Sts) | Err(NoDoor::Method(Door::Sts)) => sts::form(request.headers()),
            _ => Form::Json,
        };
        let room = self.in_flight.enter();
        let arrived = self.arrive(request, source, door, room.is_some(), began).await;
        // Not before: nobody can make the time long between the draw and the seal that it serves (threat K6).
        let Some(fresh) = self.randomness.fresh() else {
            return self.without_randomness(form);
        };
        let id = fresh.request_id();
        let arrived = match arrived {
            Ok(arrived) => arrived,
            Err(refusal) => {
                let mut answer = Box::pin(self.refuse(id, source, request, refusal, form)).await;
                if !request.body().is_end_stream() {
                    // Nobody reads the rest, so that nothing can follow on this connection: the client is told.
                    answer.headers_mut().insert(CONNECTION, CLOSE);
                }
                return answer;
            }
        };
        match arrived.door {
            Door::Sessions => {
                let answer = self.sessions(&arrived, fresh, proof).await;
                self.metrics.exchanged(began.elapsed());
                answer
            }
            // Boxed, as a refusal is: what every request holds is then what an exchange needs.
            Door::Sts => Box::pin(self.sts(&arrived, id, form)).await,
        }
    }

    /// Takes a request in, at the door that it is for: its rate, its form, its size.
    async fn arrive<'r>(
        &self,
        request: &'r mut Request<Incoming>,
        source: Source,
        door: Result<Door, NoDoor>,
        has_room: bool,
        began: Instant,
    ) -> Result<Arrived<'r>, AtTheDoor> {
        let refused = |class, rule| Err(AtTheDoor::new(class, rule));
        if !self.rates.admit(source.address, began) {
            return refused(ErrorClass::Throttled, "edge.rate");
        }
        if !has_room {
            return refused(ErrorClass::Unavailable, "edge.busy");
        }
        // What two readers could understand differently is not read at all (threats T11, G9).
        if request.uri().authority().is_some() || request.uri().scheme().is_some() {
            return refused(ErrorClass::Malformed, "edge.absolute-target");
        }
        if request.headers().get_all(HOST).iter().count() != 1 {
            return refused(ErrorClass::Malformed, "edge.host");
        }
        let door = match door {
            Ok(door) => door,
            Err(NoDoor::Path) => return refused(ErrorClass::NotFound, "edge.no-such-path"),
            Err(NoDoor::Method(_)) => return refused(ErrorClass::NotFound, "edge.no-such-method"),
        };
        if door == Door::Sessions {
            sessions::check(request.headers(), !request.body().is_end_stream()).map_err(|refusal| {
                match refusal {
                    NotForThisDoor::Browser { header, value } => {
                        AtTheDoor::new(ErrorClass::Unauthenticated, "edge.browser").with(header, value)
                    }
                    NotForThisDoor::ContentType(found) => {
                        AtTheDoor::new(ErrorClass::Malformed, "edge.content-type").with("content type", found)
                    }
                }
            })?;
        }
        let body = read_body(request.body_mut(), self.limits.body_bytes, self.limits.body).await;
        let body = body.map_err(|reason| match reason {
            NoBody::TooLarge => AtTheDoor::new(ErrorClass::TooLarge, "edge.body-too-large")
                .with("most bytes", self.limits.body_bytes),
            NoBody::TooSlow => AtTheDoor::new(ErrorClass::TooSlow, "edge.body-too-slow")
                .with("most seconds", self.limits.body.as_secs()),
            NoBody::Broken => AtTheDoor::new(ErrorClass::Malformed, "edge.body-broken"),
        })?;
        let at = self.status.time().map_err(|jumped| {
            AtTheDoor::new(ErrorClass::Unavailable, "edge.clock").with("jumped by seconds", jumped.0)
        })?;
        Ok(Arrived {
            source,
            at,
            door,
            request,
            body,
        })
    }

    async fn sessions(&self, arrived: &Arrived<'_>, fresh: Fresh, proof: Option<&HandshakeProof>) -> Answer {
        let decided = {
            let headers = arrived.headers();
            let attempt = arrived.attempt(fresh.request_id(), &headers, proof);
            self.broker.exchange(&self.snapshot.load(), &attempt, fresh)
        };
        let recorded = decided.await;
        let id = recorded.request_id();
        self.tell(arrived.door.name(), arrived.method(), arrived.path(), &recorded);
        match recorded.outcome() {
            Ok(session) => answer::session(&session.response, id),
            Err(refused) => answer::refused(refused, Form::Json, id),
        }
    }

    async fn sts(&self, arrived: &Arrived<'_>, id: RequestId, form: Form) -> Answer {
        let asked = sts::action(
            arrived.method(),
            arrived.request.headers(),
            arrived.query(),
            &arrived.body,
        );
        match asked {
            Err(refusal) => {
                let mut at_the_door = AtTheDoor::new(ErrorClass::Malformed, refusal.rule);
                at_the_door.told = Some((refusal.code, refusal.text));
                self.refuse(id, arrived.source, arrived.request, at_the_door, form)
                    .await
            }
            Ok(sts::Action::GetCallerIdentity) => {
                let snapshot = self.snapshot.load_full();
                let headers = arrived.headers();
                let attempt = arrived.attempt(id, &headers, None);
                let recorded = self.broker.caller_identity(&snapshot, attempt).await;
                self.tell(arrived.door.name(), arrived.method(), arrived.path(), &recorded);
                match recorded.outcome() {
                    Ok(identity) => answer::identity(&identity.response, form, id),
                    Err(refused) => answer::refused(refused, form, id),
                }
            }
        }
    }

    async fn refuse(
        &self,
        request_id: RequestId,
        source: Source,
        request: &Request<Incoming>,
        refusal: AtTheDoor,
        form: Form,
    ) -> Answer {
        let mut values = refusal.values;
        values.push(("method", request.method().to_string()));
        values.push(("path", request.uri().path().to_owned()));
        let no_method = refusal.rule == "edge.no-such-method";
        let recorded = self
            .refused_at_the_edge(EdgeRefusal {
                request_id,
                source,
                at: clock::now(),
                name: "HttpRequest",
                class: refusal.class,
                rule: refusal.rule,
                values,
                told: refusal.told,
            })
            .await;
        match recorded.outcome() {
            Ok(nothing) => match *nothing {},
            Err(refused) => {
                let mut answer = answer::refused(refused, form, request_id);
                if no_method {
                    *answer.status_mut() = hyper::StatusCode::METHOD_NOT_ALLOWED;
                    let allowed = if form == Form::Json { "POST" } else { "GET, POST" };
                    answer
                        .headers_mut()
                        .insert(ALLOW, HeaderValue::from_static(allowed));
                }
                answer
            }
        }
    }

    /// Records a refusal at the edge, whether it can be answered or not.
    pub(crate) async fn refused_at_the_edge(&self, refusal: EdgeRefusal) -> Recorded<broker::Nothing> {
        let name = refusal.name;
        let recorded = self
            .broker
            .refused_at_the_edge(&self.snapshot.load(), refusal)
            .await;
        self.tell("edge", &Method::CONNECT, name, &recorded);
        recorded
    }

    /// Counts and logs an outcome.
    fn tell<T>(&self, door: &'static str, method: &Method, path: &str, recorded: &Recorded<T>) {
        let request_id = recorded.request_id();
        match recorded.outcome() {
            Ok(_) => {
                self.metrics.answered(&Outcome {
                    door,
                    outcome: "ok",
                    rule: "",
                });
                tracing::debug!(%request_id, door, %method, path, "answered");
            }
            Err(refused) => {
                let Refused {
                    class, rule, step, ..
                } = refused;
                self.metrics.answered(&Outcome {
                    door,
                    outcome: class.name(),
                    rule,
                });
                match step {
                    Step::Record => {
                        tracing::error!(%request_id, door, rule, "not answered: the audit log cannot be written");
                    }
                    // Only who is known can fill this log; strangers are in the audit log, with a bound.
                    Step::Authorize | Step::Issue => {
                        tracing::info!(%request_id, door, class = class.name(), rule, "refused");
                    }
                    _ => tracing::debug!(%request_id, door, class = class.name(), rule, "refused"),
                }
            }
        }
    }

    /// Without randomness there is neither id nor event: the caller is told to come again (threat O6).
    pub(crate) fn without_randomness(&self, form: Form) -> Answer {
        self.metrics.answered(&Outcome {
            door: "edge",
            outcome: ErrorClass::Unavailable.name(),
            rule: "edge.randomness",
        });
        answer::without_randomness(form)
    }
}

#[cfg(test)]
mod tests;
