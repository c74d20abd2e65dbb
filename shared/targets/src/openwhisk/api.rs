//! The REST API of OpenWhisk, as far as calls need it.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::resource::OpenWhiskAction;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::bearer::TokenSource;
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::http::{HttpRequest, HttpResponse, secret_value};

const PATH: &str = "/api/v1";
/// That of the credentials.
const DEFAULT_NAMESPACE: &str = "_";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// What stands for itself in a segment of a path.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'@');

/// The API of one namespace, with the credentials of an action.
pub(super) struct Api<'a> {
    with: &'a Arc<Clients>,
    action: &'a OpenWhiskAction,
    /// Empty where tokens are used.
    key: &'a str,
    basic: Option<HeaderValue>,
    /// URL of the namespace, without a slash at its end.
    namespace: String,
    deadline: Deadline,
}

impl<'a> Api<'a> {
    pub(super) fn new(
        with: &'a Arc<Clients>,
        action: &'a OpenWhiskAction,
        key: &'a str,
        deadline: Deadline,
    ) -> Result<Self, InvokeError> {
        let basic = (!key.is_empty())
            .then(|| secret_value(AUTHORIZATION.as_str(), &format!("Basic {}", STANDARD.encode(key))));
        Ok(Self {
            with,
            action,
            key,
            basic: basic.transpose()?,
            namespace: namespace_url(&action.api_host, action.namespace.as_deref()),
            deadline,
        })
    }

    /// Invokes the action. A blocking call is answered when the action is over, or when OpenWhisk waits no longer.
    pub(super) async fn invoke(
        &self,
        parameters: Bytes,
        is_blocking: bool,
    ) -> Result<HttpResponse, InvokeError> {
        let name = path(&self.action.action);
        // With `result=true` there would be no telling failures apart.
        let query = format!("blocking={is_blocking}&result=false");
        let url = format!("{}/actions{name}", self.namespace);
        self.send(Method::POST, url, Some(query), parameters).await
    }

    /// Asks for the record of an activation.
    pub(super) async fn activation(&self, id: &str) -> Result<HttpResponse, InvokeError> {
        let url = format!("{}/activations{}", self.namespace, path(id));
        self.send(Method::GET, url, None, Bytes::new()).await
    }

    /// An answer whose credentials were accepted, and which does not show them.
    async fn send(
        &self,
        method: Method,
        url: String,
        query: Option<String>,
        body: Bytes,
    ) -> Result<HttpResponse, InvokeError> {
        let mut headers = HeaderMap::from_iter([(ACCEPT, JSON)]);
        if method == Method::POST {
            headers.insert(CONTENT_TYPE, JSON);
        }
        headers.extend(self.basic.clone().map(|basic| (AUTHORIZATION, basic)));
        let request = HttpRequest {
            url: url.into(),
            query,
            method,
            headers,
            body,
        };
        let response = match &self.action.iam {
            Some(iam) => {
                TokenSource::IbmIam(iam)
                    .exchange(self.with, request, self.deadline)
                    .await?
            }
            None => self.with.http.exchange(request, self.deadline).await?,
        };
        let password = self.key.split_once(':').map_or("", |(_, password)| password);
        let encoded = self.basic.as_ref().and_then(|value| value.to_str().ok());
        let encoded = encoded
            .and_then(|value| value.strip_prefix("Basic "))
            .unwrap_or_default();
        response
            .hiding(&[self.key, encoded, password])
            .check_credentials()
    }
}

fn namespace_url(api_host: &str, namespace: Option<&str>) -> String {
    let host = api_host.trim_end_matches('/');
    // Clients of OpenWhisk ask for the one or for the other.
    let host = host.strip_suffix(PATH).unwrap_or(host);
    let namespace = path(namespace.unwrap_or(DEFAULT_NAMESPACE));
    format!("{host}{PATH}/namespaces{namespace}")
}

/// Names as segments, each with a slash before it.
fn path(names: &str) -> String {
    names.split('/').fold(String::new(), |mut path, name| {
        // Writing to a text does not fail.
        let _ = write!(path, "/{}", utf8_percent_encode(name, ENCODED));
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces() {
        for (host, namespace, want) in [
            ("http://h:3233", None, "http://h:3233/api/v1/namespaces/_"),
            (
                "https://h/",
                Some("me@x.com_my space"),
                "https://h/api/v1/namespaces/me@x.com_my%20space",
            ),
            ("https://h/api/v1/", Some("n"), "https://h/api/v1/namespaces/n"),
            ("https://h/base", Some("n"), "https://h/base/api/v1/namespaces/n"),
        ] {
            assert_eq!(namespace_url(host, namespace), want);
        }
    }

    #[test]
    fn names() {
        assert_eq!(path("hello"), "/hello");
        assert_eq!(path("my pkg/h@1.0-x_y"), "/my%20pkg/h@1.0-x_y");
    }
}
