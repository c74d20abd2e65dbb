//! What is exchanged with a gateway: a request to one of its APIs, and the answer or why there is none.

use std::io;
use std::time::Duration;

/// One of the two APIs of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Receives events.
    Events,
    /// Holds the configuration.
    Config,
}

/// A request as a case describes it; the host adds `Host`, framing and connection headers.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Method as written, also unknown ones.
    pub method: String,
    /// Origin-form target: path and query.
    pub target: String,
    /// Headers in order; names keep their letter case over TCP.
    pub headers: Vec<(String, String)>,
    /// Body, if there is one; an empty body still gets a `Content-Length`.
    pub body: Option<Vec<u8>>,
    /// Sends the body in chunks instead of with a length; TCP only.
    pub chunked: bool,
}

impl Request {
    /// Whether a header of this name is present, without regard to letter case.
    pub fn has_header(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(present, _)| present.eq_ignore_ascii_case(name))
    }
}

/// A complete response.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers in order; values as Latin-1 text, so that no byte is lost.
    pub headers: Vec<(String, String)>,
    /// Body without its framing.
    pub body: Vec<u8>,
}

impl Answer {
    /// Values of all headers of this name, in order.
    pub fn header_values(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(present, _)| present.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The body as JSON, `None` when it is not.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The connection could not be made.
    #[error("connecting failed")]
    Connect(#[source] io::Error),
    /// The peer closed the connection before the first byte of an answer.
    #[error("connection closed without an answer")]
    Closed,
    /// The peer closed the connection inside an answer.
    #[error("answer ends early, {0} bytes of it were read")]
    Truncated(usize),
    /// Reading failed.
    #[error("reading the answer failed")]
    Read(#[source] io::Error),
    /// The answer is not HTTP/1.1.
    #[error("answer is not HTTP/1.1")]
    Malformed(#[source] httparse::Error),
    /// Nothing complete came in time.
    #[error("no complete answer within {0:?}")]
    TimedOut(Duration),
    /// The request needs a real connection: raw bytes or chunked framing.
    #[error("request can only be sent over TCP")]
    NeedsConnection,
    /// The request is not one an HTTP library can hold.
    #[error("request cannot be expressed without a connection")]
    Inexpressible(#[source] http::Error),
    /// The request makes no event of Lambda, or the result of the function is no JSON.
    #[error("request or answer cannot be expressed in JSON")]
    Event(#[source] serde_json::Error),
    /// The function said that the body of its result is base64.
    #[error("result of the function is not base64")]
    Base64(#[source] base64::DecodeError),
    /// The handler panicked; over TCP this would be a closed connection.
    #[error("handler panicked")]
    Panicked(#[source] tokio::task::JoinError),
    /// The response body failed while it was streamed.
    #[error("response body failed")]
    Body(#[source] axum::Error),
}
