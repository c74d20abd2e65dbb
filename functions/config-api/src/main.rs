//! The Configuration API as a function of AWS Lambda, behind a function URL or an HTTP API. It does not start open.

use std::process::ExitCode;

use api::config::{AccessKey, BrowserGuard, ConfigApi, MetricsPage, OwnConfigApi, SecretRules};
use api::{BodyLimits, BytesInFlight, LeastRate};
use setup::{Settings, telemetry, wiring};

// One thread: an instance has one request at a time, and threads cost time at every cold start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::report(run().await)
}

async fn run() -> Result<(), lambda::Error> {
    let settings = Settings::try_from_args(["config-api", "--store=dynamodb", "--queue=sqs"])?;
    telemetry::init_log(&settings.log)?;
    settings.access.require_protection()?;
    let gateway = wiring::gateway(&settings).await?;
    let secrets = SecretRules {
        mask: settings.secrets.mask,
        places: settings.secret_places(),
        lends_identity: settings.lends_identity(),
    };
    let digest = settings.access.config_access_key_sha256;
    let key = settings.access.config_access_key;
    lambda::http::run(api::config::router(ConfigApi {
        store: gateway.store().clone(),
        limits: BodyLimits {
            bytes: settings.limits.max_config_bytes,
            time: settings.limits.config_read_timeout,
            least_rate: LeastRate {
                bytes_per_second: settings.limits.min_body_rate,
                window: settings.limits.min_body_rate_window,
            },
            in_flight: BytesInFlight::new(settings.limits.max_bytes_in_flight),
        },
        metrics: MetricsPage::new(telemetry::metrics_recorder()?, settings.metrics.limits()),
        queue: gateway.queue().clone(),
        dead_letters: gateway.dead_letters().clone(),
        delivery_log: gateway.delivery_log().clone(),
        legacy_api: settings.compatibility.legacy_api,
        access_key: digest
            .map(|digest| AccessKey::of_sha256(digest.0))
            .or_else(|| key.map(|key| AccessKey::new(&key.0))),
        secrets,
        // Its name is given by AWS, and a key or AWS IAM stands in front.
        browsers: BrowserGuard::new(settings.access.config_allowed_origins, None),
        own: OwnConfigApi::default(),
    }))
    .await
}
