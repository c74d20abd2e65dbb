//! What a space has besides its resources. Each endpoint is described once, in the file of its subject: its path, and for
//! each method who answers, how it is counted and what the OpenAPI document says of it.

use std::fmt;
use std::pin::Pin;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use domain::access::Scope;
use domain::ids::Space;
use http::Method;
use http::request::Parts;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::path::OperationBuilder;

use super::caller::Caller;
use super::{ConfigApi, METHODS};
use crate::error::ApiError;

/// Endpoints about the same thing.
pub(super) struct Subject {
    pub(super) endpoints: &'static [Endpoint],
    /// Adds the schemas that its operations name to the OpenAPI document.
    pub(super) schemas: fn(&mut ComponentsBuilder),
}

/// A path below a space, and what can be done there.
pub(super) struct Endpoint {
    /// Its segments after `/v1/spaces/{space}/`. One of them may stand for an id, which is in braces; a second one stands for
    /// what the endpoint finds in the path itself.
    pub(super) path: &'static [&'static str],
    pub(super) actions: &'static [Action],
}

/// What a method does at an endpoint.
pub(super) struct Action {
    pub(super) method: Method,
    /// Values of the labels `resource` and `operation` (docs/contract.md §5).
    pub(super) labels: (&'static str, &'static str),
    /// What a key of the space has to allow.
    pub(super) scope: Scope,
    pub(super) answer: for<'a> fn(&'a ConfigApi, EndpointRequest<'a>) -> EndpointFuture<'a>,
    /// The operation of the OpenAPI document, without the space in its path.
    pub(super) describe: fn() -> OperationBuilder,
}

/// A request to an endpoint.
pub(super) struct EndpointRequest<'a> {
    pub(super) space: &'a Space,
    /// Who asks.
    pub(super) caller: &'a Caller,
    /// The id in the path; empty where the path has none.
    pub(super) id: &'a str,
    pub(super) parts: &'a Parts,
    pub(super) body: Body,
}

/// An answer in the making.
pub(super) type EndpointFuture<'a> = Pin<Box<dyn Future<Output = Result<Response, ApiError>> + Send + 'a>>;

impl Endpoint {
    /// The id among the segments of a path, if that is one of this endpoint.
    pub(super) fn id<'p>(&self, segments: &[&'p str]) -> Option<&'p str> {
        if segments.len() != self.path.len() {
            return None;
        }
        let mut id = "";
        for (at, (own, given)) in self.path.iter().zip(segments).enumerate() {
            // An empty segment in the middle is a superfluous slash.
            let is_last = at + 1 == segments.len();
            if is_id(own) && (is_last || !given.is_empty()) {
                if id.is_empty() {
                    id = *given;
                }
            } else if own != given {
                return None;
            }
        }
        Some(id)
    }

    /// Whether its path has an id.
    pub(super) fn has_id(&self) -> bool {
        self.path.iter().any(|segment| is_id(segment))
    }

    /// What a method does here.
    pub(super) fn action(&self, method: &Method) -> Option<&'static Action> {
        self.actions.iter().find(|action| action.method == *method)
    }

    /// Methods that do something here.
    pub(super) fn methods(&self) -> Vec<&'static str> {
        let acts = |method: &&str| {
            self.actions
                .iter()
                .any(|action| action.method.as_str() == *method)
        };
        METHODS.into_iter().filter(acts).collect()
    }
}

fn is_id(segment: &str) -> bool {
    segment.starts_with('{')
}

impl PartialEq for Endpoint {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Endpoint {}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path.join("/"))
    }
}

impl ConfigApi {
    pub(super) async fn count_and_act(&self, action: &Action, asked: EndpointRequest<'_>) -> Response {
        let (resource, operation) = action.labels;
        self.metrics.count(asked.space, false, resource, operation);
        let done = (action.answer)(self, asked).await;
        done.unwrap_or_else(IntoResponse::into_response)
    }
}
