//! Deliveries whose authorizer failed when their event came in (docs/delivery.md): queued again out of the dead letters,
//! they still need its word, and each attempt asks for it.

use std::sync::Arc;

use domain::authorizer::TokenQuestion;
use domain::dead_letter::DeadLetterReason;
use domain::delivery::Delivery;
use domain::delivery_attempt::AttemptOutcome;
use domain::event::Event;
use domain::json::Json;
use domain::retry::{FailureClass, MOST_ATTEMPTS};
use domain::routing::RoutingTable;
use offload::off_runtime_if_large;
use queue::Outcome;
use tokio::time::timeout_at;

use super::deliverer::Deliverer;
use super::dispatch_time::DispatchTime;
use super::step::{DeliveryStep, UNABLE_PAUSE};
use super::verdict::FailedAttempt;
use crate::invocation::authorizer::{Question, Subject, only_reads_token};
use crate::invocation::authorizer_decision::AuthorizerDecision;
use crate::invocation::call::is_sealed;
use crate::invocation::weighted::Targets;
use crate::unattempted::AUTHORIZER_FAILED;

impl Deliverer {
    /// The event as the function may have it, or what becomes of the delivery instead. `time` bounds the call, if given.
    pub(super) async fn allow(
        &self,
        table: &RoutingTable,
        delivery: &Delivery,
        time: Option<DispatchTime>,
    ) -> Result<Arc<Event>, DeliveryStep> {
        let Some(request) = &delivery.arrival.unauthorized else {
            return Ok(delivery.event.clone());
        };
        let space = &delivery.space;
        if delivery.attempts >= MOST_ATTEMPTS {
            return Err(self.lose(table, delivery));
        }
        // Without one there is nobody left whose word it would need.
        let Some(authorizer) = table.authorizer(space, &delivery.subscription, delivery.event.event_type())
        else {
            return Ok(delivery.event.clone());
        };
        if is_sealed(table, space, authorizer) {
            return Err(DeliveryStep::Settle(Outcome::Defer { pause: UNABLE_PAUSE }));
        }
        let targets = Targets::of(table, space, authorizer, || delivery.id.clone());
        let function = table.function(space, targets.current());
        let limit = function.map(|function| self.invocation.invoker.time_limit(&function.provider));
        if time.is_some_and(|time| !time.admits(limit.unwrap_or_default())) {
            return Err(DeliveryStep::left());
        }
        let is_early = time.is_some_and(|time| time.is_early());
        let token;
        let about = if only_reads_token(table, space, authorizer) {
            token = token_of(request, delivery.accepted_at).await;
            Subject::Token(&token)
        } else {
            Subject::Request(request)
        };
        let question = Question {
            event: &delivery.event,
            about,
            hops: delivery.arrival.hops,
        };
        let asking = self
            .invocation
            .ask_authorizer(table, (space, authorizer), question, None);
        let decision = match time {
            None => asking.await,
            Some(time) => match timeout_at(time.end, asking).await {
                Ok(decision) => decision,
                // It had all the time that there ever is, and would take it again.
                Err(_) if is_early => AuthorizerDecision::Failed,
                Err(_) => return Err(DeliveryStep::left()),
            },
        };
        match decision {
            AuthorizerDecision::Allowed(event) => Ok(event),
            AuthorizerDecision::Denied(refusal) => {
                self.unattempted.denied(delivery, &refusal);
                Err(DeliveryStep::Settle(Outcome::Done))
            }
            AuthorizerDecision::Failed => Err(self.lose(table, delivery)),
        }
    }

    fn lose(&self, table: &RoutingTable, delivery: &Delivery) -> DeliveryStep {
        self.unattempted.note(
            delivery,
            AttemptOutcome::DeadLettered,
            AUTHORIZER_FAILED.to_owned(),
        );
        let failure = FailedAttempt {
            class: FailureClass::Permanent,
            retry_after: None,
            error: AUTHORIZER_FAILED.to_owned(),
            response: None,
        };
        let reason = DeadLetterReason::AuthorizerFailed;
        self.give_up(Some(table), delivery, reason, 0, Some(failure))
    }
}

/// The token of a request that came in before. It must have been good then: by now it may have expired.
async fn token_of(request: &Arc<Json>, accepted_at: u64) -> TokenQuestion {
    let (bytes, request) = (request.get().len() as u64, request.clone());
    off_runtime_if_large(bytes, move || {
        TokenQuestion::of_request(request.get(), accepted_at)
    })
    .await
}
