//! A request from its arrival to its answer, in the order of docs/contract.md §2.1.

use std::sync::Arc;

use bytes::Bytes;
use domain::cors_decision::{preflight_headers, preflight_method, response_headers};
use domain::event::{
    Event, EventError, EventStamp, HTTP_REQUEST, Incoming, decode, json_event, request_host,
};
use domain::function_response::FunctionResponse;
use domain::hops::Hops;
use domain::routing::{RoutingTable, path_parameters};
use domain::space_version::{SpaceVersion, SpaceVersionError};
use domain::system_event::SystemEvent;
use http::HeaderMap;
use http::request::Parts;
use offload::{LARGE_BODY, off_runtime};

use crate::client::Client;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::hosted::EffectivePath;
use crate::stamp::event_stamp;
use crate::streamed_response::StreamedResponse;
use crate::sync_calls::SyncCall;

/// Request header with versions of spaces that the routes of a request must have reached.
const MIN_CONFIG_VERSION: &str = "x-min-config-version";

/// What a request is answered with.
#[derive(Debug)]
pub struct Received {
    /// Headers that go with any outcome: those of CORS.
    pub headers: HeaderMap,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, GatewayError>,
}

impl Received {
    /// Of a request that came too late.
    fn interrupted() -> Self {
        Self {
            headers: HeaderMap::new(),
            outcome: Err(GatewayError::Draining),
        }
    }
}

/// The answer to a request.
#[derive(Debug)]
pub enum Answer {
    /// 200 without a body: a preflight was answered by its headers.
    Preflight,
    /// 202: whoever subscribes will get the event.
    Accepted,
    /// What the response object of the sync function says. Its headers take the place of those of CORS; its `Vary` does
    /// where it names the allowed origin as well.
    Object(FunctionResponse),
    /// What the sync function answered, in one of the other response modes.
    Function(FunctionResponse),
    /// What the sync function answers, passed on while it comes in.
    Stream(StreamedResponse),
    /// 200 with the very result of a function that was called directly.
    Result(Bytes),
}

impl Answer {
    /// Keeps calls in progress for as long as the answer takes to come in.
    pub(crate) fn keep(mut self, calls: Vec<SyncCall>) -> Self {
        if let Self::Stream(response) = &mut self {
            response.body.keep(calls);
        }
        self
    }
}

/// A request and what is known of it before its events are.
pub(crate) struct Request<'a> {
    pub(crate) table: &'a RoutingTable,
    pub(crate) parts: &'a Parts,
    pub(crate) body: &'a Bytes,
    pub(crate) path: &'a EffectivePath<'a>,
    pub(crate) client: &'a Client,
    /// How often it was passed on by a gateway.
    pub(crate) hops: Hops,
}

impl Gateway {
    /// Takes a request in. `body` is what could be read of it within the limits.
    pub async fn receive(
        &self,
        parts: &Parts,
        body: Result<Bytes, GatewayError>,
        client: &Client,
    ) -> Received {
        let Some(_receiving) = self.begin_receiving() else {
            return Received::interrupted();
        };
        let table = match self.table_for(&parts.headers).await {
            Ok(table) => table,
            Err(err) => {
                return Received {
                    headers: HeaderMap::new(),
                    outcome: Err(err),
                };
            }
        };
        let path = self
            .hosted()
            .effective_path(parts.uri.path(), &request_host(parts));

        let preflight = preflight_method(&parts.method, &parts.headers);
        let configured = table.cors(preflight.unwrap_or(parts.method.as_str()), &path.path);
        let legacy = self.legacy_cors(parts, configured.is_some());
        let cors = configured.map(|cors| &**cors).or(legacy.as_deref());
        let headers = match (cors, preflight) {
            (Some(cors), Some(_)) => {
                let headers = preflight_headers(cors, &parts.headers);
                return Received {
                    headers,
                    outcome: Ok(Answer::Preflight),
                };
            }
            (Some(cors), None) => response_headers(cors, &parts.method, &parts.headers),
            (None, _) => HeaderMap::new(),
        };
        let outcome = match body.and_then(|body| Ok((body, self.hops(&parts.headers)?))) {
            Ok((body, hops)) => {
                self.process(Request {
                    table: &table,
                    parts,
                    body: &body,
                    path: &path,
                    client,
                    hops,
                })
                .await
            }
            Err(err) => Err(err),
        };
        Received { headers, outcome }
    }

    /// How often a request was passed on, if that is not too often.
    fn hops(&self, headers: &HeaderMap) -> Result<Hops, GatewayError> {
        self.check_hops(Hops::of_request(headers)?)
    }

    /// Refuses what comes back for ever. Nothing was promised yet, so that whoever passed it on keeps it.
    pub(crate) fn check_hops(&self, hops: Hops) -> Result<Hops, GatewayError> {
        let limit = self.settings().max_hops;
        if hops > limit {
            return Err(GatewayError::Loop { hops, limit });
        }
        Ok(hops)
    }

    /// The routing table for a request: one that holds what its sender has written, if it says so.
    async fn table_for(&self, headers: &HeaderMap) -> Result<Arc<RoutingTable>, GatewayError> {
        let mut at_least = Vec::new();
        for line in headers.get_all(MIN_CONFIG_VERSION) {
            let text = line.to_str().map_err(|_| SpaceVersionError);
            let listed = text.and_then(SpaceVersion::list);
            at_least.extend(listed.map_err(GatewayError::MinConfigVersion)?);
        }
        Ok(self.routing_table(&at_least).await?)
    }

    async fn process(&self, request: Request<'_>) -> Result<Answer, GatewayError> {
        if let Some(call) = self.direct_call(&request) {
            return call.await;
        }
        let events = match self.decode(&request).await? {
            Incoming::Event(event) => vec![event],
            Incoming::Batch(events) => events,
            Incoming::Request(stamp) => vec![self.request_event(&request, stamp).await],
        };
        if let Some(event) = events.iter().find(|event| event.is_system()) {
            return Err(GatewayError::SystemEventType(event.event_type().to_owned()));
        }
        self.process_events(&request, events.into_iter().map(Arc::new).collect())
            .await
    }

    /// The events of a request. Large bodies are decoded off the runtime.
    async fn decode(&self, request: &Request<'_>) -> Result<Incoming, EventError> {
        let limits = self.settings().event_limits;
        if request.body.len() < LARGE_BODY {
            return decode(request.parts, request.body, limits, event_stamp);
        }
        let (parts, body) = (request.parts.clone(), request.body.clone());
        off_runtime(move || decode(&parts, &body, limits, event_stamp)).await
    }

    /// The event that a request without an event of its own becomes.
    async fn request_event(&self, request: &Request<'_>, stamp: EventStamp) -> Event {
        let (method, path) = (request.parts.method.as_str(), &*request.path.path);
        let routes = request.table.routes(HTTP_REQUEST, method, path);
        if self.accepts_json_events()
            && routes.is_empty()
            && let Some(event) = self.json_event(request).await
            && !request.table.routes(event.event_type(), method, path).is_empty()
        {
            return event;
        }
        let parameters = routes
            .sync
            .map(|subscription| path_parameters(&subscription.path, path));
        let parameters = parameters.unwrap_or_default();
        if request.body.len() < LARGE_BODY {
            return Incoming::request_event(&stamp, request.parts, request.body, &parameters);
        }
        let (parts, body) = (request.parts.clone(), request.body.clone());
        let parameters: Vec<(String, String)> = parameters
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        off_runtime(move || {
            let parameters: Vec<_> = parameters
                .iter()
                .map(|(name, value)| (&**name, &**value))
                .collect();
            Incoming::request_event(&stamp, &parts, &body, &parameters)
        })
        .await
    }

    /// The event that a request holds as plain JSON, if it does.
    async fn json_event(&self, request: &Request<'_>) -> Option<Event> {
        let most = self.settings().event_limits.max_attributes;
        if request.body.len() < LARGE_BODY {
            return json_event(request.parts, request.body, most);
        }
        let (parts, body) = (request.parts.clone(), request.body.clone());
        off_runtime(move || json_event(&parts, &body, most)).await
    }

    /// Emits the event about a request that was accepted.
    pub(crate) async fn announce(&self, request: &Request<'_>, event: &Event, hops: Hops) {
        tracing::debug!(path = %request.path.path, event.id = event.id(), event.type = event.event_type(), "Event received.");
        let received = SystemEvent::EventReceived {
            path: &request.path.path,
            event,
            headers: &request.parts.headers,
        };
        self.emit(request.table, &request.path.system_path(), hops, received)
            .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each byte is moved several times a request, and those of what most requests do not do are no use to them. Without
    /// optimizations there are more.
    const MOST_BYTES: usize = if cfg!(debug_assertions) { 8_000 } else { 6_500 };

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
