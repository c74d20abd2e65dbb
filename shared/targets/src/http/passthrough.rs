//! Requests as they came, for functions that know nothing of events (docs/targets.md).

use domain::passthrough::OriginalRequest;
use domain::trace::Trace;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderValue};
use http::uri::{PathAndQuery, Scheme};
use http::{Method, Request, Response, StatusCode, Uri};
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
        (original, trace): (&OriginalRequest<'_>, Option<&Trace>),
        custom: &Custom,
        sharing: Sharing,
    ) -> Result<Response<ResponseBody>, InvokeError> {
        let mut request = request(to, (original, trace), custom)?;
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
/// of the same name, and with its place in a trace, where the gateway has one of its own there.
fn request(
    to: &Destination,
    (original, trace): (&OriginalRequest<'_>, Option<&Trace>),
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
    if let Some(trace) = trace {
        trace.replace_in(headers);
    }
    if needs_zero_length(original) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    if let Some(authorization) = &to.authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    custom.apply(&mut request)?;
    Ok(request)
}

/// Whether a server waits for a length that hyper does not write, as there is no body: the client told it, or its method
/// is one that some servers answer 411 without it.
fn needs_zero_length(original: &OriginalRequest<'_>) -> bool {
    let parts = original.parts;
    let has_payload = [Method::POST, Method::PUT, Method::PATCH].contains(&parts.method);
    original.body.is_empty() && (has_payload || parts.headers.contains_key(CONTENT_LENGTH))
}

/// Whether a request may be made twice: its method says that it changes nothing.
pub(super) fn is_repeatable(original: &OriginalRequest<'_>) -> bool {
    [Method::GET, Method::HEAD, Method::OPTIONS].contains(&original.parts.method)
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
        passed_on: Some(Box::new(PassedOn {
            status,
            headers: std::mem::take(response.headers_mut()),
            stream: None,
            length_of_get: None,
            upgraded: Some(UpgradedConnection::new(upgraded)),
        })),
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use domain::origin::{Origin, TrustedProxies};

    use super::*;

    #[test]
    fn lengths_and_repetitions_by_method() {
        for (method, length, body, want) in [
            ("GET", None, "", (false, true)),
            ("GET", Some("0"), "", (true, true)),
            ("HEAD", None, "", (false, true)),
            ("OPTIONS", None, "", (false, true)),
            ("DELETE", None, "", (false, false)),
            ("DELETE", Some("0"), "", (true, false)),
            ("POST", None, "", (true, false)),
            ("PUT", None, "", (true, false)),
            ("PATCH", None, "", (true, false)),
            // hyper writes the length of what is there.
            ("POST", Some("1"), "x", (false, false)),
        ] {
            let mut request = Request::builder().method(method);
            if let Some(length) = length {
                request = request.header(CONTENT_LENGTH, length);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let original = OriginalRequest {
                parts: &parts,
                body: &Bytes::from_static(body.as_bytes()),
                path: "/",
                pattern: "/",
                origin: Origin::default(),
                trusted: &TrustedProxies::default(),
                is_batch: false,
                can_upgrade: false,
            };
            let got = (needs_zero_length(&original), is_repeatable(&original));
            assert_eq!(got, want, "{method} {length:?}");
        }
    }
}
