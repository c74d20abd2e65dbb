//! Requests that ask for another protocol: each on a connection of its own, which is not kept for others.

use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use tower_service::Service;

use super::client::Payload;
use super::pool::PoolError;
use super::response_body::ResponseBody;
use super::unread::Unread;
use crate::error::BoxError;

/// Sends a request with an absolute URI on a new connection, and gives the answer, whether the server goes on with the
/// other protocol or not. The connection is driven by a task, which ends with the answer or when it has been upgraded.
pub(super) async fn send<C>(
    mut connector: C,
    request: Request<Payload>,
) -> Result<Response<ResponseBody>, PoolError>
where
    C: Service<Uri, Error: Into<BoxError>>,
    C::Response: Read + Write + Unpin + Send + 'static,
{
    let (head, payload) = request.into_parts();
    let (payload, unread) = Unread::follow(payload, None);
    let mut request = Request::from_parts(head, payload);
    let to = std::mem::take(request.uri_mut());
    let path = to.path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
    let opened = connector.call(to).await;
    let opened = opened.map_err(|error| PoolError::Connect(error.into()))?;
    let (mut sender, connection) = http1::handshake(opened).await.map_err(PoolError::Send)?;
    tokio::spawn(connection.with_upgrades());
    let response = sender.send_request(request).await.map_err(PoolError::Send)?;
    Ok(response.map(|body| ResponseBody::shared(body, false, unread)))
}
