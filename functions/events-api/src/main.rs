//! The Events API as a function of AWS Lambda, behind a function URL or an HTTP API.

use std::process::ExitCode;

use api::events::EventsApi;
use api::{BodyLimits, LeastRate};
use setup::settings::InvokeMode;
use setup::{Settings, telemetry, wiring};

// One thread: an instance has one request at a time, and threads cost time at every cold start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::report(run().await)
}

async fn run() -> Result<(), lambda::Error> {
    let settings = Settings::try_from_args(["events-api", "--store=dynamodb", "--queue=sqs"])?;
    telemetry::init_log(&settings.log)?;
    let gateway = wiring::gateway(&settings).await?;
    lambda::read_routes(&gateway).await;
    let limits = BodyLimits {
        bytes: settings.limits.max_event_bytes,
        time: settings.limits.events_read_timeout,
        least_rate: LeastRate {
            bytes_per_second: settings.limits.min_body_rate,
            window: settings.limits.min_body_rate_window,
        },
        in_flight: gateway.in_flight(),
    };
    let router = EventsApi::new(gateway, limits).into_router();
    match settings.lambda.invoke_mode {
        InvokeMode::Buffered => lambda::http::run(router).await,
        InvokeMode::ResponseStream => lambda::http::run_streaming(router).await,
    }
}
