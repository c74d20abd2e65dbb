//! Everything that can be set, as command line flags or environment variables; docs/configuration.md lists it.

use std::ffi::OsString;
use std::net::IpAddr;
use std::time::Duration;

use api::AnswerOptions;
use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory as _, Parser};
use domain::resource::SecretPlace;
use domain::trace::TraceSettings;
use targets::NetworkGuard;

use crate::flags::with_two_dashes;

mod access;
mod access_log;
mod answers;
mod audit;
mod compatibility;
mod dead_letters;
mod filters;
mod former;
mod gateway_identity;
mod jwt;
mod lambda;
mod limits;
mod listen;
mod log;
mod lookups;
mod metrics;
mod milliseconds;
mod passthrough;
mod plans;
mod queue;
mod response_default;
mod routing;
mod schemas;
mod secrets;
mod spans;
mod store;
mod switch;
mod target_guard;
mod transforms;
mod usage;

pub use access::{AccessSettings, ConfigAuth, OpenConfigApi, Secret, Sha256Digest};
pub use access_log::{AccessLogSetting, AccessLogSettings, FormatSetting, NoShare, SampleShare};
pub use answers::AnswerSettings;
pub use audit::AuditSettings;
pub use compatibility::CompatibilitySettings;
pub use dead_letters::DeadLetterSettings;
pub use filters::FilterSettings;
pub use former::FormerSettings;
pub use gateway_identity::GatewayIdentitySettings;
pub use jwt::JwtSettings;
pub use lambda::{InvokeMode, LambdaSettings};
pub use limits::LimitSettings;
pub use listen::ListenSettings;
pub use log::{LogFormat, LogLevel, LogSettings};
pub use lookups::LookupSettings;
pub use metrics::{MetricsLevel, MetricsSettings};
use milliseconds::milliseconds;
pub use passthrough::PassthroughSettings;
pub use plans::{PlanSettings, PlansText};
pub use queue::{QueueDurability, QueueKind, QueueSettings};
pub use response_default::ResponseDefault;
pub use routing::{PathsSetting, RoutingSettings, UnmatchedSetting};
pub use schemas::SchemaSettings;
pub use secrets::{FunctionSecretSettings, SecretPlaces, UnknownPlace};
pub use spans::{SpanPlace, SpanSettings, XRayDaemon};
pub use store::{StoreKind, StoreSettings};
pub use switch::Switch;
pub use target_guard::TargetGuardSettings;
pub use transforms::TransformSettings;
pub use usage::UsageSettings;

/// The settings of a process.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "event-gateway",
    about = "Event Gateway: routes events that come in over HTTP to functions on any cloud.",
    after_help = "Flags may be written with one dash or two, as -flag value or -flag=value.",
    disable_version_flag = true,
    args_override_self = true
)]
pub struct Settings {
    /// Print the version and exit.
    #[arg(
        long = "version",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub version: bool,
    /// Where the APIs listen.
    #[command(flatten)]
    pub listen: ListenSettings,
    /// Bounds of requests.
    #[command(flatten)]
    pub limits: LimitSettings,
    /// The configuration store.
    #[command(flatten)]
    pub store: StoreSettings,
    /// Records of changes of it.
    #[command(flatten)]
    pub audit: AuditSettings,
    /// The delivery queue.
    #[command(flatten)]
    pub queue: QueueSettings,
    /// Dead letters.
    #[command(flatten)]
    pub dead_letters: DeadLetterSettings,
    /// What is taken for an event.
    #[command(flatten)]
    pub events: EventSettings,
    /// What the APIs make of answers.
    #[command(flatten)]
    pub answers: AnswerSettings,
    /// How requests are routed.
    #[command(flatten)]
    pub routing: RoutingSettings,
    /// Clients of older versions.
    #[command(flatten)]
    pub compatibility: CompatibilitySettings,
    /// Calls of functions.
    #[command(flatten)]
    pub functions: FunctionSettings,
    /// Requests that functions get as they came.
    #[command(flatten)]
    pub passthrough: PassthroughSettings,
    /// Names of their hosts.
    #[command(flatten)]
    pub lookups: LookupSettings,
    /// Keys of those that check tokens.
    #[command(flatten)]
    pub jwt: JwtSettings,
    /// Which addresses functions may have.
    #[command(flatten)]
    pub target_guard: TargetGuardSettings,
    /// Whose identity functions are called with.
    #[command(flatten)]
    pub gateway_identity: GatewayIdentitySettings,
    /// Secrets of functions.
    #[command(flatten)]
    pub secrets: FunctionSecretSettings,
    /// Hosted mode and access.
    #[command(flatten)]
    pub access: AccessSettings,
    /// What spaces may have and do.
    #[command(flatten)]
    pub plans: PlanSettings,
    /// What spaces use.
    #[command(flatten)]
    pub usage: UsageSettings,
    /// Where the program is a Lambda function.
    #[command(flatten)]
    pub lambda: LambdaSettings,
    /// Logging.
    #[command(flatten)]
    pub log: LogSettings,
    /// Series of metrics.
    #[command(flatten)]
    pub metrics: MetricsSettings,
    /// The access log.
    #[command(flatten)]
    pub access_log: AccessLogSettings,
    /// Spans.
    #[command(flatten)]
    pub spans: SpanSettings,
    /// Flags of the original that have no effect.
    #[command(flatten)]
    pub former: FormerSettings,
}

/// Where the Configuration API listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigListener {
    /// At both loopback addresses, for clients of this machine only.
    Loopback,
    /// At this address.
    At(IpAddr),
}

/// What is taken for an event.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Events")]
pub struct EventSettings {
    /// Take a `CloudEvent` sent as application/json for one, where it has subscribers and the plain request has none.
    #[arg(
        long = "json-events",
        env = "EVENT_GATEWAY_JSON_EVENTS",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub json_events: bool,
    /// Decode request bodies that come with a Content-Encoding: gzip, br or zstd.
    #[arg(
        long = "decode-bodies",
        env = "EVENT_GATEWAY_DECODE_BODIES",
        default_value = "on",
        hide_possible_values = true,
        value_name = "on|off"
    )]
    pub decode_bodies: Switch,
}

/// Calls of functions.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Functions")]
pub struct FunctionSettings {
    /// Time that a function has to answer, in milliseconds.
    #[arg(long = "function-timeout", env = "EVENT_GATEWAY_FUNCTION_TIMEOUT", default_value = "5000", value_parser = milliseconds, value_name = "MS")]
    pub function_timeout: Duration,
    /// Largest answer of a function, in bytes.
    #[arg(long = "max-response-bytes", env = "EVENT_GATEWAY_MAX_RESPONSE_BYTES", default_value_t = 10 * 1024 * 1024, value_name = "BYTES")]
    pub max_response_bytes: usize,
    /// Time between two pieces of an answer that is passed on while it comes in, in milliseconds; 0 is no limit.
    #[arg(long = "stream-idle-timeout", env = "EVENT_GATEWAY_STREAM_IDLE_TIMEOUT", default_value = "60000", value_parser = milliseconds, value_name = "MS")]
    pub stream_idle_timeout: Duration,
    /// Time that such an answer may take after its head, in milliseconds; 0 is no limit.
    #[arg(long = "stream-timeout", env = "EVENT_GATEWAY_STREAM_TIMEOUT", default_value = "3600000", value_parser = milliseconds, value_name = "MS")]
    pub stream_timeout: Duration,
    /// What answers of functions are taken for that are registered without `response`: object, a response object; auto, one
    /// or else the answer itself.
    #[arg(
        long = "response-default",
        env = "EVENT_GATEWAY_RESPONSE_DEFAULT",
        default_value = "object",
        hide_possible_values = true,
        value_name = "object|auto"
    )]
    pub response_default: ResponseDefault,
    /// Endpoint of all AWS services, such as a local emulator.
    #[arg(
        long = "aws-endpoint-url",
        env = "EVENT_GATEWAY_AWS_ENDPOINT_URL",
        value_name = "URL"
    )]
    pub aws_endpoint_url: Option<String>,
    /// Host, and port if it is not 80, of Google's metadata server, as in Google's own libraries.
    #[arg(long = "google-metadata-host", env = "GCE_METADATA_HOST", value_name = "HOST")]
    pub google_metadata_host: Option<String>,
    /// Place of Google's own APIs (token exchange, IAM credentials, Pub/Sub), such as a local emulator.
    #[arg(
        long = "google-endpoint-url",
        env = "EVENT_GATEWAY_GOOGLE_ENDPOINT_URL",
        value_name = "URL"
    )]
    pub google_endpoint_url: Option<String>,
}

impl Settings {
    /// The guard of function calls; none where functions may have any address.
    pub fn network_guard(&self) -> Option<NetworkGuard> {
        self.target_guard.guard(self.access.is_hosted())
    }

    /// Whether functions may have any address without anybody having said so.
    pub fn is_guard_left_off(&self) -> bool {
        self.target_guard.mode.is_none() && self.network_guard().is_none()
    }

    /// Whether HTTP/2 is spoken, with clients and with functions.
    pub fn speaks_http2(&self) -> bool {
        self.limits.http2.is_on()
    }

    /// What is made of answers.
    pub fn answer_options(&self) -> AnswerOptions {
        self.answers.options(self.access_log.is_on())
    }

    /// By what events are followed.
    pub fn traces(&self) -> TraceSettings {
        let mut traces = self.answers.traces(self.access_log.is_on());
        // Spans are of no use where those of functions are not parts of them.
        traces.context |= self.spans.is_on();
        traces
    }

    /// Whether members of resources that are not known are refused instead of ignored.
    pub fn rejects_unknown_members(&self) -> bool {
        self.compatibility
            .rejects_unknown_members(self.access.is_hosted())
    }

    /// Whether functions may be called with the gateway's own identity.
    pub fn lends_identity(&self) -> bool {
        self.gateway_identity.is_lent(self.access.is_hosted())
    }

    /// Places that functions may refer to for their secrets.
    pub fn secret_places(&self) -> Vec<SecretPlace> {
        self.secrets.places(self.access.is_hosted())
    }

    /// Where the Configuration API listens: it is not open to others without a key unless that is said for itself.
    pub fn config_listener(&self) -> ConfigListener {
        let shared = self.listen.bind_address;
        match self.listen.config_bind_address {
            Some(address) => ConfigListener::At(address),
            None if self.access.has_key() || shared.is_loopback() => ConfigListener::At(shared),
            None => ConfigListener::Loopback,
        }
    }

    /// Reads a command line, with the environment for what it does not say. The first argument is the program's name.
    pub fn try_from_args<A: Into<OsString>>(args: impl IntoIterator<Item = A>) -> Result<Self, clap::Error> {
        Self::try_parse_from(with_two_dashes(args.into_iter().map(Into::into))).map_err(without_secret)
    }
}

/// An error that does not repeat what a setting was set to whose values are not shown: it comes into logs at each start.
fn without_secret(mut error: clap::Error) -> clap::Error {
    let mut command = Settings::command();
    command.build();
    let of = error.get(ContextKind::InvalidArg).map(ToString::to_string);
    let mut hidden = command
        .get_arguments()
        .filter(|argument| argument.is_hide_env_values_set());
    if hidden.any(|argument| Some(argument.to_string()) == of) {
        error.insert(ContextKind::InvalidValue, ContextValue::String("…".to_owned()));
    }
    error
}

#[cfg(test)]
mod tests;
