//! The call of an authorizer (docs/contract.md §2.7), and what it says of an event.
//!
//! An authorizer that says no has decided. One that cannot be asked has not: the event is not passed on, but neither is
//! it lost without a word.

use std::sync::Arc;

use bytes::Bytes;
use domain::authorizer::{Authorization, AuthorizerRequest, Denial, TokenQuestion};
use domain::event::Event;
use domain::explain::AuthorizerAnswer;
use domain::hops::Hops;
use domain::ids::{FunctionId, Space};
use domain::json::Json;
use domain::resource::Provider;
use domain::routing::RoutingTable;
use offload::{LARGE_BODY, off_runtime};

use super::Invocation;
use super::authorizer_decision::{AuthorizerDecision, AuthorizerRefusal};
use super::call::call_without_subscription;
use super::called::CallError;
use super::decision_cache::{Decided, DecisionKey, MOST_ANSWER};
use super::weighted::Targets;
use crate::stamp::delivery_id;

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

/// What an authorizer has decided, and whether such an answer may be kept.
struct Answered {
    decided: Result<Authorization, AuthorizerRefusal>,
    is_kept: bool,
    /// Bytes of the answer.
    bytes: usize,
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
    /// What an authorizer has decided on such a request before.
    pub(crate) fn decided_before(
        &self,
        key: &DecisionKey,
        authorizer: &FunctionId,
        event: &Event,
    ) -> Option<AuthorizerDecision> {
        let decided = self.decisions.get(key)?;
        tracing::debug!(authorizerId = %authorizer, event.id = event.id(), "A decision of before is used again.");
        Some(decision(decided, event))
    }

    /// Asks an authorizer of a space, and logs what is not allowed. What it decides is kept by the key, if there is one.
    pub(crate) async fn ask_authorizer(
        &self,
        table: &RoutingTable,
        (space, authorizer): (&Space, &FunctionId),
        question: Question<'_>,
        key: Option<DecisionKey>,
    ) -> AuthorizerDecision {
        let event = question.event;
        match self.authorization(table, space, authorizer, question).await {
            Ok(Answered {
                decided,
                is_kept,
                bytes,
            }) => {
                if let Err(refusal) = &decided {
                    let message = match refusal {
                        AuthorizerRefusal::Answer(Denial::Malformed(_)) => {
                            "Failed to unmarshal authorizer function response."
                        }
                        _ => "Authorization failed.",
                    };
                    log(space, authorizer, event, refusal, message);
                }
                let decided = decided.map_err(Arc::new);
                if let Some(key) = key.filter(|_| is_kept) {
                    self.decisions.keep(key, decided.clone(), bytes);
                }
                decision(decided, event)
            }
            Err(failure) => {
                log(space, authorizer, event, &failure, CALL_FAILED);
                AuthorizerDecision::Failed
            }
        }
    }

    /// What an authorizer says of an event that goes nowhere. Nothing is logged, and nothing is kept of it.
    pub(crate) async fn inquire(
        &self,
        table: &RoutingTable,
        (space, authorizer): (&Space, &FunctionId),
        question: Question<'_>,
    ) -> AuthorizerAnswer {
        let decided = match self.authorization(table, space, authorizer, question).await {
            Ok(answered) => answered.decided,
            Err(failure) => {
                let error = failure.to_string();
                return AuthorizerAnswer::Failed { error };
            }
        };
        match decided {
            Ok(Authorization {
                principal_id,
                context,
            }) => AuthorizerAnswer::Allowed {
                principal_id,
                context,
            },
            Err(refusal) => AuthorizerAnswer::Denied {
                status: refusal.status().as_u16(),
                error: refusal.to_string(),
            },
        }
    }

    async fn authorization(
        &self,
        table: &RoutingTable,
        space: &Space,
        authorizer: &FunctionId,
        question: Question<'_>,
    ) -> Result<Answered, AuthorizerError> {
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
        let bytes = called.answer.body.len();
        let is_small = bytes <= MOST_ANSWER;
        // Whatever is in it, an answer that is no success allows nothing.
        let decided = match called.answer.rejection {
            None => said.map_err(AuthorizerRefusal::Answer),
            Some(rejection) => match (rejection.status, said) {
                (401, _) => Err(AuthorizerRefusal::Unauthorized {
                    challenge: rejection.challenge,
                }),
                (403, _) => Err(AuthorizerRefusal::Forbidden {
                    challenge: rejection.challenge,
                }),
                (_, Err(refused @ Denial::Refused(_))) => Err(AuthorizerRefusal::Answer(refused)),
                (status, _) => return Err(AuthorizerError::Status(status)),
            },
        };
        // An answer that says nothing is no decision, but a fault.
        let is_meant = !matches!(
            &decided,
            Err(AuthorizerRefusal::Answer(
                Denial::Malformed(_) | Denial::NoAuthorization
            ))
        );
        Ok(Answered {
            decided,
            is_kept: is_small && is_meant,
            bytes,
        })
    }
}

fn decision(decided: Decided, event: &Event) -> AuthorizerDecision {
    match decided {
        Ok(authorization) => AuthorizerDecision::Allowed(Arc::new(event.with_authorization(&authorization))),
        Err(refusal) => AuthorizerDecision::Denied(refusal),
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
