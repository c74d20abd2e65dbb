//! The HTTP client of the suites: one request, one answer, over whichever host serves the gateway.
//!
//! It knows nothing about expectations; what it cannot get an answer for is an [`ExchangeError`].

mod deployed;
mod exchange;
mod in_process;
mod lambda;
mod tcp;

use std::{net::SocketAddr, time::Duration};

use ::lambda::http::HttpFunction;

pub use deployed::Deployed;
pub use exchange::{Answer, Api, ExchangeError, Request};

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
