//! The Configuration API (docs/contract.md §1, docs/api.md).

use axum::response::{IntoResponse, Response};
use dataflow::schema::SchemaLimits;
use dataflow::transform::TransformLimits;
use domain::origin::TrustedProxies;
use domain::space_version::SpaceVersion;
use gateway::{AuthorizerInquiry, ConfigChanges, DeadLetters, RecentEvents, ReportKeys, Usage};
use http::{HeaderName, HeaderValue, StatusCode, header};
use queue::DeliveryQueue;
use records::DeliveryLog;
use store::Store;

use crate::access_log::AccessLogging;
use crate::answer_options::AnswerOptions;
use crate::body::BodyLimits;
use crate::health::HealthPaths;

mod access;
mod apply;
mod asyncapi;
mod audit;
mod authorization;
mod authorship;
mod browser_guard;
mod caller;
mod catalog;
mod changes;
mod configuration_schema;
mod creation;
mod dead_letters;
mod deliveries;
mod diagnosis;
mod endpoint;
mod erasure;
mod etag;
mod explain;
mod filter_test;
mod keys;
mod leaks;
mod legacy;
mod merge_patch;
mod metrics_page;
mod openapi;
mod own_destination;
mod parameters;
mod paths;
mod pause;
mod quotas;
mod random;
mod refusals;
mod resources;
mod schemas;
mod secrets;
mod selectors;
mod service;
mod spaces;
mod subjects;
mod telling;
mod tenancy;
mod tenant_spaces;
mod tenants;
#[cfg(test)]
mod tests;
mod transforms;
mod unknown_members;
mod usage;
mod waiting;
mod xregistry;

pub use access::AccessKey;
pub use browser_guard::BrowserGuard;
pub use configuration_schema::configuration_schema;
pub use diagnosis::Diagnosis;
pub use gateway::OwnConfigApi;
pub use metrics_page::MetricsPage;
pub use openapi::openapi;
pub(crate) use parameters::InvalidRequest;
pub use secrets::SecretRules;
pub use service::router;

/// The Configuration API and what it works on.
#[derive(Debug, Clone)]
pub struct ConfigApi {
    /// Where resources are kept.
    pub store: Store,
    /// Bounds of request bodies.
    pub limits: BodyLimits,
    /// Bounds of schemas.
    pub schemas: SchemaLimits,
    /// Renders `/v1/metrics`.
    pub metrics: MetricsPage,
    /// What this process has in hand.
    pub diagnosis: Diagnosis,
    /// Where async deliveries wait.
    pub queue: DeliveryQueue,
    /// Deliveries that were given up.
    pub dead_letters: DeadLetters,
    /// The delivery log.
    pub delivery_log: DeliveryLog,
    /// Whether requests of 2017 are understood (docs/contract.md §7).
    pub legacy_api: bool,
    /// Whether members of resources that are not known are refused instead of ignored (docs/contract.md J3).
    pub rejects_unknown_members: bool,
    /// The access key that clients need; `None` leaves the API open (Q67).
    pub access_key: Option<AccessKey>,
    /// Rules for secrets of functions.
    pub secrets: SecretRules,
    /// Which requests browsers may make.
    pub browsers: BrowserGuard,
    /// What is made of answers.
    pub answers: AnswerOptions,
    /// Where requests are noted, if they are.
    pub access_log: Option<AccessLogging>,
    /// Where health checks are answered.
    pub health: HealthPaths,
    /// Where this API listens, which no function may be.
    pub own: OwnConfigApi,
    /// Bounds of the transforms of subscriptions.
    pub transforms: TransformLimits,
    /// How the engine of this process is asked what authorizers would answer, where it has one. This API calls no functions.
    pub authorizers: Option<AuthorizerInquiry>,
    /// By which keys reports of keys that were found in public are signed; `None` where none are taken.
    pub leak_reports: Option<ReportKeys>,
    /// What tells of changes, to whoever subscribes to that; `None` where nobody is told.
    pub changes: Option<ConfigChanges>,
    /// What counts the usage of spaces in this process; `None` where it is not counted.
    pub usage: Option<Usage>,
    /// The recent events that the engine of this process keeps, where it has one that does.
    pub recent_events: Option<RecentEvents>,
    /// The proxies whose word about clients is taken, for what is recorded of changes.
    pub trusted_proxies: TrustedProxies,
    /// Calls of functions of a space that clients of the Events API may wait for at a time, where its plan does not say;
    /// `None` is no limit.
    pub max_sync_calls_per_space: Option<usize>,
}

/// Methods that mean something anywhere in the API, `HEAD` aside, which goes with `GET`.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// Response header with the state of a space that a write led to.
const CONFIG_VERSION: HeaderName = HeaderName::from_static("x-config-version");

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
