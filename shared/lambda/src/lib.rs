//! What the functions on AWS Lambda share: each trigger, turned into calls of the gateway and back.
//!
//! Beside the functions themselves this is the only crate that knows the Lambda runtime.

pub mod http;
mod invocation_trace;
mod process;
pub mod sqs;
pub mod stream;
pub mod usage;

pub use invocation_trace::InvocationTrace;
pub use lambda_runtime::Error;
pub use process::{read_routes, report};
