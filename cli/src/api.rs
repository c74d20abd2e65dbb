//! Requests to the two APIs of a gateway.

use std::cell::OnceCell;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::answer::Answer;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::http_client::HttpClient;

/// What a segment of a path may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'.')
    .remove(b'-')
    .remove(b'_')
    .remove(b'~');

/// The same of a segment that is encoded already.
const ENCODED_SEGMENT: &AsciiSet = &SEGMENT.remove(b'%');

/// Header that asks for more than the text of an error.
const DETAILS: HeaderName = HeaderName::from_static("x-event-gateway-error-details");

/// A gateway.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) connection: Connection,
    /// A tenant to whose own keys and records a command goes, in the place of those of the space.
    pub(crate) tenant: Option<String>,
    patience: Duration,
    client: OnceCell<HttpClient>,
}

impl Api {
    /// The gateway of a connection. Nothing is sent yet.
    pub(crate) fn new(connection: Connection, patience: Duration) -> Self {
        Self {
            connection,
            tenant: None,
            patience,
            client: OnceCell::new(),
        }
    }

    /// The name by which the gateway knows the space of this connection, or the place of the tenant.
    pub(crate) fn place(&self) -> String {
        match &self.tenant {
            Some(tenant) => format!("tenant:{tenant}"),
            None => self.connection.space.clone(),
        }
    }

    /// The path of something of the space of this connection, or of the tenant: `functions`, or `functions/` and an encoded id.
    pub(crate) fn in_space(&self, rest: &str) -> String {
        if let Some(tenant) = &self.tenant {
            return format!("/v1/tenants/{}/{rest}", segment(tenant));
        }
        format!("/v1/spaces/{}/{rest}", segment(&self.connection.space))
    }

    /// Asks the Configuration API. What is no success is a failure.
    pub(crate) fn configuration(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
    ) -> Result<Answer, Failure> {
        self.configuration_if(method, path, None, body)
    }

    /// The same under the condition that what is changed still has this version.
    pub(crate) fn configuration_if(
        &self,
        method: Method,
        path: &str,
        version: Option<&str>,
        body: Option<String>,
    ) -> Result<Answer, Failure> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.connection.config_url))
            .header(DETAILS, "true");
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some(version) = version {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        if let Some(key) = &self.connection.key {
            let mut value = HeaderValue::try_from(format!("Bearer {}", key.reveal())).map_err(|_| {
                Failure::Malformed("the access key has characters that no header can hold".to_owned())
            })?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        self.send(request, body.unwrap_or_default().into())?.success()
    }

    /// Sends an event. Any answer is one.
    pub(crate) fn event(&self, event: &OutgoingEvent) -> Result<Answer, Failure> {
        let request = Request::builder()
            .method(event.method.clone())
            .uri(format!("{}{}", self.connection.events_url, event.path))
            .header(header::CONTENT_TYPE, event.content_type);
        self.send(request, event.body.clone())
    }

    fn send(&self, request: http::request::Builder, body: Bytes) -> Result<Answer, Failure> {
        let agent = concat!("eg/", env!("CARGO_PKG_VERSION"));
        let request = request.header(header::USER_AGENT, agent).body(Full::new(body));
        let request =
            request.map_err(|err| Failure::Usage(format!("no request can be made of this: {err}")))?;
        let client = if let Some(client) = self.client.get() {
            client
        } else {
            let urls = [&self.connection.config_url, &self.connection.events_url];
            let client = HttpClient::new(self.patience, urls.iter().any(|url| url.starts_with("https:")))?;
            self.client.get_or_init(|| client)
        };
        client.send(request)
    }
}

/// A request to the Events API.
#[derive(Debug)]
pub(crate) struct OutgoingEvent {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
}

/// A name as a segment of a path.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, SEGMENT).to_string()
}

/// A name that is encoded once already, as the ids of CORS configurations are: it is not encoded again.
pub(crate) fn encoded_segment(name: &str) -> String {
    utf8_percent_encode(name, ENCODED_SEGMENT).to_string()
}

/// A query of these parameters, with its question mark. Those without a value are left out.
pub(crate) fn query(parameters: &[(&str, Option<&str>)]) -> String {
    let given = parameters
        .iter()
        .filter_map(|(name, value)| Some((name, (*value)?)));
    let pairs: Vec<_> = given
        .map(|(name, value)| format!("{name}={}", segment(value)))
        .collect();
    match pairs.as_slice() {
        [] => String::new(),
        pairs => format!("?{}", pairs.join("&")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_segment() {
        assert_eq!(segment("a.b-c_d"), "a.b-c_d");
        assert_eq!(segment("../x?y#z"), "..%2Fx%3Fy%23z");
        assert_eq!(encoded_segment("GET%2Fhello%2F:name"), "GET%2Fhello%2F%3Aname");
    }

    #[test]
    fn queries_have_what_is_given() {
        assert_eq!(query(&[("a", None)]), "");
        assert_eq!(
            query(&[("a", Some("1&2")), ("b", None), ("c", Some("x"))]),
            "?a=1%262&c=x"
        );
    }
}
