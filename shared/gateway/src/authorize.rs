//! Asking authorizers (CONTRACT.md §2.7): once per request, space and event type (Q38), and never for system events.

use std::sync::Arc;

use bytes::Bytes;
use domain::authorizer::{Authorization, AuthorizerRequest, Denial};
use domain::event::{Event, HttpRequest};
use domain::ids::{FunctionId, Space};
use domain::json::Json;
use domain::routing::RoutingTable;
use http::request::Parts;

use crate::call::{CallError, call_without_subscription, is_sealed};
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::stamp::delivery_id;
use crate::weighted::Targets;

/// The answers of authorizers to one event of one request.
pub(crate) struct Authorizers<'a> {
    gateway: &'a Gateway,
    table: &'a RoutingTable,
    parts: &'a Parts,
    body: &'a [u8],
    event: &'a Arc<Event>,
    answers: Vec<(Space, Option<Arc<Event>>)>,
}

#[derive(Debug, thiserror::Error)]
enum AuthorizerError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Denied(#[from] Denial),
}

impl<'a> Authorizers<'a> {
    pub(crate) fn new(
        gateway: &'a Gateway,
        table: &'a RoutingTable,
        parts: &'a Parts,
        body: &'a [u8],
        event: &'a Arc<Event>,
    ) -> Self {
        Self {
            gateway,
            table,
            parts,
            body,
            event,
            answers: Vec::new(),
        }
    }

    /// Refuses a request whose authorizer cannot be asked for now: nobody has denied it, so it may come again.
    pub(crate) fn check<'s>(
        table: &RoutingTable,
        event: &Event,
        spaces: impl IntoIterator<Item = &'s Space>,
    ) -> Result<(), GatewayError> {
        for space in spaces {
            let authorizer = table.authorizer(space, event.event_type());
            if authorizer.is_some_and(|authorizer| is_sealed(table, space, authorizer)) {
                return Err(CallError::sealed().into());
            }
        }
        Ok(())
    }

    /// The event as subscribers of a space get it; `None` when the space's authorizer denies it.
    pub(crate) async fn authorize(&mut self, space: &Space) -> Option<Arc<Event>> {
        let Some(authorizer) = self.table.authorizer(space, self.event.event_type()) else {
            return Some(self.event.clone());
        };
        if let Some((_, answer)) = self.answers.iter().find(|(known, _)| known == space) {
            return answer.clone();
        }
        // Boxed: most events have no authorizer and should not carry the future of its call.
        let answer = match Box::pin(self.ask(space, authorizer)).await {
            Ok(authorization) => Some(Arc::new(self.event.with_authorization(&authorization))),
            Err(error) => {
                let message = match &error {
                    AuthorizerError::Call(_) => "Authorizer function invocation failed.",
                    AuthorizerError::Denied(Denial::Malformed(_)) => {
                        "Failed to unmarshal authorizer function response."
                    }
                    AuthorizerError::Denied(_) => "Authorization failed.",
                };
                tracing::info!(
                    %space, authorizerId = %authorizer, event.id = self.event.id(), %error, "{message}"
                );
                None
            }
        };
        self.answers.push((space.clone(), answer.clone()));
        answer
    }

    async fn ask(&self, space: &Space, authorizer: &FunctionId) -> Result<Authorization, AuthorizerError> {
        let request = HttpRequest::new(self.parts, self.body, &[]);
        let question = Json::from_value(&AuthorizerRequest {
            event: self.event,
            request: &request,
        });
        let payload = Bytes::from(question.get().to_owned());
        let mut targets = Targets::of(self.table, space, authorizer, delivery_id);
        let called = self
            .gateway
            .invoke(self.table, space, &mut targets, |provider| {
                call_without_subscription(provider, payload.clone())
            })
            .await?;
        Ok(Authorization::from_response(&called.answer.body)?)
    }
}
