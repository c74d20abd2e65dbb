//! OTLP over HTTP: where spans are sent, and in which form.

mod client;
pub(crate) mod endpoint;
pub(crate) mod headers;
mod json;

use std::time::Duration;

pub use client::NoCertificates;
pub(crate) use client::{OtlpClient, SendError};

use endpoint::OtlpEndpoint;
use headers::OtlpHeaders;

/// Where spans are sent.
#[derive(Debug, Clone)]
pub struct OtlpSettings {
    /// What takes them.
    pub endpoint: OtlpEndpoint,
    /// Headers that go with them, such as the key of a service.
    pub headers: OtlpHeaders,
    /// Time in which an answer has to come.
    pub timeout: Duration,
    /// What the program is called there.
    pub service: String,
    /// Its version.
    pub version: &'static str,
}
