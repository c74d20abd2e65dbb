//! The least that a function on AWS Lambda can be: what the gateway's functions are compared with.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::{RawValue, to_raw_value};

// One thread, as the gateway's functions have.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(hello)).await
}

async fn hello(_: LambdaEvent<Box<RawValue>>) -> Result<Box<RawValue>, Error> {
    Ok(to_raw_value("hello, world")?)
}
