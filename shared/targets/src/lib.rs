//! How each kind of function is called: one file per provider, in the folder of its family, and one [`InvokeError`].
//!
//! Nothing here knows stores or queues. An [`Invoker`] is built without any I/O; certificates, AWS configuration and
//! AWS clients are loaded by the first call that needs them.

mod access_denied;
mod answer;
mod answer_stream;
mod aws;
mod azure;
mod bearer;
mod call;
mod clients;
mod deadline;
mod error;
mod error_chain;
mod event_format;
mod gathered;
mod google;
mod http;
mod idle_connections;
mod in_flight;
mod invoker;
mod jwt;
mod keeping;
mod network_guard;
mod oauth2;
mod openwhisk;
mod own_api;
mod report_keys;
mod retry_after;
mod secrets;
mod settings;
mod single_flight;
mod tokens;
mod upgraded;

pub use access_denied::AccessDeniedCode;
pub use answer::{FunctionAnswer, PassedOn, Rejection};
pub use answer_stream::{AnswerStream, AnswerStreamError};
pub use call::{Call, CallIdentity, Caller};
pub use error::{BoxError, InvokeError};
pub use error_chain::ErrorChain;
pub use gathered::Gathered;
pub use idle_connections::{HostConnections, IdleConnections};
pub use in_flight::{BytesInFlight, COUNTED_FROM, Held};
pub use invoker::Invoker;
pub use jwt::KeySetSettings;
pub use network_guard::{AllowedTarget, AllowedTargetError, DeniedNetwork, DeniedNetworkError, NetworkGuard};
pub use own_api::OwnConfigApi;
pub use report_keys::ReportKeys;
pub use secrets::SecretSettings;
pub use settings::{LookupLimits, TargetSettings, TargetSettingsError};
pub use upgraded::UpgradedConnection;
