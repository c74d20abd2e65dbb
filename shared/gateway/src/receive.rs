//! A request from its arrival to its answer: the stages one after another, in the order of docs/contract.md §2.1.

use std::sync::Arc;

use bytes::Bytes;
use domain::event::{HTTP_REQUEST, is_plain_request};
use domain::passthrough::OriginalRequest;
use domain::resource::{HookPoint, Provider, Subscription};
use domain::routing::RoutingTable;
use http::HeaderMap;
use http::request::Parts;
use targets::ErrorChain;

use crate::acceptance::pace::Pace;
use crate::acceptance::{Candidate, Sorted};
use crate::answer::Answer;
use crate::answer::function_answer::transformed;
use crate::asked_form::AskedForm;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::intake::client::Client;
use crate::intake::credentials::without_key;
use crate::intake::{Arrived, CorsDecision, wanted_versions};
use crate::invocation::call::untransformed;
use crate::matching::unmatched::note_unmatched;

mod call_hooks;
mod receive_hooks;

use call_hooks::BeforeCall;
use receive_hooks::Received;

/// What a request is answered with.
#[derive(Debug)]
pub struct GatewayReply {
    /// Headers that go with any outcome: those of CORS.
    pub headers: HeaderMap,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, GatewayError>,
}

impl GatewayReply {
    /// Of a request of which nothing else is known.
    fn refused(error: GatewayError) -> Self {
        Self {
            headers: HeaderMap::new(),
            outcome: Err(error),
        }
    }
}

impl Gateway {
    /// Takes a request in. `body` is what could be read of it within the limits.
    pub async fn receive(
        &self,
        parts: &Parts,
        body: Result<Bytes, GatewayError>,
        client: &Client,
    ) -> GatewayReply {
        let stages = self.stages();
        let Some(_receiving) = stages.draining.begin_receiving() else {
            return GatewayReply::refused(GatewayError::Draining);
        };
        let table = match self.table_for(&parts.headers).await {
            Ok(table) => table,
            Err(error) => return GatewayReply::refused(error),
        };
        // Where any space has keys, no request goes on with one: what it is set to now may be otherwise in a moment.
        let without = if table.knows_keys() {
            without_key(parts)
        } else {
            None
        };
        let (parts, key) = match &without {
            Some(without) => (&without.parts, Some(&without.key)),
            None => (parts, None),
        };
        let path = stages.intake.path(parts);
        let headers = match stages.intake.cors(&table, &path.path, parts) {
            CorsDecision::Request(headers) => headers,
            CorsDecision::Preflight(headers) => {
                return GatewayReply {
                    headers,
                    outcome: Ok(Answer::Preflight),
                };
            }
        };
        let trace = stages.intake.trace(&parts.headers, || client.seen.place());
        let outcome = match body.and_then(|body| Ok((body, stages.intake.hops(&parts.headers)?))) {
            Ok((body, hops)) => {
                self.process(&Arrived {
                    table: &table,
                    parts,
                    body: &body,
                    path: &path,
                    client,
                    key,
                    hops,
                    trace: trace.as_ref(),
                })
                .await
            }
            Err(error) => Err(error),
        };
        GatewayReply { headers, outcome }
    }

    /// Whether a request, as its head alone tells, goes as it came to a function that gets such.
    pub async fn passes_on(&self, parts: &Parts) -> bool {
        if !is_plain_request(parts) {
            return false;
        }
        let Ok(table) = self.table_for(&parts.headers).await else {
            return false;
        };
        let path = self.stages().intake.path(parts);
        let routes = table.routes(HTTP_REQUEST, parts.method.as_str(), &path.path);
        if table.has_filters() {
            // Its body may say which of them answers.
            let may_answer = table.may_answer(&routes);
            let mut subscriptions = may_answer.iter();
            return !may_answer.is_empty() && subscriptions.all(|one| always_passes_on(&table, one));
        }
        routes
            .sync
            .is_some_and(|subscription| always_passes_on(&table, subscription))
    }

    /// The routing table for a request: one that holds what its sender has written, if it says so.
    async fn table_for(&self, headers: &HeaderMap) -> Result<Arc<RoutingTable>, GatewayError> {
        let at_least = wanted_versions(headers)?;
        Ok(self.store().routing_table(&at_least).await?)
    }

    /// The way of a request through all stages after the first.
    async fn process(&self, arrived: &Arrived<'_>) -> Result<Answer, GatewayError> {
        if arrived.table.has_closed_spaces() {
            arrived.admitted_to_path()?;
        }
        if let Some(call) = self.direct_call(arrived) {
            return call.await;
        }
        let stages = self.stages();
        let mut incoming = stages.intake.decode(arrived).await?;
        if arrived.table.limits_events() {
            // Before anybody is asked. Where spaces share their paths it is known only later whom an event reaches.
            let room = &stages.acceptance.room;
            Box::pin(room.take_on_path(arrived.table, &arrived.path.path, incoming.count())).await?;
        }
        if arrived.table.has_hooks(HookPoint::Receive) {
            // Boxed: most requests have no hooks and should not carry the futures of their calls.
            match Box::pin(self.ask_receive_hooks(arrived, incoming)).await? {
                Received::Events(events) => incoming = events,
                Received::Answered(answer) => return Ok(answer),
            }
        }
        let matched = stages.matching.matched(arrived, incoming).await?;
        let unmatched = note_unmatched(arrived, &matched, &stages.metrics);
        let pace = self.pace(arrived, matched.len());
        let mut accepted = stages.acceptance.accept(arrived, matched, pace).await?;
        let mut sorted = Sorted::default();
        let mut answers = Vec::with_capacity(accepted.candidates.len());
        for candidate in &mut accepted.candidates {
            if let Some(subscription) = candidate.sync {
                let answer = match pace.next() {
                    Ok(()) => self.answer(arrived, subscription, candidate, pace).await,
                    Err(interrupted) => Err(interrupted),
                };
                let is_left = matches!(answer, Err(GatewayError::BatchInterrupted));
                if answer.is_ok() {
                    stages
                        .acceptance
                        .keep_answered(&subscription.space, &candidate.event);
                }
                answers.push(answer);
                // The client sends an event again that was not begun, so its deliveries are not queued now.
                if is_left {
                    continue;
                }
            } else {
                answers.push(Ok(Answer::Accepted));
            }
            stages.acceptance.sort(arrived, candidate, &mut sorted).await?;
        }
        let (table, bytes) = (arrived.table, arrived.body.len());
        stages
            .acceptance
            .queue(table, &mut accepted, sorted, bytes)
            .await?;
        // The first event that fails gives the answer.
        let answer = match answers.len() {
            1 => answers.remove(0),
            _ => answers
                .into_iter()
                .find(Result::is_err)
                .unwrap_or(Ok(Answer::Accepted)),
        };
        match (answer?, unmatched) {
            (Answer::Accepted, Some(unmatched)) => unmatched.into_answer(),
            (answer, _) => Ok(answer.keep(accepted.calls)),
        }
    }

    /// What bounds a request with so many events.
    pub(crate) fn pace<'a>(&'a self, arrived: &Arrived<'a>, events: usize) -> Pace<'a> {
        let stages = self.stages();
        Pace::of(events, arrived.client, &stages.draining, stages.batch_timeout)
    }

    /// The answer of the function of a sync subscription.
    async fn answer(
        &self,
        arrived: &Arrived<'_>,
        subscription: &Subscription,
        candidate: &mut Candidate<'_>,
        pace: Pace<'_>,
    ) -> Result<Answer, GatewayError> {
        let Subscription {
            space,
            subscription_id,
            function_id,
            ..
        } = subscription;
        let stages = self.stages();
        let of_space = stages.metrics.space(space);
        stages
            .metrics
            .used(space, &of_space, |usage| usage.call(&candidate.event));
        let counters = of_space.sync(candidate.event.event_type());
        drop(of_space);
        counters.received.increment(1);
        let decision = candidate.authorizers.decide(space, subscription_id).await;
        let mut event = decision.for_caller()?;
        let original = arrived.original(subscription, &stages.intake.trusted_proxies);
        let has_deliver_hooks = arrived.table.has_hooks(HookPoint::Deliver);
        // What hooks and transforms see and give is the last word: nothing of the request is added after them.
        if (has_deliver_hooks || subscription.transform.is_some())
            && let Some(form) = AskedForm::of(arrived.table, space, function_id, &event)
        {
            event = Box::pin(form.event(&event, &original)).await;
        }
        if has_deliver_hooks {
            match Box::pin(self.ask_deliver_hooks(arrived, subscription, &event, candidate, pace)).await? {
                BeforeCall::Event(made) => event = made,
                BeforeCall::Answered(answer) => {
                    counters.processed.increment(1);
                    return Ok(answer);
                }
            }
        }
        let tunnel = if original.can_upgrade && may_upgrade(arrived.table, subscription, &original) {
            Some(Box::new(stages.tunnels.begin(space)?))
        } else {
            None
        };
        let timed = arrived.client.seen.time_target();
        let called = stages
            .invocation
            .call_now(
                arrived,
                subscription,
                &event,
                candidate.hops,
                (&original, pace.end()),
            )
            .await;
        drop(timed);
        counters.processed.increment(1);
        let called = called?;
        if called.is_connector {
            return Ok(Answer::Accepted);
        }
        let mut answer = called
            .into_answer(space, function_id, &event)
            .await
            .inspect_err(|error| {
                if let GatewayError::Response(_) = error {
                    let request_id = arrived.trace.and_then(|trace| trace.request_id());
                    tracing::info!(%space, functionId = %function_id, event.id = event.id(), requestId = request_id, error = %ErrorChain(error), "HTTP response object malformed.");
                }
            })?;
        if let Some(source) = &subscription.answer_transform {
            let transforms = &stages.invocation.transforms;
            // Boxed: most subscriptions have none.
            let transforming = Box::pin(transformed(answer, source, subscription, transforms));
            let outcome = transforming.await;
            answer = outcome.map_err(|error| untransformed(subscription, &event, error))?;
        }
        if arrived.table.has_hooks(HookPoint::Answer) {
            let asked = (candidate, pace);
            answer = Box::pin(self.ask_answer_hooks(arrived, subscription, &event, answer, asked)).await?;
        }
        if let Answer::Upgrade(upgraded) = &mut answer {
            upgraded.keep(tunnel);
        }
        Ok(answer)
    }
}

/// Whether the function of a subscription gets requests as they came, whichever it is of a weighted one.
fn always_passes_on(table: &RoutingTable, subscription: &Subscription) -> bool {
    let passes_on = |id| {
        let function = table.function(&subscription.space, id);
        function.is_some_and(|function| function.provider.passes_requests_on())
    };
    match table.function(&subscription.space, &subscription.function_id) {
        Some(function) => match &function.provider {
            Provider::Weighted(weighted) => weighted
                .weighted
                .iter()
                .all(|entry| passes_on(&entry.function_id)),
            provider => provider.passes_requests_on(),
        },
        None => false,
    }
}

/// Whether a request asks for another protocol that the function of a subscription may go on with.
fn may_upgrade(table: &RoutingTable, subscription: &Subscription, original: &OriginalRequest<'_>) -> bool {
    let function = table.function(&subscription.space, &subscription.function_id);
    let passes_on =
        |provider: &Provider| provider.passes_requests_on() || matches!(provider, Provider::Weighted(_));
    function.is_some_and(|function| passes_on(&function.provider)) && original.upgrade().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte is moved several times a request, and those of what most requests do not do are no use to them. Without
    /// optimizations there are more.
    const MOST_BYTES: usize = if cfg!(debug_assertions) { 8_000 } else { 6_800 };

    #[test]
    fn a_request_carries_little() {
        fn size<'a, F>(
            _: impl FnOnce(&'a Gateway, &'a Parts, Result<Bytes, GatewayError>, &'a Client) -> F,
        ) -> usize {
            size_of::<F>()
        }
        let bytes = size(Gateway::receive);
        assert!(bytes <= MOST_BYTES, "{bytes}");
    }
}
