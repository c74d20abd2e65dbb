//! What requests to endpoints with options have: method, headers, authorization, certificates, size of the answer.

use domain::resource::Secret;
use http::header::{HeaderMap, HeaderValue};
use http::uri::{PathAndQuery, Uri};
use http::{Method, Request};

use super::Redaction;
use super::client::Payload;
use super::encrypted::EncryptedClient;
use crate::error::InvokeError;

/// Headers whose values are no secrets unless they are kept elsewhere: they would be found in answers that repeat
/// nothing.
const PUBLIC: [&str; 6] = [
    "accept",
    "accept-language",
    "cache-control",
    "content-type",
    "prefer",
    "user-agent",
];

/// What the requests of a call have that those of plain endpoints do not have. No `Debug`: it holds secrets.
pub(super) struct Custom {
    pub(super) method: Method,
    /// Whether the event, or its data, is the body.
    pub(super) sends_event: bool,
    /// Headers of the event: content type, attributes in binary mode.
    pub(super) event_headers: HeaderMap,
    pub(super) headers: HeaderMap,
    /// A parameter of the query, encoded: name and value.
    pub(super) parameter: Option<(String, String)>,
    /// The client with the certificates of the endpoint.
    pub(super) tls: Option<EncryptedClient>,
    pub(super) max_response_bytes: Option<usize>,
    /// What must not be shown of an answer.
    pub(super) redaction: Redaction,
}

/// Settings that no request can be made of. The texts show no value.
#[derive(Debug, thiserror::Error)]
pub(super) enum CustomError {
    #[error("the method is none that HTTP knows")]
    Method,
    #[error("the value of the header {0} is none that a header can have")]
    Value(String),
    #[error("the URL has no room for the parameter")]
    Parameter,
}

impl Custom {
    /// Turns a request of a plain endpoint into one of this call. It has no body if a redirect said so.
    pub(super) fn apply(&self, request: &mut Request<Payload>) -> Result<(), InvokeError> {
        let is_first_kind = !self.sends_event || request.method() == Method::POST;
        if is_first_kind {
            *request.method_mut() = self.method.clone();
        }
        if let Some((name, value)) = &self.parameter {
            *request.uri_mut() = with_parameter(request.uri(), name, value)
                .ok_or_else(|| InvokeError::unusable(CustomError::Parameter))?;
        }
        let headers = request.headers_mut();
        if is_first_kind {
            insert_all(headers, &self.event_headers);
        }
        insert_all(headers, &self.headers);
        Ok(())
    }
}

/// Whether the value of a header may be shown.
pub(super) fn is_public(name: &str, value: &Secret) -> bool {
    matches!(value, Secret::Inline(_)) && PUBLIC.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn insert_all(headers: &mut HeaderMap, more: &HeaderMap) {
    for (name, value) in more {
        headers.insert(name.clone(), value.clone());
    }
}

/// A header that logs do not show; its name is for the error.
pub(crate) fn secret_value(name: &str, text: &str) -> Result<HeaderValue, InvokeError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| InvokeError::unusable(CustomError::Value(name.to_owned())))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The URL with a parameter, unless it has one of that name: a redirect may repeat it.
fn with_parameter(uri: &Uri, name: &str, value: &str) -> Option<Uri> {
    let query = uri.query().unwrap_or_default();
    let is_there = query
        .split('&')
        .any(|pair| pair.split_once('=').is_some_and(|(known, _)| known == name));
    if is_there {
        return Some(uri.clone());
    }
    let separator = if query.is_empty() { "" } else { "&" };
    let path_and_query = format!("{}?{query}{separator}{name}={value}", uri.path());
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path_and_query).ok()?);
    Uri::from_parts(parts).ok()
}
