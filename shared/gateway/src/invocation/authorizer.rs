//! The call of an authorizer (docs/contract.md §2.7), and what it says of an event.
//!
//! An authorizer that says no has decided. One that cannot be asked has not: the event is not passed on, but neither is
//! it lost without a word.

use std::sync::Arc;

use bytes::Bytes;
use domain::authorizer::{Authorization, AuthorizerRequest, Denial, TokenQuestion};
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::{FunctionId, Space};
use domain::json::Json;
use domain::resource::Provider;
use domain::routing::RoutingTable;
use http::HeaderValue;
use offload::{LARGE_BODY, off_runtime};

use super::Invocation;
use super::call::call_without_subscription;
use super::called::CallError;
use super::weighted::Targets;
use crate::error::GatewayError;
use crate::stamp::delivery_id;

/// What an authorizer says of an event.
#[derive(Debug, Clone)]
pub(crate) enum AuthorizerDecision {
    /// It may pass: the event as the subscribers of the space get it.
    Allowed(Arc<Event>),
    /// It may not.
    Denied(Arc<AuthorizerRefusal>),
    /// The authorizer could not be asked, or did not get to decide.
    Failed,
}

/// Why an authorizer does not let an event pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorizerRefusal {
    /// Its answer says so, or says nothing that would allow it.
    #[error(transparent)]
    Answer(#[from] Denial),
    /// It answered 403.
    #[error("the authorizer answered with HTTP status code 403")]
    Forbidden {
        /// Its `WWW-Authenticate`, where it has one to pass on.
        challenge: Option<HeaderValue>,
    },
    /// It answered 401.
    #[error("the authorizer answered with HTTP status code 401")]
    Unauthorized {
        /// Its `WWW-Authenticate`.
        challenge: Option<HeaderValue>,
    },
}

/// Why an authorizer did not decide.
#[derive(Debug, thiserror::Error)]
enum AuthorizerError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the authorizer answered with HTTP status code {0}")]
    Status(u16),
    #[error("the batch was interrupted")]
    Interrupted,
}

/// A question to an authorizer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) event: &'a Arc<Event>,
    pub(crate) about: Subject<'a>,
    /// How often the event was passed on.
    pub(crate) hops: Hops,
}

/// What a question is about, besides the event.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// The request that the event came with, in the form of authorizers.
    Request(&'a Arc<Json>),
    /// Its token alone: what [`only_reads_token`] wants.
    Token(&'a TokenQuestion),
}

impl std::fmt::Debug for Subject<'_> {
    /// Says nothing of what the sender proves itself with.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Request(_) => "Request",
            Self::Token(_) => "Token",
        })
    }
}

/// Whether an authorizer looks at nothing but the token of a request, so that the rest need not be made ready for it.
pub(crate) fn only_reads_token(table: &RoutingTable, space: &Space, authorizer: &FunctionId) -> bool {
    let function = table.function(space, authorizer);
    function.is_some_and(|function| matches!(function.provider, Provider::Jwt(_)))
}

/// The payload for an authorizer.
fn payload(event: &Event, request: &Json) -> Bytes {
    let question = Json::from_value(&AuthorizerRequest { event, request });
    Bytes::from(question.get().to_owned())
}

const CALL_FAILED: &str = "Authorizer function invocation failed.";

impl Invocation {
    /// Asks an authorizer of a space, and logs what is not allowed.
    pub(crate) async fn ask_authorizer(
        &self,
        table: &RoutingTable,
        space: &Space,
        authorizer: &FunctionId,
        question: Question<'_>,
    ) -> AuthorizerDecision {
        let event = question.event;
        match self.authorization(table, space, authorizer, question).await {
            Ok(Ok(authorization)) => {
                AuthorizerDecision::Allowed(Arc::new(event.with_authorization(&authorization)))
            }
            Ok(Err(refusal)) => {
                let message = match &refusal {
                    AuthorizerRefusal::Answer(Denial::Malformed(_)) => {
                        "Failed to unmarshal authorizer function response."
                    }
                    _ => "Authorization failed.",
                };
                log(space, authorizer, event, &refusal, message);
                AuthorizerDecision::Denied(Arc::new(refusal))
            }
            Err(failure) => {
                log(space, authorizer, event, &failure, CALL_FAILED);
                AuthorizerDecision::Failed
            }
        }
    }

    async fn authorization(
        &self,
        table: &RoutingTable,
        space: &Space,
        authorizer: &FunctionId,
        question: Question<'_>,
    ) -> Result<Result<Authorization, AuthorizerRefusal>, AuthorizerError> {
        let Question { event, about, hops } = question;
        let payload = match about {
            Subject::Token(token) => Bytes::from(Json::from_value(token).get().to_owned()),
            Subject::Request(request) if request.get().len() < LARGE_BODY => payload(event, request),
            Subject::Request(request) => {
                let (event, request) = (event.clone(), request.clone());
                off_runtime(move || payload(&event, &request)).await
            }
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
            None => Ok(said.map_err(AuthorizerRefusal::Answer)),
            Some(rejection) => match (rejection.status, said) {
                (401, _) => Ok(Err(AuthorizerRefusal::Unauthorized {
                    challenge: rejection.challenge,
                })),
                (403, _) => Ok(Err(AuthorizerRefusal::Forbidden {
                    challenge: rejection.challenge,
                })),
                (_, Err(refused @ Denial::Refused(_))) => Ok(Err(AuthorizerRefusal::Answer(refused))),
                (status, _) => Err(AuthorizerError::Status(status)),
            },
        }
    }
}

impl AuthorizerDecision {
    /// The event for a sync subscriber, whose caller gets no more than 403 where nobody has decided (docs/contract.md §2.7).
    pub(crate) fn for_caller(self) -> Result<Arc<Event>, GatewayError> {
        match self {
            Self::Allowed(event) => Ok(event),
            Self::Denied(refusal) => Err(match &*refusal {
                AuthorizerRefusal::Unauthorized { challenge } => GatewayError::Unauthorized {
                    challenge: challenge.clone(),
                },
                AuthorizerRefusal::Forbidden { challenge } => GatewayError::Forbidden {
                    challenge: challenge.clone(),
                },
                AuthorizerRefusal::Answer(_) => GatewayError::Forbidden { challenge: None },
            }),
            Self::Failed => Err(GatewayError::Forbidden { challenge: None }),
        }
    }
}

/// The decision of an authorizer that a batch had no time left for.
pub(crate) fn interrupted(space: &Space, authorizer: &FunctionId, event: &Event) -> AuthorizerDecision {
    log(
        space,
        authorizer,
        event,
        &AuthorizerError::Interrupted,
        CALL_FAILED,
    );
    AuthorizerDecision::Failed
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
