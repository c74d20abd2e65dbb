//! How each kind of function is called: one file per provider, one [`InvokeError`].
//!
//! Nothing here knows stores or queues. An [`Invoker`] is built without any I/O; certificates, AWS configuration and
//! AWS clients are loaded by the first call that needs them.

mod aws;
mod error;
mod firehose;
mod http;
mod invoker;
mod kinesis;
mod lambda;
mod settings;
mod sqs;

pub use error::{AccessDeniedCode, BoxError, InvokeError};
pub use invoker::Invoker;
pub use settings::{TargetSettings, TargetSettingsError};
