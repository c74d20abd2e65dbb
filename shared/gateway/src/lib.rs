//! The engine: a request comes in, its event finds its subscribers, functions are called or deliveries queued.
//!
//! The Events API and whatever drains a queue go through [`Gateway`]; what it decides by is in `domain`.

mod acceptance;
mod answer;
mod asked_form;
mod config_changes;
mod daily_usage;
mod delivery;
mod diagnosis;
mod draining;
mod error;
mod fan_out;
mod filtering;
mod gateway;
mod inquiry;
mod intake;
mod invocation;
mod legacy;
mod loops;
mod matching;
pub mod metrics;
mod outbox;
mod quota_used_up;
mod rate_limits;
mod receive;
mod recent_events;
mod seen;
mod settings;
mod space_quotas;
mod spans;
mod stamp;
mod sync_calls;
#[cfg(test)]
mod test_settings;
mod tunnels;
mod unattempted;
mod usage;

pub use answer::Answer;
pub use answer::streamed_response::{StreamedBody, StreamedResponse};
pub use answer::upgraded_response::UpgradedResponse;
pub use config_changes::{ConfigChanges, ConfigChangesParts};
pub use dataflow::schema::SchemaLimits;
pub use dataflow::transform::TransformLimits;
pub use delivery::DispatchTime;
pub use delivery::dead_letters::{DeadLetterError, DeadLetters, Redriven};
pub use diagnosis::{CircuitDiagnosis, CircuitState, EngineDiagnosis, FunctionCalls};
pub use error::GatewayError;
pub use gateway::{Gateway, GatewayParts};
pub use inquiry::{AuthorizerInquiry, UnsentRequest};
pub use intake::client::{Client, WaitingClient};
pub use intake::hosted::HostedDomains;
pub use invocation::called::CallError;
pub use invocation::circuit_breaker::{
    CallPermit, CircuitAdmission, CircuitBreakerSettings, CircuitBreakers, CircuitChange, Registered,
};
pub use invocation::decision_cache::DecisionCacheLimits;
pub use invocation::transforms::Untransformed;
pub use matching::schema_violated::SchemaViolated;
pub use matching::schemas::SchemaSettings;
pub use quota_used_up::QuotaUsedUp;
pub use receive::GatewayReply;
pub use recent_events::RecentEvents;
pub use seen::Seen;
pub use settings::GatewaySettings;
pub use stamp::request_id;
pub use targets::{
    AccessDeniedCode, BytesInFlight, COUNTED_FROM, ErrorChain, Gathered, Held, InvokeError, OwnConfigApi,
    ReportKeys,
};
pub use tunnels::TunnelSettings;
pub use usage::{Usage, UsageSettings};
