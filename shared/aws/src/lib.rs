//! Calls of AWS services of which the gateway needs a call or two: their SDKs are most of what it would take to compile,
//! upload and start. The SDKs' own machinery makes the calls, so that credentials, signatures, retries and timeouts are
//! those of the SDKs that are left; here are the endpoints of the services and what is written into requests.

pub use self::base64_bytes::Base64;
pub use self::call::{Call, CallError};
pub use self::client::Client;
pub use self::error_answer::ErrorAnswer;
pub use self::form::Form;
pub use self::service::Service;
pub use self::xml::XmlAnswer;

mod base64_bytes;
mod call;
mod client;
mod endpoint;
mod error_answer;
mod form;
mod operation;
mod partition;
mod protocol;
mod service;
mod unusable;
mod xml;
