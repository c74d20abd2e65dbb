//! The function of AWS Lambda that follows the stream of the table, publishes the snapshots of its spaces, and pauses
//! subscriptions where the dispatcher asks for it.

use std::process::ExitCode;

use setup::{Settings, telemetry, wiring};

// One thread: it waits for the table most of the time, and threads cost time at every cold start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::report(run().await)
}

async fn run() -> Result<(), lambda::Error> {
    let settings = Settings::try_from_args(["config-stream", "--store=dynamodb"])?;
    telemetry::init_log(&settings.log)?;
    let store = wiring::dynamodb(&settings).await?;
    lambda::stream::run(store).await
}
