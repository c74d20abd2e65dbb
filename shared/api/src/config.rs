//! The Configuration API (CONTRACT.md §1).

use std::collections::BTreeMap;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::configuration::{ConfigurationError, Configured};
use domain::event::query_pairs;
use domain::ids::Space;
use domain::resource::{Cors, EventType, Function, Kind, MetadataFilter, Subscription};
use domain::space_version::SpaceVersion;
use gateway::metrics::{CONFIG_REQUEST_DURATION, CONFIG_REQUESTS};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use store::Store;

use crate::body::{self, BodyLimits};
use crate::error::{ApiError, answer_or_internal_error, json_line};
use crate::request_target::{answer_by_itself, plain_text};

mod access;
mod metrics_page;
mod openapi;
mod paths;

pub use access::AccessKey;
pub use metrics_page::MetricsPage;
pub use openapi::openapi;
use paths::{Resolved, Route};

/// The Configuration API and what it works on.
#[derive(Debug, Clone)]
pub struct ConfigApi {
    /// Where resources are kept.
    pub store: Store,
    /// Bounds of request bodies.
    pub limits: BodyLimits,
    /// Renders `/v1/metrics`.
    pub metrics: MetricsPage,
    /// What clients must know to use the API; `None` leaves it open (Q67).
    pub access_key: Option<AccessKey>,
}

/// Response header with the state of a space that a write led to.
const CONFIG_VERSION: HeaderName = HeaderName::from_static("x-config-version");

/// What a request does to a resource or a collection.
#[derive(Debug)]
enum Operation {
    List,
    Create,
    Get(String),
    Update(String),
    Delete(String),
}

/// The Configuration API as a service.
pub fn router(api: ConfigApi) -> Router {
    Router::new().fallback(handle).with_state(api)
}

async fn handle(State(api): State<ConfigApi>, request: Request) -> Response {
    let started = Instant::now();
    let (parts, body) = request.into_parts();
    let response = match answer_by_itself(&parts) {
        Some(response) => response,
        None => match paths::resolve(parts.uri.path(), &parts.method) {
            Resolved::Unknown => not_found(),
            Resolved::Redirect(path) => redirect(&parts, &path),
            Resolved::Route(route) => api.answer(route, &parts, body).await,
        },
    };
    metrics::histogram!(CONFIG_REQUEST_DURATION).record(started.elapsed().as_secs_f64());
    response
}

impl ConfigApi {
    async fn answer(&self, route: Route, parts: &Parts, body: Body) -> Response {
        let is_get = parts.method == Method::GET;
        // Load balancers probe the status without a key.
        let is_open = matches!(route, Route::Status) || self.access_key.is_none();
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
            Route::Metrics if is_get => self.metrics.render(&self.store).await,
            Route::OpenApi if is_get => json_line(StatusCode::OK, &openapi()),
            Route::Status | Route::Metrics | Route::OpenApi => method_not_allowed(),
            Route::Resource { space, kind, id } => match Operation::of(&parts.method, id) {
                None => method_not_allowed(),
                Some(operation) => {
                    let handling = self.count_and_carry_out(kind, &space, operation, parts, body);
                    answer_or_internal_error(handling).await
                }
            },
        }
    }

    async fn count_and_carry_out(
        &self,
        kind: Kind,
        space: &Space,
        operation: Operation,
        parts: &Parts,
        body: Body,
    ) -> Response {
        let (name, label) = (operation.name(), space.to_string());
        metrics::counter!(CONFIG_REQUESTS, "space" => label, "resource" => kind.label(), "operation" => name)
            .increment(1);
        let done = match kind {
            Kind::EventType => self.carry_out::<EventType>(space, operation, parts, body).await,
            Kind::Function => self.carry_out::<Function>(space, operation, parts, body).await,
            Kind::Subscription => {
                self.carry_out::<Subscription>(space, operation, parts, body)
                    .await
            }
            Kind::Cors => self.carry_out::<Cors>(space, operation, parts, body).await,
        };
        done.unwrap_or_else(IntoResponse::into_response)
    }

    async fn carry_out<R: Configured>(
        &self,
        space: &Space,
        operation: Operation,
        parts: &Parts,
        body: Body,
    ) -> Result<Response, ApiError> {
        let log = |done: &str, id: &dyn std::fmt::Display| {
            tracing::debug!(%space, %id, "{} {done}.", R::KIND.title());
        };
        Ok(match operation {
            Operation::List => {
                let pairs: Vec<_> = query_pairs(parts.uri.query().unwrap_or_default()).collect();
                let filter =
                    MetadataFilter::from_query(pairs.iter().map(|(name, value)| (&**name, &**value)));
                let resources = self.store.list::<R>(space, &filter).await?;
                json_line(
                    StatusCode::OK,
                    &BTreeMap::from([(openapi::collection(R::KIND), resources)]),
                )
            }
            Operation::Get(id) => json_line(
                StatusCode::OK,
                &self.store.get::<R>(space, &R::Id::from(id.as_str())).await?,
            ),
            Operation::Create => {
                let body = body::read(parts, body, self.limits).await?;
                let resource = R::decode(space, None, &body).map_err(ConfigurationError::from)?;
                let created = self.store.create(resource).await?;
                log("created", created.value.id());
                with_version(json_line(StatusCode::CREATED, &created.value), created.version)
            }
            Operation::Update(id) => {
                let body = body::read(parts, body, self.limits).await?;
                let id = R::Id::from(id.as_str());
                let resource = R::decode(space, Some(&id), &body).map_err(ConfigurationError::from)?;
                let updated = self.store.update(resource).await?;
                log("updated", updated.value.id());
                with_version(json_line(StatusCode::OK, &updated.value), updated.version)
            }
            Operation::Delete(id) => {
                let deleted = self.store.delete::<R>(space, &R::Id::from(id.as_str())).await?;
                log("deleted", &id);
                let content_type = HeaderValue::from_static("application/json");
                let response = (StatusCode::NO_CONTENT, [(header::CONTENT_TYPE, content_type)]);
                with_version(response.into_response(), deleted.version)
            }
        })
    }
}

impl Operation {
    fn of(method: &Method, id: Option<String>) -> Option<Self> {
        Some(match (method.as_str(), id) {
            ("GET", None) => Self::List,
            ("POST", None) => Self::Create,
            ("GET", Some(id)) => Self::Get(id),
            ("PUT", Some(id)) => Self::Update(id),
            ("DELETE", Some(id)) => Self::Delete(id),
            _ => return None,
        })
    }

    /// Value of the `operation` label (CONTRACT.md §5).
    fn name(&self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Create => "create",
            Self::Get(_) => "get",
            Self::Update(_) => "update",
            Self::Delete(_) => "delete",
        }
    }
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

fn method_not_allowed() -> Response {
    plain_refusal(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n")
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
