//! Requests as they came, for functions that know nothing of events (docs/targets.md).

use domain::passthrough::OriginalRequest;
use http::header::{AUTHORIZATION, HOST};
use http::uri::{PathAndQuery, Scheme};
use http::{Request, Response, StatusCode, Uri};
use http_body_util::Full;

use super::client::Payload;
use super::custom::Custom;
use super::destination::Destination;
use super::lanes::Sharing;
use super::response_body::ResponseBody;
use super::sending::{HttpTargets, answered};
use super::{hops, upgrading};
use crate::answer::{FunctionAnswer, PassedOn};
use crate::error::InvokeError;
use crate::upgraded::UpgradedConnection;

/// A call that no request stands behind: of a delivery that waited, or for an authorizer.
#[derive(Debug, thiserror::Error)]
#[error(
    "the function has request passthrough, and there is no request to pass on: it takes those of sync subscriptions only"
)]
pub(super) struct NoRequest;

/// A path or a query that is too long for a target.
#[derive(Debug, thiserror::Error)]
#[error("the request has a path that the function's URL has no room for")]
struct Target;

impl HttpTargets {
    /// Sends a request of a client to a function. Redirects are for the client.
    pub(super) async fn send_original(
        &self,
        to: &Destination,
        original: &OriginalRequest<'_>,
        custom: &Custom,
        sharing: Sharing,
    ) -> Result<Response<ResponseBody>, InvokeError> {
        let mut request = request(to, original, custom)?;
        let is_encrypted = request.uri().scheme() == Some(&Scheme::HTTPS);
        if original.upgrade().is_some() {
            hops::tell(request.headers_mut());
            return match &custom.tls {
                Some(client) => answered(upgrading::send(client.upgradable(), request).await),
                None if is_encrypted => {
                    let client = self.encrypted().await?;
                    answered(upgrading::send(client.upgradable(), request).await)
                }
                None => answered(upgrading::send(self.connector.clone(), request).await),
            };
        }
        match &custom.tls {
            None => self.send_sharing(request, sharing).await,
            Some(client) => {
                hops::tell(request.headers_mut());
                answered(client.send(request, sharing).await)
            }
        }
    }
}

/// The request that a function gets: the client's, with the function's own headers and credentials in the place of those
/// of the same name.
fn request(
    to: &Destination,
    original: &OriginalRequest<'_>,
    custom: &Custom,
) -> Result<Request<Payload>, InvokeError> {
    let base = to.uri.path_and_query().cloned();
    let base = base.unwrap_or(PathAndQuery::from_static("/"));
    let taken = custom.parameter.as_ref().map(|(name, _)| name.as_str());
    let target = original.target(&base, taken);
    let mut uri = to.uri.clone().into_parts();
    uri.path_and_query = Some(target.ok_or_else(|| InvokeError::unusable(Target))?);
    let mut request = Request::new(Full::new(original.body.clone()));
    *request.method_mut() = original.parts.method.clone();
    *request.uri_mut() = Uri::from_parts(uri).map_err(InvokeError::unusable)?;
    let headers = request.headers_mut();
    *headers = original.headers();
    headers.insert(HOST, to.host.clone());
    if let Some(authorization) = &to.authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    custom.apply(&mut request)?;
    Ok(request)
}

/// The answer of a function that goes on with another protocol.
pub(super) async fn upgraded(mut response: Response<ResponseBody>) -> Result<FunctionAnswer, InvokeError> {
    let upgraded = hyper::upgrade::on(&mut response).await;
    let upgraded = upgraded.map_err(InvokeError::unavailable)?;
    let status = StatusCode::SWITCHING_PROTOCOLS;
    Ok(FunctionAnswer {
        body: bytes::Bytes::new(),
        held: None,
        status: Some(status.as_u16()),
        rejection: None,
        passed_on: Some(PassedOn {
            status,
            headers: std::mem::take(response.headers_mut()),
            stream: None,
            length_of_get: None,
            upgraded: Some(UpgradedConnection::new(upgraded)),
        }),
    })
}
