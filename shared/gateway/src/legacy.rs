//! What the Events API does differently where the setting `--legacy-api` is on: direct calls (docs/contract.md §7.4), and
//! CORS of requests with the header `Event` (§7.3). All else is as without it.

use std::pin::Pin;
use std::sync::Arc;

use domain::legacy::{DirectCall, INVOKE, direct_call, event_cors, invoke_event};
use domain::resource::Cors;
use http::request::Parts;

use crate::authorize::Authorizers;
use crate::batch::Pace;
use crate::error::GatewayError;
use crate::function_answer::in_room;
use crate::gateway::Gateway;
use crate::receive::{Answer, Request};
use crate::stamp::event_stamp;

/// Method of the subscriptions that allow direct calls.
const METHOD: &str = "POST";

type Answering<'a> = Pin<Box<dyn Future<Output = Result<Answer, GatewayError>> + Send + 'a>>;

impl Gateway {
    /// CORS of a request that carries an event by its header, unless its path has a configuration: what an operator
    /// restricts stays restricted.
    pub(crate) fn legacy_cors(&self, parts: &Parts, is_configured: bool) -> Option<Box<Cors>> {
        if is_configured || !self.speaks_legacy_api() {
            return None;
        }
        event_cors(&parts.method, &parts.headers).map(Box::new)
    }

    /// The answer to a request that calls a function directly; `None` for all others.
    pub(crate) fn direct_call<'a>(&'a self, request: &'a Request<'_>) -> Option<Answering<'a>> {
        if !self.speaks_legacy_api() {
            return None;
        }
        let call = direct_call(request.parts)?;
        Some(Box::pin(self.call_directly(request, call)))
    }

    /// Calls a function that an async subscription to `invoke` allows to be called on this path. Nothing is queued.
    async fn call_directly(&self, request: &Request<'_>, call: DirectCall) -> Result<Answer, GatewayError> {
        let event = Arc::new(invoke_event(event_stamp(), request.parts, request.body)?);
        Authorizers::check(request.table, &event, &call.space)?;
        self.announce(request, &event, request.hops).await;
        let routes = request.table.routes(INVOKE, METHOD, &request.path.path);
        let mut subscriptions = routes.asynchronous.iter().map(|stored| &stored.resource);
        let subscription = subscriptions
            .find(|subscription| {
                subscription.space == call.space && subscription.function_id == call.function
            })
            .ok_or(GatewayError::NotInvokable)?;

        let calls = self.begin_sync_calls([&call.space])?;
        let counters = self.metrics().space(&call.space).sync(INVOKE);
        counters.received.increment(1);
        let hops = request.hops;
        let mut authorizers = Authorizers::new(self, request, event, hops, Pace::free(self, request));
        let event = authorizers.decide(&call.space).await.for_caller()?;
        let called = self
            .call_now(request.table, subscription, &event, hops, None)
            .await;
        counters.processed.increment(1);
        let called = called?;
        // Of an answer that is passed on there is no result apart from it.
        if called.answer.passed_on.is_some() {
            let answer = called.into_answer(&call.space, &call.function).await?;
            return Ok(answer.keep(calls));
        }
        let targets::Answer { body, held, .. } = called.answer;
        Ok(Answer::Result(in_room(held, body)?))
    }
}
