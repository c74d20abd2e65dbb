//! The Configuration API (docs/contract.md §1, docs/api.md).

use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::space_version::SpaceVersion;
use gateway::DeadLetters;
use gateway::metrics::CONFIG_REQUEST_DURATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use queue::DeliveryQueue;
use records::DeliveryLog;
use store::Store;

use crate::body::BodyLimits;
use crate::error::{ApiError, answer_or_internal_error};
use crate::in_flight::counting;
use crate::request_target::{answer_by_itself, plain_text};

mod access;
mod browser_guard;
mod dead_letters;
mod deliveries;
mod endpoint;
mod explain;
mod legacy;
mod metrics_page;
mod openapi;
mod own_destination;
mod parameters;
mod paths;
mod pause;
mod resources;
mod secrets;
#[cfg(test)]
mod tests;
mod waiting;

pub use access::AccessKey;
pub use browser_guard::BrowserGuard;
use endpoint::Asked;
pub use gateway::OwnConfigApi;
pub use metrics_page::MetricsPage;
pub use openapi::openapi;
pub(crate) use parameters::InvalidRequest;
use paths::{Resolved, Route};
use resources::Operation;
pub use secrets::SecretRules;

/// The Configuration API and what it works on.
#[derive(Debug, Clone)]
pub struct ConfigApi {
    /// Where resources are kept.
    pub store: Store,
    /// Bounds of request bodies.
    pub limits: BodyLimits,
    /// Renders `/v1/metrics`.
    pub metrics: MetricsPage,
    /// Where async deliveries wait.
    pub queue: DeliveryQueue,
    /// Deliveries that were given up.
    pub dead_letters: DeadLetters,
    /// The delivery log.
    pub delivery_log: DeliveryLog,
    /// Whether requests of 2017 are understood (docs/contract.md §7).
    pub legacy_api: bool,
    /// The access key that clients need; `None` leaves the API open (Q67).
    pub access_key: Option<AccessKey>,
    /// Rules for secrets of functions.
    pub secrets: SecretRules,
    /// Which requests browsers may make.
    pub browsers: BrowserGuard,
    /// Where this API listens, which no function may be.
    pub own: OwnConfigApi,
}

/// Methods that mean something anywhere in the API, `HEAD` aside, which goes with `GET`.
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];

/// Response header with the state of a space that a write led to.
const CONFIG_VERSION: HeaderName = HeaderName::from_static("x-config-version");

/// The Configuration API as a service.
pub fn router(api: ConfigApi) -> Router {
    Router::new().fallback(handle).with_state(api)
}

async fn handle(State(api): State<ConfigApi>, request: Request) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    // The server leaves out the content of what a HEAD is answered with.
    if parts.method == Method::HEAD {
        parts.method = Method::GET;
    }
    let response = match answer_by_itself(&parts) {
        Some(response) => response,
        None if api.browsers.is_foreign(&parts) => browser_guard::foreign_origin(),
        None => match paths::resolve(parts.uri.path(), &parts.method) {
            Resolved::Unknown => not_found(),
            Resolved::Redirect(path) => redirect(&parts, &path),
            Resolved::Route(route) => api.answer(route, &parts, body).await,
        },
    };
    let response = counting(api.limits.in_flight, response);
    metrics::histogram!(CONFIG_REQUEST_DURATION).record(started.elapsed().as_secs_f64());
    response
}

impl ConfigApi {
    async fn answer(&self, route: Route, parts: &Parts, body: Body) -> Response {
        let is_get = parts.method == Method::GET;
        // Load balancers probe the status without a key, by whatever name they know the machine.
        let is_status = matches!(route, Route::Status);
        if !is_status && self.access_key.is_none() && !self.browsers.knows_host(parts) {
            return browser_guard::unknown_host(parts);
        }
        let is_open = is_status || self.access_key.is_none();
        if !is_open
            && !self
                .access_key
                .as_ref()
                .is_some_and(|key| key.opens(&parts.headers))
        {
            return ApiError::unauthorized().into_response();
        }
        match route {
            Route::Status if is_get => StatusCode::OK.into_response(),
            Route::Metrics if is_get => self.metrics.render(&self.store, &self.queue).await,
            Route::OpenApi if is_get => openapi::answer(),
            Route::Status | Route::Metrics | Route::OpenApi => method_not_allowed(&["GET"]),
            Route::Resource { space, kind, id } => match Operation::of(&parts.method, id.clone()) {
                None => method_not_allowed(&Operation::methods(id.as_deref())),
                Some(operation) => {
                    let handling = self.count_and_carry_out(kind, &space, operation, parts, body);
                    answer_or_internal_error(handling).await
                }
            },
            Route::Endpoint { space, endpoint, id } => match endpoint.action(&parts.method) {
                None => method_not_allowed(&endpoint.methods()),
                Some(action) => {
                    let asked = Asked {
                        space: &space,
                        id: &id,
                        parts,
                        body,
                    };
                    answer_or_internal_error(self.count_and_act(action, asked)).await
                }
            },
        }
    }
}

/// Says that it is done and that there is nothing to show.
fn no_content() -> Response {
    let content_type = HeaderValue::from_static("application/json");
    (StatusCode::NO_CONTENT, [(header::CONTENT_TYPE, content_type)]).into_response()
}

/// Adds the state of the space that a write led to, for the sender to ask the Events API for (docs/api.md).
fn with_version(mut response: Response, version: Option<SpaceVersion>) -> Response {
    // Names of spaces that can be written to are made of characters that a header can hold.
    if let Some(value) = version.and_then(|version| HeaderValue::try_from(version.to_string()).ok()) {
        response.headers_mut().insert(CONFIG_VERSION, value);
    }
    response
}

/// An answer in plain text that browsers must not take for anything else.
fn plain_refusal(status: StatusCode, text: &'static str) -> Response {
    let mut response = plain_text(status, text);
    response.headers_mut().insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn not_found() -> Response {
    plain_refusal(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// Names the methods that there are; `HEAD` goes with `GET` (docs/contract.md §1.1).
fn method_not_allowed(methods: &[&str]) -> Response {
    let mut response = plain_refusal(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
    let allow = methods.join(", ").replacen("GET", "GET, HEAD", 1);
    if let Ok(allow) = HeaderValue::try_from(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// Sends a client on to the path it meant; only a GET may turn into another request.
fn redirect(parts: &Parts, path: &str) -> Response {
    let is_get = parts.method == Method::GET;
    let status = if is_get {
        StatusCode::MOVED_PERMANENTLY
    } else {
        StatusCode::TEMPORARY_REDIRECT
    };
    let location = match parts.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    (status, [(header::LOCATION, location)]).into_response()
}
