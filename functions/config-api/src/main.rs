//! The Configuration API as a function of AWS Lambda, behind a function URL or an HTTP API. It does not start open.

use std::process::ExitCode;

use setup::{Parts, Settings, telemetry};

// One thread: an instance has one request at a time, and threads cost time at every cold start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::report(run().await)
}

async fn run() -> Result<(), lambda::Error> {
    let settings = Settings::try_from_args(["config-api", "--store=dynamodb", "--queue=sqs"])?;
    telemetry::init_log(&settings.log)?;
    settings.access.require_protection()?;
    let parts = Parts::open(&settings).await?;
    // Its name is given by AWS, and a key or AWS IAM stands in front.
    let api = parts.config_api(None)?;
    lambda::http::run(api::config::router(api), lambda::InvocationTrace::default()).await
}
