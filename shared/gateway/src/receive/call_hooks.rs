//! Hooks of the points `deliver` and `answer` where a client waits: before the function of a sync subscription is called, and
//! before its answer goes to the caller.

use std::sync::Arc;

use domain::event::Event;
use domain::function_response::AnswerView;
use domain::hook::{HookAnswer, HookSubscriber};
use domain::json::Json;
use domain::resource::{HookPoint, Subscription};
use domain::routing::RoutedHook;
use offload::off_runtime_if_large;
use targets::Held;

use crate::acceptance::Candidate;
use crate::acceptance::pace::Pace;
use crate::answer::Answer;
use crate::answer::function_answer::in_room;
use crate::error::GatewayError;
use crate::filtering::is_asked;
use crate::gateway::Gateway;
use crate::intake::Arrived;
use crate::invocation::hook::{HookOccasion, HookStop};
use crate::invocation::hook_chain::Hooked;

/// What becomes of an event before its function is called.
pub(super) enum BeforeCall {
    /// It goes on, as hooks have made it.
    Event(Arc<Event>),
    /// A hook answers in place of the function.
    Answered(Answer),
}

impl Gateway {
    /// Has the hooks asked that stand before the function of a subscription.
    pub(super) async fn ask_deliver_hooks(
        &self,
        arrived: &Arrived<'_>,
        subscription: &Subscription,
        event: &Arc<Event>,
        candidate: &mut Candidate<'_>,
        pace: Pace<'_>,
    ) -> Result<BeforeCall, GatewayError> {
        let hooks = hooks(arrived, subscription, event, HookPoint::Deliver);
        if hooks.is_empty() {
            return Ok(BeforeCall::Event(Arc::clone(event)));
        }
        let request = candidate.authorizers.request().await;
        let occasion = occasion(arrived, subscription, &request, candidate, (pace, hooks.len()));
        let asking = self
            .stages()
            .invocation
            .ask_hooks(occasion, hooks.into_iter(), event);
        match asking.await {
            Ok(Hooked::Event(made)) => Ok(BeforeCall::Event(made)),
            Ok(Hooked::Answered(mut response, held)) => {
                response.body = in_room(held, response.body)?;
                Ok(BeforeCall::Answered(Answer::Function(*response)))
            }
            Err(stop) => Err(GatewayError::of_hook(stop, event)),
        }
    }

    /// Has the hooks asked that the answer of a function passes. There is nothing to pass of one that goes on with another
    /// protocol.
    pub(super) async fn ask_answer_hooks(
        &self,
        arrived: &Arrived<'_>,
        subscription: &Subscription,
        event: &Arc<Event>,
        mut answer: Answer,
        (candidate, pace): (&mut Candidate<'_>, Pace<'_>),
    ) -> Result<Answer, GatewayError> {
        let hooks = hooks(arrived, subscription, event, HookPoint::Answer);
        if hooks.is_empty() || matches!(answer, Answer::Upgrade(_)) {
            return Ok(answer);
        }
        let request = candidate.authorizers.request().await;
        let invocation = &self.stages().invocation;
        let occasion = occasion(arrived, subscription, &request, candidate, (pace, hooks.len()))
            .within(invocation.hook_limits.max_timeout);
        for routed in hooks {
            if !is_asked(occasion.table, occasion.space, routed, event).await {
                continue;
            }
            let Some(view) = view_of(&answer) else {
                return Ok(answer);
            };
            let view = view.await;
            let asking = invocation.ask_hook(&occasion, routed, event, Some(&view));
            let (said, held) = asking.await.map_err(of_answer)?;
            if let HookAnswer::Response(change) = said {
                answer = changed(answer, change, held)?;
            }
        }
        Ok(answer)
    }
}

/// The hooks that an event meets at a point of a subscription. The gateway's own events meet none.
fn hooks<'t>(
    arrived: &Arrived<'t>,
    subscription: &Subscription,
    event: &Event,
    point: HookPoint,
) -> Vec<&'t RoutedHook> {
    if event.is_system() {
        return Vec::new();
    }
    let (space, id) = (&subscription.space, &subscription.subscription_id);
    arrived
        .table
        .hooks(point, space, event.event_type(), Some(id))
        .collect()
}

fn occasion<'a>(
    arrived: &Arrived<'a>,
    subscription: &'a Subscription,
    request: &'a Arc<Json>,
    candidate: &Candidate<'_>,
    (pace, hooks): (Pace<'_>, usize),
) -> HookOccasion<'a> {
    HookOccasion {
        table: arrived.table,
        space: &subscription.space,
        subscriber: Some(HookSubscriber {
            subscription_id: &subscription.subscription_id,
            function_id: &subscription.function_id,
            attempt: None,
        }),
        request: Some(request),
        hops: candidate.hops.spread(hooks),
        end: pace.end(),
    }
}

/// An answer as hooks see it; `None` of one that says nothing of a function. That of a large one is made elsewhere. The
/// answer itself is not held until then: its stream is for one thread.
fn view_of(answer: &Answer) -> Option<impl Future<Output = Arc<Json>> + Send + use<>> {
    let (status, headers, body) = match answer {
        Answer::Object(response) | Answer::Function(response) => (
            response.status,
            response.headers.clone(),
            Some(response.body.clone()),
        ),
        Answer::Stream(response) => (response.status, response.headers.clone(), None),
        Answer::Preflight | Answer::Accepted | Answer::Unmatched | Answer::Upgrade(_) | Answer::Result(_) => {
            return None;
        }
    };
    let bytes = body.as_ref().map_or(0, |body| body.len() as u64);
    let view = move || Json::from_value(&AnswerView::of(status, &headers, body.as_deref()));
    Some(async move { Arc::new(off_runtime_if_large(bytes, view).await) })
}

/// An answer as a hook changes it.
fn changed(
    answer: Answer,
    change: domain::function_response::ResponseChange,
    held: Option<Held>,
) -> Result<Answer, GatewayError> {
    let is_new_body = change.has_body();
    Ok(match answer {
        Answer::Object(mut response) => {
            change.apply(&mut response)?;
            if is_new_body {
                response.body = in_room(held, response.body)?;
            }
            Answer::Object(response)
        }
        Answer::Function(mut response) => {
            change.apply(&mut response)?;
            if is_new_body {
                response.body = in_room(held, response.body)?;
            }
            Answer::Function(response)
        }
        Answer::Stream(mut response) if !is_new_body => {
            change.apply_head(&mut response.status, &mut response.headers)?;
            Answer::Stream(response)
        }
        // Nobody waits for the rest of what the function says.
        Answer::Stream(response) => {
            let mut whole = domain::function_response::FunctionResponse {
                status: response.status,
                headers: response.headers,
                body: bytes::Bytes::new(),
            };
            change.apply(&mut whole)?;
            whole.body = in_room(held, whole.body)?;
            Answer::Function(whole)
        }
        other => other,
    })
}

/// Of an answer that a hook lets go no further: its function has been called.
fn of_answer(stop: HookStop) -> GatewayError {
    match stop {
        HookStop::Refused {
            refusal, challenge, ..
        } => GatewayError::HookRefused { refusal, challenge },
        HookStop::Failed { .. } => GatewayError::AnswerHookFailed,
    }
}
