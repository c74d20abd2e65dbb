//! The function of AWS Lambda that takes batches from the SQS queues and calls the functions of their subscribers.

use std::process::ExitCode;

use setup::{Parts, Settings, telemetry};

// One thread: it waits for functions most of the time, and threads cost time at every cold start.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::report(run().await)
}

async fn run() -> Result<(), lambda::Error> {
    let settings = Settings::try_from_args(["dispatcher", "--store=dynamodb", "--queue=sqs"])?;
    telemetry::init_log(&settings.log)?;
    let gateway = Parts::open(&settings).await?.gateway()?;
    lambda::read_routes(&gateway).await;
    lambda::sqs::run(gateway, settings.queue.workers).await
}
