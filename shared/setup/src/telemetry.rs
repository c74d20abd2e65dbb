//! Logs and metrics of a process.

use std::io::Write as _;
use std::sync::OnceLock;

use gateway::metrics::{CONFIG_REQUEST_DURATION, EVENTS_CUSTOM_PROCESSING, HOOK_DURATION, doubling_buckets};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use records::{ACCESS_LOG_DROPPED, DELIVERY_LOG_DROPPED, DELIVERY_LOG_TARGET};
use serde_json::Value;
use traces::SPANS_DROPPED;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt as _, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::log_sampling::LogSampling;
use crate::settings::LogSettings;

/// Crates whose messages follow the level that is set; all others speak up from `warn` on.
const OWN_CRATES: [&str; 14] = [
    "api",
    "config_api",
    "config_stream",
    "dispatcher",
    "event_gateway",
    "events_api",
    "gateway",
    "lambda",
    "queue",
    "records",
    "setup",
    "store",
    "targets",
    "traces",
];

/// Why telemetry cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Something else logs already.
    #[error("logging cannot be set up")]
    Log(#[from] TryInitError),
    /// The metrics recorder cannot be built.
    #[error("metrics cannot be set up")]
    Metrics(#[from] BuildError),
}

/// Starts logging to stderr; once a process.
pub fn init_log(settings: &LogSettings) -> Result<(), TelemetryError> {
    let level = settings.log_level.0;
    let others = if level > LevelFilter::WARN {
        LevelFilter::WARN
    } else {
        level
    };
    let targets = Targets::new()
        .with_default(others)
        .with_targets(OWN_CRATES.map(|name| (name, level)))
        // The delivery log of a deployment: data that someone will ask for, whatever the level.
        .with_target(DELIVERY_LOG_TARGET, LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer()
        .event_format(settings.format())
        .with_writer(std::io::stderr);
    let lines = if settings.dev {
        lines.with_filter(targets).boxed()
    } else {
        lines.with_filter(targets.and(LogSampling::default())).boxed()
    };
    tracing_subscriber::registry().with(lines).try_init()?;
    Ok(())
}

/// Writes a line with a whole document to where the log goes, whatever the level. Other lines cut what they are given: this is for
/// what is bounded by itself, and was asked for.
pub fn log_document(settings: &LogSettings, message: &str, name: &str, document: Value) {
    let line = settings.format().line(message, name, document);
    // Where the log cannot be written there is nobody to tell.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}

/// The metrics recorder of this process; the first call installs it.
pub fn metrics_recorder() -> Result<PrometheusHandle, TelemetryError> {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(recorder) = RECORDER.get() {
        return Ok(recorder.clone());
    }
    let installed = PrometheusBuilder::new()
        .set_buckets_for_metric(
            Matcher::Full(EVENTS_CUSTOM_PROCESSING.to_owned()),
            &doubling_buckets(0.000_01, 20),
        )?
        .set_buckets_for_metric(
            Matcher::Full(CONFIG_REQUEST_DURATION.to_owned()),
            &doubling_buckets(0.000_5, 16),
        )?
        .set_buckets_for_metric(
            Matcher::Full(HOOK_DURATION.to_owned()),
            &doubling_buckets(0.000_5, 16),
        )?
        .install_recorder();
    match installed {
        Ok(recorder) => {
            gateway::metrics::describe();
            // What has no labels is there from the start: where a series is missing, nobody sees that it is 0.
            for name in [ACCESS_LOG_DROPPED, DELIVERY_LOG_DROPPED, SPANS_DROPPED] {
                metrics::counter!(name).absolute(0);
            }
            Ok(RECORDER.get_or_init(|| recorder).clone())
        }
        // Two first calls at a time: the other one has installed it.
        Err(err) => RECORDER.get().cloned().ok_or_else(|| err.into()),
    }
}
