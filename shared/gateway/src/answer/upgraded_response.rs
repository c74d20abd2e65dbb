//! The answer of a sync function that goes on with another protocol: 101, and then bytes both ways.

use domain::function_response::end_to_end;
use http::HeaderMap;
use http::header::{CONNECTION, HeaderValue, UPGRADE};
use targets::UpgradedConnection;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::tunnels::Tunnel;

/// An answer after which the connection is no HTTP any more.
#[derive(Debug)]
pub struct UpgradedResponse {
    /// Headers of the answer, those of the upgrade included.
    pub headers: HeaderMap,
    function: UpgradedConnection,
    tunnel: Option<Box<Tunnel>>,
}

impl UpgradedResponse {
    pub(crate) fn new(headers: HeaderMap, function: UpgradedConnection) -> Self {
        let protocol = headers.get(UPGRADE).cloned();
        let mut headers = end_to_end(headers);
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.extend(protocol.map(|protocol| (UPGRADE, protocol)));
        Self {
            headers,
            function,
            tunnel: None,
        }
    }

    /// The place that the upgraded connection has.
    pub(crate) fn keep(&mut self, tunnel: Option<Box<Tunnel>>) {
        self.tunnel = tunnel;
    }

    /// Copies bytes both ways until both sides have ended, nothing has come for too long, or the gateway shuts down. Both
    /// connections are closed then.
    pub async fn run(self, client: impl AsyncRead + AsyncWrite + Unpin) {
        if let Some(tunnel) = self.tunnel {
            tunnel.run(client, self.function).await;
        }
    }
}
