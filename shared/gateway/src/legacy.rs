//! Direct calls of functions (docs/contract.md §7.4), where the setting `--legacy-api` is on: a way of its own past matching
//! and the queue.

use std::pin::Pin;
use std::sync::Arc;

use domain::legacy::{DirectCall, INVOKE, direct_call, invoke_event};
use domain::resource::ResponseMode;

use crate::acceptance::authorizers::Authorizers;
use crate::answer::Answer;
use crate::answer::function_answer::in_room;
use crate::error::GatewayError;
use crate::filtering::filtered;
use crate::gateway::Gateway;
use crate::intake::Arrived;
use crate::stamp::event_stamp;

/// Method of the subscriptions that allow direct calls.
const METHOD: &str = "POST";

type AnswerFuture<'a> = Pin<Box<dyn Future<Output = Result<Answer, GatewayError>> + Send + 'a>>;

impl Gateway {
    /// The answer to a request that calls a function directly; `None` for all others.
    pub(crate) fn direct_call<'a>(&'a self, arrived: &'a Arrived<'_>) -> Option<AnswerFuture<'a>> {
        if !self.stages().intake.legacy_api {
            return None;
        }
        let call = direct_call(arrived.parts)?;
        Some(Box::pin(self.call_directly(arrived, call)))
    }

    /// Calls a function that an async subscription to `invoke` allows to be called on this path. Nothing is queued.
    async fn call_directly(&self, arrived: &Arrived<'_>, call: DirectCall) -> Result<Answer, GatewayError> {
        if arrived.table.has_closed_spaces() {
            arrived.admitted(&call.space, Some(INVOKE))?;
        }
        let limits_events = arrived.table.limits_events();
        if limits_events {
            let room = &self.stages().acceptance.room;
            Box::pin(room.take_on_path(arrived.table, &arrived.path.path, 1)).await?;
        }
        let event = Arc::new(invoke_event(event_stamp(), arrived.parts, arrived.body)?);
        let stages = self.stages();
        let hops = arrived.hops;
        let routes = arrived.table.routes(INVOKE, METHOD, &arrived.path.path);
        let routes = if arrived.table.has_filters() {
            filtered(arrived.table, &event, routes).await
        } else {
            routes
        };
        let mut subscriptions = routes.asynchronous.iter().map(|stored| &stored.resource);
        let subscription = subscriptions.find(|subscription| {
            // Whoever subscribes to a pattern of types did not mean to let a function be called.
            subscription.event_type.as_str() == INVOKE
                && subscription.space == call.space
                && subscription.function_id == call.function
        });
        if let Some(subscription) = subscription {
            Authorizers::check(arrived.table, &event, &call.space, &subscription.subscription_id)?;
            if limits_events && !arrived.table.has_path_owners() {
                // Only now: the space that a header names may be any text.
                let room = &stages.acceptance.room;
                Box::pin(room.take_one(arrived.table, &call.space)).await?;
            }
        }
        stages.acceptance.announce(arrived, &event, hops).await;
        let subscription = subscription.ok_or(GatewayError::NotInvokable)?;
        let seen = &arrived.client.seen;
        seen.matched(&event, Some(subscription), || None);

        let calls = stages
            .acceptance
            .room
            .begin_sync_calls(arrived.table, [&call.space])?;
        let of_space = stages.metrics.space(&call.space);
        stages
            .metrics
            .used(&call.space, &of_space, |usage| usage.call(&event));
        let counters = of_space.sync(INVOKE);
        drop(of_space);
        counters.received.increment(1);
        let pace = self.pace(arrived, 1);
        let mut authorizers = Authorizers::new(&stages.invocation, *arrived, event, hops, pace);
        let event = authorizers
            .decide(&call.space, &subscription.subscription_id)
            .await
            .for_caller()?;
        let original = arrived.original(subscription, &stages.intake.trusted_proxies);
        let timed = seen.time_target();
        let called = stages
            .invocation
            .call_now(arrived, subscription, &event, hops, (&original, None))
            .await;
        drop(timed);
        counters.processed.increment(1);
        let mut called = called?;
        if called.mode == ResponseMode::Auto {
            // The caller gets the very result, response object or not.
            called.mode = ResponseMode::Raw;
        }
        // Of an answer that is passed on there is no result apart from it.
        if called.answer.passed_on.is_some() {
            let answer = called.into_answer(&call.space, &call.function, &event).await?;
            return Ok(answer.keep(calls));
        }
        let targets::FunctionAnswer { body, held, .. } = called.answer;
        Ok(Answer::Result(in_room(held, body)?))
    }
}
