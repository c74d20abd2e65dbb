//! What the functions on AWS Lambda share: each trigger, turned into calls of the gateway and back.
//!
//! Beside the functions themselves this is the only crate that knows the Lambda runtime.

mod exit;
pub mod http;
pub mod sqs;
pub mod stream;

pub use exit::report;
pub use lambda_runtime::Error;
