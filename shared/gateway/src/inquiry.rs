//! What somebody who has no engine may ask this one: how authorizers would answer an event. Nothing is taken in, kept or
//! delivered, and no decision of before is used ([ADR 14](../../../docs/adr/0014-explain-asks-the-engine.md)).

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use domain::authorizer::TokenQuestion;
use domain::event::{Event, HTTP_REQUEST, HttpRequest, Incoming};
use domain::explain::AuthorizerAnswer;
use domain::ids::{FunctionId, Space};
use domain::json::Json;
use domain::routing::{RoutingTable, path_parameters};
use http::HeaderMap;
use http::request::Parts;
use offload::off_runtime_if_large;
use tokio::time::{Instant, timeout_at};

use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::intake::credentials::without_key;
use crate::invocation::authorizer::{Question, Subject, only_reads_token};
use crate::stamp::event_stamp;

/// Most authorizers that are asked about an event.
const MOST_ASKED: usize = 16;

/// A handle by which the engine is asked how authorizers would answer; it does nothing else.
#[derive(Debug, Clone)]
pub struct AuthorizerInquiry(Gateway);

/// An event that is not sent, and the request that it would come with.
#[derive(Debug)]
pub struct UnsentRequest {
    /// The head of the request, on the path that it would be routed by.
    pub parts: Parts,
    /// Its body: the event, if it has one of its own.
    pub body: Bytes,
    /// The event; without one it is the request itself.
    pub event: Option<Event>,
}

impl Gateway {
    /// The handle by which authorizers are asked without an event.
    pub fn authorizer_inquiry(&self) -> AuthorizerInquiry {
        AuthorizerInquiry(self.clone())
    }
}

impl AuthorizerInquiry {
    /// How authorizers of a space would answer a request, one after another and within the time that those of a batch
    /// have. Of more than 16 the others are not asked. `asking` are the headers of whoever asks: an authorizer that asks
    /// this itself must not go round for ever.
    pub async fn ask(
        &self,
        space: &Space,
        authorizers: Vec<FunctionId>,
        unsent: UnsentRequest,
        asking: &HeaderMap,
    ) -> Result<HashMap<FunctionId, AuthorizerAnswer>, GatewayError> {
        let stages = self.0.stages();
        let Some(_receiving) = stages.draining.begin_receiving() else {
            return Err(GatewayError::Draining);
        };
        let hops = stages.intake.hops(asking)?;
        let table = stages.store.newest_routing_table().await?;
        let unsent = unsent.without_key(&table);
        let event = Arc::new(unsent.event(&table));
        let token = TokenQuestion::of(&unsent.parts.headers);
        let size = unsent.body.len() as u64;
        let request = off_runtime_if_large(size, move || {
            Json::from_value(&HttpRequest::new(&unsent.parts, &unsent.body, &[]))
        });
        let request = Arc::new(request.await);
        let end = Instant::now() + stages.batch_timeout;
        let mut answers = HashMap::new();
        for (asked, authorizer) in authorizers.into_iter().enumerate() {
            if asked >= MOST_ASKED {
                answers.insert(authorizer, AuthorizerAnswer::NotAsked {});
                continue;
            }
            let about = if only_reads_token(&table, space, &authorizer) {
                Subject::Token(&token)
            } else {
                Subject::Request(&request)
            };
            let question = Question {
                event: &event,
                about,
                hops,
            };
            let asking = stages.invocation.inquire(&table, (space, &authorizer), question);
            let answer = timeout_at(end, asking)
                .await
                .unwrap_or_else(|_| AuthorizerAnswer::Failed {
                    error: "the time for all authorizers is over".to_owned(),
                });
            answers.insert(authorizer, answer);
        }
        Ok(answers)
    }
}

impl UnsentRequest {
    /// The same without a key of the gateway, which no function gets to see.
    fn without_key(mut self, table: &RoutingTable) -> Self {
        if table.knows_keys()
            && let Some(without) = without_key(&self.parts)
        {
            self.parts = without.parts;
        }
        self
    }

    /// The event: one of its own, or the request, whose data has the parameters of its route.
    fn event(&self, table: &RoutingTable) -> Event {
        if let Some(event) = &self.event {
            return event.clone();
        }
        let path = self.parts.uri.path();
        let routes = table.routes(HTTP_REQUEST, self.parts.method.as_str(), path);
        let parameters = routes.pattern().map(|pattern| path_parameters(pattern, path));
        Incoming::request_event(
            &event_stamp(),
            &self.parts,
            &self.body,
            &parameters.unwrap_or_default(),
        )
    }
}
