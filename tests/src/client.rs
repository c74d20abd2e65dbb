//! The HTTP client of the suites: one request, one answer, over whichever host serves the gateway.
//!
//! It knows nothing about expectations; what it cannot get an answer for is an [`ExchangeError`].

mod deployed;
mod in_process;
mod lambda;
mod tcp;

use std::{io, net::SocketAddr, time::Duration};

use ::lambda::http::HttpFunction;

pub use deployed::Deployed;

/// How the gateway under test is reached.
#[derive(Clone, Debug)]
pub enum Host {
    /// The routers are called directly: no socket and no HTTP parser between the test and the gateway.
    InProcess {
        /// Router of the Events API.
        events: axum::Router,
        /// Router of the Configuration API.
        config: axum::Router,
    },
    /// The gateway listens on loopback ports.
    Tcp {
        /// Listener of the Events API.
        events: SocketAddr,
        /// Listener of the Configuration API.
        config: SocketAddr,
    },
    /// The routers are functions of AWS Lambda, invoked with the events of function URLs.
    Lambda {
        /// The Events API.
        events: HttpFunction,
        /// The Configuration API.
        config: HttpFunction,
    },
    /// The gateway is deployed as functions behind URLs.
    Deployed(Deployed),
}

/// How much longer answers of a deployed gateway may take: writes settle first, and functions start.
const DEPLOYED_PATIENCE: Duration = Duration::from_secs(20);

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

impl Host {
    /// Sends a request and waits for the complete answer.
    pub async fn send(&self, api: Api, request: &Request, limit: Duration) -> Result<Answer, ExchangeError> {
        match self {
            Self::InProcess { events, config } => {
                let router = if api == Api::Events { events } else { config };
                within(limit, in_process::call(router.clone(), request)).await
            }
            Self::Tcp { events, config } => {
                let address = if api == Api::Events { *events } else { *config };
                let bytes = tcp::encode(request, address);
                within(limit, tcp::exchange(address, &bytes, request.method == "HEAD")).await
            }
            Self::Lambda { events, config } => {
                let function = if api == Api::Events { events } else { config };
                within(limit, lambda::call(function.clone(), request)).await
            }
            Self::Deployed(gateway) => within(limit + DEPLOYED_PATIENCE, gateway.send(api, request)).await,
        }
    }

    /// How much longer than in one process calls may take to reach their functions.
    pub fn patience(&self) -> Duration {
        match self {
            Self::Deployed(_) => DEPLOYED_PATIENCE,
            Self::InProcess { .. } | Self::Tcp { .. } | Self::Lambda { .. } => Duration::ZERO,
        }
    }

    /// Sends bytes exactly as they are and reads the first answer.
    pub async fn send_raw(&self, api: Api, bytes: &[u8], limit: Duration) -> Result<Answer, ExchangeError> {
        let Self::Tcp { events, config } = self else {
            return Err(ExchangeError::NeedsConnection);
        };
        let address = if api == Api::Events { *events } else { *config };
        within(limit, tcp::exchange(address, bytes, false)).await
    }
}

async fn within(
    limit: Duration,
    exchange: impl Future<Output = Result<Answer, ExchangeError>>,
) -> Result<Answer, ExchangeError> {
    tokio::time::timeout(limit, exchange)
        .await
        .unwrap_or(Err(ExchangeError::TimedOut(limit)))
}

#[cfg(test)]
mod tests;
