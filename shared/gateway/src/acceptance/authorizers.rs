//! The authorizers of an event (docs/contract.md §2.7): each is asked once per event (Q38), and none for
//! system events.

use std::collections::HashMap;
use std::sync::Arc;

use domain::authorizer::TokenQuestion;
use domain::event::{Event, HttpRequest};
use domain::hops::Hops;
use domain::ids::{FunctionId, Space, SubscriptionId};
use domain::json::Json;
use domain::routing::RoutingTable;
use http::request::Parts;
use offload::{LARGE_BODY, off_runtime};
use tokio::task::yield_now;
use tokio::time::timeout_at;

use super::pace::Pace;
use crate::error::GatewayError;
use crate::intake::Arrived;
use crate::invocation::Invocation;
use crate::invocation::authorizer::{Question, Subject, interrupted, only_reads_token};
use crate::invocation::authorizer_decision::AuthorizerDecision;
use crate::invocation::call::is_sealed;
use crate::invocation::called::CallError;
use crate::invocation::decision_cache::{Asked, DecisionKey};

/// The answers of authorizers to one event of one request.
pub(crate) struct Authorizers<'a> {
    invocation: &'a Invocation,
    arrived: Arrived<'a>,
    event: Arc<Event>,
    hops: Hops,
    pace: Pace<'a>,
    /// The request as they see it, while it is needed.
    request: Option<Arc<Json>>,
    /// What each has said; nothing before one was asked, as most events have none.
    decisions: Option<Decisions>,
}

/// What authorizers have said. Subscriptions may have as many of them as there are subscriptions.
type Decisions = HashMap<(Space, FunctionId), AuthorizerDecision>;

/// So many authorizers of an event are asked in one go. Some answer at once, and any number of them may be there.
const AT_A_TIME: usize = 16;

impl<'a> Authorizers<'a> {
    /// The authorizers of an event; none has been asked yet.
    pub(crate) fn new(
        invocation: &'a Invocation,
        arrived: Arrived<'a>,
        event: Arc<Event>,
        hops: Hops,
        pace: Pace<'a>,
    ) -> Self {
        Self {
            invocation,
            arrived,
            event,
            hops,
            pace,
            request: None,
            decisions: None,
        }
    }

    /// Refuses a request whose authorizer cannot be asked for now: nobody has denied it, so it may come again.
    pub(crate) fn check(
        table: &RoutingTable,
        event: &Event,
        space: &Space,
        subscription: &SubscriptionId,
    ) -> Result<(), GatewayError> {
        let authorizer = table.authorizer(space, subscription, event.event_type());
        if authorizer.is_some_and(|authorizer| is_sealed(table, space, authorizer)) {
            return Err(CallError::Sealed.into());
        }
        Ok(())
    }

    /// The events that authorizers have returned in place of this one.
    pub(crate) fn made(&self) -> impl Iterator<Item = &Arc<Event>> {
        let decisions = self.decisions.iter().flat_map(|decisions| decisions.values());
        decisions.filter_map(|decision| match decision {
            AuthorizerDecision::Allowed(made) => Some(made),
            _ => None,
        })
    }

    /// Whether a subscriber of a space may have the event.
    pub(crate) async fn decide(
        &mut self,
        space: &Space,
        subscription: &SubscriptionId,
    ) -> AuthorizerDecision {
        let event_type = self.event.event_type();
        let Some(authorizer) = self.arrived.table.authorizer(space, subscription, event_type) else {
            return AuthorizerDecision::Allowed(self.event.clone());
        };
        let asked = (space.clone(), authorizer.clone());
        if let Some(decision) = self.decisions.as_ref().and_then(|known| known.get(&asked)) {
            return decision.clone();
        }
        // Boxed: most events have no authorizer and should not carry the future of its call.
        let decision = Box::pin(self.ask(space, authorizer)).await;
        let decisions = self.decisions.get_or_insert_default();
        decisions.insert(asked, decision.clone());
        decision
    }

    /// The request as authorizers see it. Of a batch they see the event in question alone: with all of them, what is
    /// sent and held would grow with the square of their number. Large requests are converted elsewhere.
    pub(crate) async fn request(&mut self) -> Arc<Json> {
        if let Some(request) = &self.request {
            return request.clone();
        }
        let event = self.pace.is_batch().then(|| self.event.clone());
        let Arrived { parts, body, .. } = self.arrived;
        let request = if body.len() < LARGE_BODY {
            seen_request(parts, body, event.as_deref())
        } else {
            let (parts, body) = (parts.clone(), body.clone());
            off_runtime(move || seen_request(&parts, &body, event.as_deref())).await
        };
        self.request.insert(Arc::new(request)).clone()
    }

    async fn ask(&mut self, space: &Space, authorizer: &FunctionId) -> AuthorizerDecision {
        let Arrived {
            table, parts, path, ..
        } = self.arrived;
        let asked = Asked {
            event_type: self.event.event_type(),
            method: parts.method.as_str(),
            path: &path.path,
        };
        let function = table.function(space, authorizer);
        let key = function.and_then(|function| DecisionKey::of(function, asked, &parts.headers));
        let before = key
            .as_ref()
            .and_then(|key| self.invocation.decided_before(key, authorizer, &self.event));
        if let Some(before) = before {
            return before;
        }
        let decision = if self.pace.next().is_ok() {
            let (token, request);
            let about = if only_reads_token(table, space, authorizer) {
                token = TokenQuestion::of(&parts.headers);
                Subject::Token(&token)
            } else {
                request = self.request().await;
                Subject::Request(&request)
            };
            let question = Question {
                event: &self.event,
                about,
                hops: self.hops,
            };
            let asking = self
                .invocation
                .ask_authorizer(table, (space, authorizer), question, key);
            match self.pace.end() {
                Some(end) => timeout_at(end, asking).await.ok(),
                None => Some(asking.await),
            }
        } else {
            None
        };
        let decision = decision.unwrap_or_else(|| interrupted(space, authorizer, &self.event));
        // Only a delivery whose authorizer failed takes it along. All events of a batch are here at the same time.
        if self.pace.is_batch() && !matches!(decision, AuthorizerDecision::Failed) {
            self.request = None;
        }
        if self
            .decisions
            .as_ref()
            .is_some_and(|known| known.len() >= AT_A_TIME)
        {
            yield_now().await;
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
