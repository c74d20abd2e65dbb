//! The Events API as a function of AWS Lambda, behind a function URL or an HTTP API.

use std::process::ExitCode;

use lambda::InvocationTrace;
use setup::settings::InvokeMode;
use setup::{Parts, Settings, telemetry};

// One thread: an instance has one request at a time, and threads cost time at every cold start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::report(run().await)
}

async fn run() -> Result<(), lambda::Error> {
    let settings = Settings::try_from_args(["events-api", "--store=dynamodb", "--queue=sqs"])?;
    telemetry::init_log(&settings.log)?;
    let parts = Parts::open(&settings).await?;
    let gateway = parts.gateway()?;
    lambda::read_routes(&gateway).await;
    let trace = InvocationTrace::of(&gateway, settings.spans.joins_xray());
    let router = parts.events_api(gateway.clone()).into_router();
    let router = lambda::usage::counting(router, gateway);
    match settings.lambda.invoke_mode {
        InvokeMode::Buffered => lambda::http::run(router, trace).await,
        InvokeMode::ResponseStream => lambda::http::run_streaming(router, trace).await,
    }
}
