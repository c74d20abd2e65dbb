//! Kept-alive connections over plain HTTP/1.1. The call that uses a connection drives it: a task for each would cost every
//! call two switches.

use std::sync::Arc;

use http::uri::{Authority, PathAndQuery};
use http::{Request, Response, Uri};
use hyper::client::conn::http1;
use tower_service::Service as _;

use self::connection::Pooled;
use self::idle::Idle;
use super::client::Payload;
use super::connector::TcpConnector;
use super::response_body::ResponseBody;
use crate::error::BoxError;
use crate::idle_connections::IdleConnections;

pub(super) mod connection;
pub(super) mod idle;

/// The connections to all servers.
pub(super) struct Pool {
    connector: TcpConnector,
    idle: Arc<Idle>,
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum PoolError {
    /// There is no connection to the server.
    #[error("client error (Connect)")]
    Connect(#[source] BoxError),
    /// The connection failed before the answer came.
    #[error("client error (SendRequest)")]
    Send(#[source] hyper::Error),
}

impl Pool {
    pub(super) fn new(connector: TcpConnector) -> Self {
        Self {
            connector,
            idle: Arc::default(),
        }
    }

    /// The connections that no call uses.
    pub(super) fn idle_connections(&self, most: usize) -> IdleConnections {
        self.idle.connections(most)
    }

    /// Sends a request with an absolute URI. One that met a connection which the server had closed while it was idle is
    /// sent again on another one, but only if none of its bytes had been written.
    pub(super) async fn send(
        &self,
        mut request: Request<Payload>,
    ) -> Result<Response<ResponseBody>, PoolError> {
        let to = std::mem::take(request.uri_mut());
        let path = to.path_and_query().cloned();
        *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
        let server = to
            .authority()
            .map(Authority::as_str)
            .ok_or_else(|| PoolError::Connect("the URL names no host".into()))?;
        loop {
            let (connection, is_new) = match self.idle.take(server) {
                Some(connection) => (connection, false),
                // Boxed: most calls open none.
                None => Box::pin(self.open_or_wait(&to, server)).await?,
            };
            match connection.exchange(request).await {
                Ok((response, connection)) => {
                    let pooled = connection.map(|connection| (connection, Arc::clone(&self.idle)));
                    return Ok(response.map(|body| ResponseBody::new(body, pooled)));
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_new => request = unsent,
                    Some(_) | None => return Err(PoolError::Send(error.into_error())),
                },
            }
        }
    }

    /// A connection, and whether it is new: another call may be done before one is open.
    async fn open_or_wait(&self, to: &Uri, server: &str) -> Result<(Pooled, bool), PoolError> {
        let freed = self.idle.wait(server);
        tokio::select! {
            opened = self.open(to, server) => opened.map(|opened| (opened, true)),
            Ok(freed) = freed => Ok((freed, false)),
        }
    }

    async fn open(&self, to: &Uri, server: &str) -> Result<Pooled, PoolError> {
        let opened = self.connector.clone().call(to.clone()).await;
        let (sender, connection) = http1::handshake(opened.map_err(PoolError::Connect)?)
            .await
            .map_err(PoolError::Send)?;
        Ok(Pooled::new(server.into(), sender, connection))
    }
}

#[cfg(test)]
mod tests;
