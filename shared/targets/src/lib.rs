//! How each kind of function is called: one file per provider, one [`InvokeError`].
//!
//! Nothing here knows stores or queues. An [`Invoker`] is built without any I/O; certificates, AWS configuration and
//! AWS clients are loaded by the first call that needs them.

mod access_denied;
mod answer;
mod aws;
mod call;
mod deadline;
mod error;
mod error_causes;
mod firehose;
mod http;
mod invoker;
mod kinesis;
mod lambda;
mod retry_after;
mod settings;
mod sqs;

pub use access_denied::AccessDeniedCode;
pub use answer::{Answer, Rejection};
pub use call::{Call, CallIdentity};
pub use error::{BoxError, InvokeError};
pub use invoker::Invoker;
pub use settings::{TargetSettings, TargetSettingsError};
