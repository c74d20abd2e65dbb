//! Asking authorizers (docs/contract.md §2.7): once per request, space and event type (Q38), and never for system events.
//!
//! An authorizer that says no has decided. One that cannot be asked has not: the event is not passed on, but neither is
//! it lost without a word.

use std::sync::Arc;

use bytes::Bytes;
use domain::authorizer::{Authorization, AuthorizerRequest, Denial};
use domain::event::{Event, HttpRequest};
use domain::hops::Hops;
use domain::ids::{FunctionId, Space};
use domain::json::Json;
use domain::routing::RoutingTable;
use http::HeaderValue;
use http::request::Parts;
use offload::{LARGE_BODY, off_runtime};
use tokio::time::timeout_at;

use crate::batch::Pace;
use crate::call::{CallError, call_without_subscription, is_sealed};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::receive::Request;
use crate::stamp::delivery_id;
use crate::weighted::Targets;

/// What an authorizer says of an event.
#[derive(Debug, Clone)]
pub(crate) enum Decision {
    /// It may pass: the event as the subscribers of the space get it.
    Allowed(Arc<Event>),
    /// It may not.
    Denied(Arc<Refusal>),
    /// The authorizer could not be asked, or did not get to decide.
    Failed,
}

/// Why an authorizer does not let an event pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Its answer says so, or says nothing that would allow it.
    #[error(transparent)]
    Answer(#[from] Denial),
    /// It answered 403.
    #[error("the authorizer answered with HTTP status code 403")]
    Forbidden,
    /// It answered 401.
    #[error("the authorizer answered with HTTP status code 401")]
    Unauthorized {
        /// Its `WWW-Authenticate`.
        challenge: Option<HeaderValue>,
    },
}

/// Why an authorizer did not decide.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the authorizer answered with HTTP status code {0}")]
    Status(u16),
    #[error("the batch was interrupted")]
    Interrupted,
}

/// The answers of authorizers to one event of one request.
pub(crate) struct Authorizers<'a> {
    gateway: &'a Gateway,
    table: &'a RoutingTable,
    parts: &'a Parts,
    body: &'a Bytes,
    event: Arc<Event>,
    hops: Hops,
    pace: Pace<'a>,
    /// The request as they see it, while it is needed.
    request: Option<Arc<Json>>,
    decisions: Vec<(Space, Decision)>,
}

/// A question to an authorizer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) event: &'a Arc<Event>,
    /// The request that the event came with, in the form of authorizers.
    pub(crate) request: &'a Arc<Json>,
    /// How often the event was passed on.
    pub(crate) hops: Hops,
}

impl<'a> Authorizers<'a> {
    /// The authorizers of an event; none has been asked yet.
    pub(crate) fn new(
        gateway: &'a Gateway,
        request: &Request<'a>,
        event: Arc<Event>,
        hops: Hops,
        pace: Pace<'a>,
    ) -> Self {
        Self {
            gateway,
            table: request.table,
            parts: request.parts,
            body: request.body,
            event,
            hops,
            pace,
            request: None,
            decisions: Vec::new(),
        }
    }

    /// Refuses a request whose authorizer cannot be asked for now: nobody has denied it, so it may come again.
    pub(crate) fn check(table: &RoutingTable, event: &Event, space: &Space) -> Result<(), GatewayError> {
        let authorizer = table.authorizer(space, event.event_type());
        if authorizer.is_some_and(|authorizer| is_sealed(table, space, authorizer)) {
            return Err(CallError::sealed().into());
        }
        Ok(())
    }

    /// The events that authorizers have returned in place of this one.
    pub(crate) fn made(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.decisions.iter().filter_map(|(_, decision)| match decision {
            Decision::Allowed(made) => Some(made),
            _ => None,
        })
    }

    /// Whether the subscribers of a space may have the event.
    pub(crate) async fn decide(&mut self, space: &Space) -> Decision {
        let Some(authorizer) = self.table.authorizer(space, self.event.event_type()) else {
            return Decision::Allowed(self.event.clone());
        };
        if let Some((_, decision)) = self.decisions.iter().find(|(known, _)| known == space) {
            return decision.clone();
        }
        // Boxed: most events have no authorizer and should not carry the future of its call.
        let decision = Box::pin(self.ask(space, authorizer)).await;
        self.decisions.push((space.clone(), decision.clone()));
        decision
    }

    /// The request as authorizers see it. Of a batch they see the event in question alone: with all of them, what is
    /// sent and held would grow with the square of their number. Large requests are converted elsewhere.
    pub(crate) async fn request(&mut self) -> Arc<Json> {
        if let Some(request) = &self.request {
            return request.clone();
        }
        let event = self.pace.is_batch().then(|| self.event.clone());
        let request = if self.body.len() < LARGE_BODY {
            seen_request(self.parts, self.body, event.as_deref())
        } else {
            let (parts, body) = (self.parts.clone(), self.body.clone());
            off_runtime(move || seen_request(&parts, &body, event.as_deref())).await
        };
        self.request.insert(Arc::new(request)).clone()
    }

    async fn ask(&mut self, space: &Space, authorizer: &FunctionId) -> Decision {
        let decision = if self.pace.next().is_ok() {
            let request = self.request().await;
            let question = Question {
                event: &self.event,
                request: &request,
                hops: self.hops,
            };
            let asking = self
                .gateway
                .ask_authorizer(self.table, space, authorizer, question);
            match self.pace.end() {
                Some(end) => timeout_at(end, asking).await.ok(),
                None => Some(asking.await),
            }
        } else {
            None
        };
        let decision = decision.unwrap_or_else(|| {
            log(space, authorizer, &self.event, &Failure::Interrupted, CALL_FAILED);
            Decision::Failed
        });
        // Only a delivery whose authorizer failed takes it along. All events of a batch are here at the same time.
        if self.pace.is_batch() && !matches!(decision, Decision::Failed) {
            self.request = None;
        }
        decision
    }
}

/// A request as authorizers see it: with its body, or as a batch of this one event.
fn seen_request(parts: &Parts, body: &[u8], event: Option<&Event>) -> Json {
    let request = match event {
        None => HttpRequest::new(parts, body, &[]),
        Some(event) => {
            let mut request = HttpRequest::new(parts, &[], &[]);
            request.body = Json::from_value(&[event]);
            request
        }
    };
    Json::from_value(&request)
}

/// The payload for an authorizer.
fn payload(event: &Event, request: &Json) -> Bytes {
    let question = Json::from_value(&AuthorizerRequest { event, request });
    Bytes::from(question.get().to_owned())
}

const CALL_FAILED: &str = "Authorizer function invocation failed.";

impl Gateway {
    /// Asks an authorizer of a space, and logs what is not allowed.
    pub(crate) async fn ask_authorizer(
        &self,
        table: &RoutingTable,
        space: &Space,
        authorizer: &FunctionId,
        question: Question<'_>,
    ) -> Decision {
        let event = question.event;
        match self.authorization(table, space, authorizer, question).await {
            Ok(Ok(authorization)) => Decision::Allowed(Arc::new(event.with_authorization(&authorization))),
            Ok(Err(refusal)) => {
                let message = match &refusal {
                    Refusal::Answer(Denial::Malformed(_)) => {
                        "Failed to unmarshal authorizer function response."
                    }
                    _ => "Authorization failed.",
                };
                log(space, authorizer, event, &refusal, message);
                Decision::Denied(Arc::new(refusal))
            }
            Err(failure) => {
                log(space, authorizer, event, &failure, CALL_FAILED);
                Decision::Failed
            }
        }
    }

    async fn authorization(
        &self,
        table: &RoutingTable,
        space: &Space,
        authorizer: &FunctionId,
        question: Question<'_>,
    ) -> Result<Result<Authorization, Refusal>, Failure> {
        let Question { event, request, hops } = question;
        let payload = if request.get().len() < LARGE_BODY {
            payload(event, request)
        } else {
            let (event, request) = (event.clone(), request.clone());
            off_runtime(move || payload(&event, &request)).await
        };
        let mut targets = Targets::of(table, space, authorizer, delivery_id);
        let called = self
            .invoke(table, space, &mut targets, |provider| {
                call_without_subscription(provider, payload.clone(), hops).into()
            })
            .await?;
        let said = Authorization::from_response(&called.answer.body);
        // Whatever is in it, an answer that is no success allows nothing.
        match called.answer.rejection {
            None => Ok(said.map_err(Refusal::Answer)),
            Some(rejection) => match (rejection.status, said) {
                (401, _) => Ok(Err(Refusal::Unauthorized {
                    challenge: rejection.challenge,
                })),
                (403, _) => Ok(Err(Refusal::Forbidden)),
                (_, Err(refused @ Denial::Refused(_))) => Ok(Err(Refusal::Answer(refused))),
                (status, _) => Err(Failure::Status(status)),
            },
        }
    }
}

impl Decision {
    /// The event for a sync subscriber, whose caller gets no more than 403 where nobody has decided (docs/contract.md §2.7).
    pub(crate) fn for_caller(self) -> Result<Arc<Event>, GatewayError> {
        match self {
            Self::Allowed(event) => Ok(event),
            Self::Denied(refusal) => Err(match &*refusal {
                Refusal::Unauthorized { challenge } => GatewayError::Unauthorized {
                    challenge: challenge.clone(),
                },
                Refusal::Answer(_) | Refusal::Forbidden => GatewayError::Forbidden,
            }),
            Self::Failed => Err(GatewayError::Forbidden),
        }
    }
}

fn log(
    space: &Space,
    authorizer: &FunctionId,
    event: &Event,
    error: &dyn std::fmt::Display,
    message: &'static str,
) {
    tracing::info!(%space, authorizerId = %authorizer, event.id = event.id(), %error, "{message}");
}
