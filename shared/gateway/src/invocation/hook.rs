//! The call of a hook (docs/middleware.md), and what follows from what it says. Authorizers are hooks of their own kind, with
//! a wire of their own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::event::Event;
use domain::hook::{HookAnswer, HookAnswerError, HookQuestion, HookRefusal, HookSubscriber};
use domain::hops::Hops;
use domain::ids::Space;
use domain::json::Json;
use domain::resource::{Hook, OnHookError};
use domain::retry::FailureClass;
use domain::routing::{RoutedHook, RoutingTable};
use http::{HeaderValue, StatusCode};
use offload::{LARGE_BODY, off_runtime, off_runtime_if_large};
use targets::{FunctionAnswer, Held, InvokeError};
use tokio::time::{Instant, timeout_at};

use super::Invocation;
use super::call::call_without_subscription;
use super::called::{CallError, Called, answered_status};
use super::circuit_report::{CallFailure, report};
use super::weighted::Targets;
use crate::metrics::HookOutcome;
use crate::stamp::delivery_id;

/// What hooks are asked about, and on whose behalf.
#[derive(Clone, Copy)]
pub(crate) struct HookOccasion<'a> {
    pub(crate) table: &'a RoutingTable,
    pub(crate) space: &'a Space,
    pub(crate) subscriber: Option<HookSubscriber<'a>>,
    /// The request that the event came with, in the form of authorizers.
    pub(crate) request: Option<&'a Arc<Json>>,
    /// How often the event was passed on.
    pub(crate) hops: Hops,
    /// When all of them have to be over.
    pub(crate) end: Option<Instant>,
}

/// Why an event goes no further.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HookStop {
    /// A hook has decided so.
    #[error("hook {hook:?} refused the event: {refusal}")]
    Refused {
        hook: String,
        refusal: HookRefusal,
        /// Its `WWW-Authenticate`, where it has one to pass on.
        challenge: Option<HeaderValue>,
    },
    /// A hook could not be asked, or what it says cannot be used.
    #[error("hook {hook:?} failed: {failure}")]
    Failed {
        hook: String,
        #[source]
        failure: Box<HookFailure>,
    },
}

/// Why a hook has not decided.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HookFailure {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("it answered with HTTP status code {0}")]
    Status(u16),
    #[error(transparent)]
    Answer(#[from] HookAnswerError),
    #[error("it took longer than {0:?}")]
    TimedOut(Duration),
    #[error("no time is left for it")]
    Interrupted,
    /// It keeps failing; the time after which it may be asked again.
    #[error("it keeps failing, and is left alone for now")]
    LeftAlone(Duration),
    #[error("one event met more than {0} hooks")]
    TooMany(usize),
}

/// What a hook says, and the room that its answer takes.
pub(crate) type HookSaid = (HookAnswer, Option<Held>);

impl HookOccasion<'_> {
    /// The same, where all hooks have to be over after such a time: together they have what a single one may have at most.
    pub(crate) fn within(self, time: Duration) -> Self {
        let last = Instant::now() + time;
        Self {
            end: Some(self.end.map_or(last, |end| end.min(last))),
            ..self
        }
    }
}

impl HookStop {
    /// How long the hook is left alone, if that is why it was not asked.
    pub(crate) fn left_alone(&self) -> Option<Duration> {
        match self {
            Self::Failed { failure, .. } => match **failure {
                HookFailure::LeftAlone(pause) => Some(pause),
                _ => None,
            },
            Self::Refused { .. } => None,
        }
    }

    /// Of a hook that did not decide.
    pub(crate) fn failed(hook: &Hook, failure: impl Into<HookFailure>) -> Self {
        Self::Failed {
            hook: hook.function_id.to_string(),
            failure: Box::new(failure.into()),
        }
    }
}

impl Invocation {
    /// Asks a hook about an event, after a call about what its function answered. `Err` ends the way of the event; that of a
    /// hook which may be skipped never does.
    pub(crate) async fn ask_hook(
        &self,
        occasion: &HookOccasion<'_>,
        routed: &RoutedHook,
        event: &Arc<Event>,
        response: Option<&Arc<Json>>,
    ) -> Result<HookSaid, HookStop> {
        let began = Instant::now();
        let hook = &routed.hook;
        let asked = self.hook_said(occasion, hook, event, response).await;
        let outcome = outcome(&asked);
        let called = (outcome != HookOutcome::LeftAlone).then_some(began);
        let counters = self.metrics.space(occasion.space);
        counters.hook_asked(hook.point, outcome, called);
        let stop = match asked {
            Ok((HookAnswer::Refused(refusal), _)) => refused(hook, refusal, None),
            Ok(said) => return Ok(said),
            Err(stop) => stop,
        };
        let (space, function) = (occasion.space, &hook.function_id);
        let point = hook.point.as_str();
        let is_skipped = hook.on_error() == OnHookError::Skip;
        tracing::info!(
            %space, functionId = %function, point, event.id = event.id(), isSkipped = is_skipped, error = %stop,
            "A hook did not let an event pass."
        );
        if is_skipped {
            return Ok((HookAnswer::Unchanged, None));
        }
        Err(stop)
    }

    async fn hook_said(
        &self,
        occasion: &HookOccasion<'_>,
        hook: &Hook,
        event: &Arc<Event>,
        response: Option<&Arc<Json>>,
    ) -> Result<HookSaid, HookStop> {
        let own = hook.timeout().min(self.hook_limits.max_timeout);
        let now = Instant::now();
        if occasion.end.is_some_and(|end| end <= now) {
            return Err(HookStop::failed(hook, HookFailure::Interrupted));
        }
        let end = occasion.end.map_or(now + own, |end| end.min(now + own));
        let HookOccasion {
            table, space, hops, ..
        } = *occasion;
        let mut targets = Targets::of(table, space, &hook.function_id, delivery_id);
        let admitted = targets.admit(&self.circuit_breakers, space);
        admitted.map_err(|pause| HookStop::failed(hook, HookFailure::LeftAlone(pause)))?;
        let payload = payload(occasion, hook, event, response).await;
        let calling = self.invoke(table, space, &mut targets, |provider| {
            call_without_subscription(provider, payload.clone(), hops).into()
        });
        let called = timeout_at(end, calling).await.ok();
        let target = targets.current();
        if let Some(permit) = targets.into_permit() {
            match Learned::of(called.as_ref(), end >= now + own) {
                Learned::IsAlive => report(space, target, permit, None),
                Learned::IsGone => {
                    let failure = CallFailure {
                        class: FailureClass::Transient,
                        status: called.as_ref().and_then(answered_status),
                        pause: None,
                    };
                    report(space, target, permit, Some(failure));
                }
                Learned::Nothing => permit.ignore(),
            }
        }
        let called = match called {
            Some(called) => called.map_err(|error| HookStop::failed(hook, error))?,
            None => return Err(HookStop::failed(hook, HookFailure::TimedOut(own))),
        };
        let FunctionAnswer {
            body,
            held,
            rejection,
            ..
        } = called.answer;
        if let Some(rejection) = rejection {
            // Whatever else is in it, an answer that is no success lets nothing pass.
            return Err(match (rejection.status, HookAnswer::refusal_in(&body)) {
                (401 | 403, said) => {
                    let status = StatusCode::from_u16(rejection.status).unwrap_or(StatusCode::FORBIDDEN);
                    let refusal = said.unwrap_or_else(|| HookRefusal::of_status(status));
                    refused(hook, HookRefusal { status, ..refusal }, rejection.challenge)
                }
                (_, Some(refusal)) => refused(hook, refusal, None),
                (status, None) => HookStop::failed(hook, HookFailure::Status(status)),
            });
        }
        let (point, most) = (hook.point, self.hook_limits.max_attributes);
        let said = if body.len() < LARGE_BODY {
            HookAnswer::read(&body, point, event, most)
        } else {
            let event = Arc::clone(event);
            off_runtime(move || HookAnswer::read(&body, point, &event, most)).await
        };
        let said = said.map_err(|error| HookStop::failed(hook, error))?;
        Ok((said, held))
    }
}

/// What a call says of its hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Learned {
    /// One that answers is alive, whatever it answers: else whoever sends what it cannot take would have it left alone for
    /// all.
    IsAlive,
    /// It cannot be reached, or is late.
    IsGone,
    /// The call was cut, or not made, for a reason that is not the hook's.
    Nothing,
}

impl Learned {
    /// Of a call that is over, or took all the time that it had. That may have been less than the hook's own.
    fn of(called: Option<&Called>, had_its_time: bool) -> Self {
        match called {
            None if had_its_time => Self::IsGone,
            Some(Err(CallError::Invoke(InvokeError::TimedOut { .. } | InvokeError::Unavailable { .. }))) => {
                Self::IsGone
            }
            Some(Ok(_)) => Self::IsAlive,
            Some(Err(CallError::Invoke(error))) if !error.is_overload() => Self::IsAlive,
            None | Some(Err(_)) => Self::Nothing,
        }
    }
}

fn outcome(asked: &Result<HookSaid, HookStop>) -> HookOutcome {
    match asked {
        Ok((HookAnswer::Unchanged, _)) => HookOutcome::Unchanged,
        Ok((HookAnswer::Event(_), _)) => HookOutcome::Changed,
        Ok((HookAnswer::Response(_), _)) => HookOutcome::Answered,
        Ok((HookAnswer::Refused(_), _)) | Err(HookStop::Refused { .. }) => HookOutcome::Refused,
        Err(HookStop::Failed { failure, .. }) => match **failure {
            HookFailure::LeftAlone(_) => HookOutcome::LeftAlone,
            _ => HookOutcome::Failed,
        },
    }
}

fn refused(hook: &Hook, refusal: HookRefusal, challenge: Option<HeaderValue>) -> HookStop {
    HookStop::Refused {
        hook: hook.function_id.to_string(),
        refusal,
        challenge,
    }
}

/// What a hook is told. That of a large event is made elsewhere.
async fn payload(
    occasion: &HookOccasion<'_>,
    hook: &Hook,
    event: &Arc<Event>,
    response: Option<&Arc<Json>>,
) -> Bytes {
    let bytes = |json: Option<&Arc<Json>>| json.map_or(0, |json| json.get().len());
    let bytes = event.json_bytes() + bytes(occasion.request) + bytes(response);
    let subscriber = occasion.subscriber.map(|subscriber| {
        let (id, function) = (subscriber.subscription_id.clone(), subscriber.function_id.clone());
        (id, function, subscriber.attempt)
    });
    let (space, config, point) = (occasion.space.clone(), hook.config.clone(), hook.point);
    let (event, request, response) = (Arc::clone(event), occasion.request.cloned(), response.cloned());
    off_runtime_if_large(bytes as u64, move || {
        let config = config.unwrap_or_else(|| Json::from_value(&BTreeMap::<String, String>::new()));
        let question = Json::from_value(&HookQuestion {
            point,
            space: &space,
            subscriber: subscriber
                .as_ref()
                .map(|(subscription_id, function_id, attempt)| HookSubscriber {
                    subscription_id,
                    function_id,
                    attempt: *attempt,
                }),
            event: &event,
            request: request.as_deref(),
            response: response.as_deref(),
            config: &config,
        });
        Bytes::from(question.get().to_owned())
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hooks_that_do_not_answer_are_left_alone() {
        let failed = |error: InvokeError| Err(CallError::Invoke(error));
        let limit = Duration::ZERO;
        let function_failed = InvokeError::FunctionFailed {
            detail: String::new(),
            class: FailureClass::Transient,
            retry_after: None,
            response: domain::dead_letter::LastResponse::new(Some(500), b""),
        };
        for (called, had_its_time, want) in [
            (None, true, Learned::IsGone),
            (None, false, Learned::Nothing),
            (
                Some(failed(InvokeError::TimedOut { limit })),
                true,
                Learned::IsGone,
            ),
            (Some(failed(function_failed)), true, Learned::IsAlive),
            (
                Some(failed(InvokeError::ResponseTooLarge { limit: 1 })),
                true,
                Learned::IsAlive,
            ),
            (Some(failed(InvokeError::Overloaded)), true, Learned::Nothing),
            (Some(Err(CallError::UnknownFunction)), true, Learned::Nothing),
        ] {
            assert_eq!(Learned::of(called.as_ref(), had_its_time), want, "{called:?}");
        }
    }
}
