//! HTTP endpoints (docs/contract.md §3.2).

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::http_options::{RequestMode, ResponseMode, timeout_seconds};
use super::{Destination, EventFormat, Members, ProviderError, ProviderSettings};
use crate::resource::{Secret, SecretMembers, SigningSecret, TargetUrl};

mod authorization;
mod headers;
mod method;
#[cfg(test)]
mod tests;
mod tls;

pub use authorization::{ApiKeyPlace, ClientAuthentication, HttpAuthorization};
pub use tls::HttpTls;

/// An HTTP endpoint that events are sent to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HttpEndpoint {
    /// Absolute URL.
    #[schema(value_type = String, min_length = 1)]
    pub url: TargetUrl,
    /// Secrets that calls are signed with (Standard Webhooks, `whsec_…`): one, or two while one replaces the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2)]
    pub signing_secrets: Vec<SigningSecret>,
    /// Method of the calls; POST without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub method: Option<String>,
    /// Headers that every call has besides the gateway's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Secret>,
    /// Longest time of a call, in seconds, 1 to 900; the gateway's own if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 900, nullable = false)]
    pub timeout_seconds: Option<u32>,
    /// Most bytes that the endpoint may answer; the gateway's own limit holds besides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, nullable = false)]
    pub max_response_bytes: Option<u32>,
    /// How calls prove who makes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub authorization: Option<HttpAuthorization>,
    /// Certificates of calls over https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub tls: Option<HttpTls>,
    /// Form in which it gets events.
    #[serde(default, skip_serializing_if = "EventFormat::is_default")]
    pub format: EventFormat,
    /// What its answer to a sync call is taken for; the gateway's own choice if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub response: Option<ResponseMode>,
    /// Whether it gets events, or requests as they came.
    #[serde(default, skip_serializing_if = "RequestMode::is_default")]
    pub request: RequestMode,
}

impl HttpEndpoint {
    /// Checks the members against each other.
    fn check(&self) -> Result<(), ProviderError> {
        let refuse = |member, reason| Err(ProviderError::Invalid { member, reason });
        if self.request.is_passthrough() {
            if self.method.is_some() {
                return refuse(
                    "method",
                    "must be left out where request is passthrough: it is that of the request",
                );
            }
            if !self.format.is_default() {
                return refuse(
                    "format",
                    "must be left out where request is passthrough: there is no event",
                );
            }
            if !self.signing_secrets.is_empty() {
                return refuse(
                    "signingSecrets",
                    "must be left out where request is passthrough: it is not signed",
                );
            }
            if !self.response.is_some_and(ResponseMode::is_passed_on) {
                return refuse("response", "must be stream or raw where request is passthrough");
            }
        }
        if !self.signing_secrets.is_empty() && !self.sends_event() {
            return refuse(
                "method",
                "must be one that sends the event, which signingSecrets sign",
            );
        }
        let has_https = self
            .url
            .get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case("https:"));
        if self.tls.is_some() && !has_https {
            return refuse("tls", "must go with an https URL");
        }
        let taken = self.authorization.as_ref().and_then(HttpAuthorization::header);
        if taken.is_some_and(|taken| self.headers.keys().any(|name| name.eq_ignore_ascii_case(taken))) {
            return refuse("headers", "must not name the header that authorization sets");
        }
        let parameter = self.authorization.as_ref().and_then(HttpAuthorization::parameter);
        if parameter.is_some_and(|parameter| has_parameter(&self.url, parameter)) {
            return refuse("url", "must not have the parameter that authorization sets");
        }
        Ok(())
    }

    /// Whether calls have the event, or its data, as their body: all but those with the methods GET and HEAD.
    pub fn sends_event(&self) -> bool {
        !matches!(self.method.as_deref(), Some("GET" | "HEAD"))
    }

    /// Whether calls are made just as those of endpoints that have a `url` only (docs/contract.md §3.2). How long they may
    /// take, how they are signed and what the answer is taken for does not matter.
    pub fn is_plain(&self) -> bool {
        self.is_open()
            && self.format.is_default()
            && self.request.is_default()
            && self.max_response_bytes.is_none()
    }

    /// Whether calls may be redirected to other servers: those without method, headers, authorization and certificates
    /// of their own, which are meant for one server only.
    pub fn is_open(&self) -> bool {
        self.method.is_none() && self.headers.is_empty() && self.authorization.is_none() && self.tls.is_none()
    }
}

impl ProviderSettings for HttpEndpoint {
    fn title() -> &'static str {
        "HTTP endpoint"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let url = members.url("url")?;
        let request = RequestMode::decode(members)?;
        let response = match ResponseMode::decode(members)? {
            // Whoever knows nothing of events knows nothing of response objects either.
            None if request.is_passthrough() => Some(ResponseMode::Stream),
            given => given,
        };
        let endpoint = Self {
            url: url.into(),
            signing_secrets: SigningSecret::decode_all(members.object())?,
            method: method::decode(members)?,
            headers: headers::decode(members)?,
            timeout_seconds: timeout_seconds(members)?,
            max_response_bytes: members.integer("maxResponseBytes", &(1..=u32::MAX), "must be at least 1")?,
            authorization: members
                .inner("authorization")?
                .map(|inner| HttpAuthorization::decode(&inner))
                .transpose()?,
            tls: HttpTls::decode(members)?,
            format: EventFormat::decode(members)?,
            response,
            request,
        };
        endpoint.check()?;
        Ok(endpoint)
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        let signing = self.signing_secrets.iter_mut().enumerate();
        let signing =
            signing.map(|(at, secret)| (format!("signingSecrets.{at}").into(), secret.secret_mut()));
        let headers = self.headers.iter_mut();
        let headers = headers.map(|(name, value)| (format!("headers.{name}").into(), value));
        let authorization = self
            .authorization
            .iter_mut()
            .flat_map(HttpAuthorization::secrets_mut);
        let tls = self.tls.iter_mut().flat_map(HttpTls::secrets_mut);
        let fixed = authorization
            .chain(tls)
            .map(|(path, secret)| (path.into(), secret));
        signing.chain(headers).chain(fixed).collect()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        let token_url = self.authorization.as_mut().and_then(HttpAuthorization::url_mut);
        let mut urls = vec![("url", &mut self.url)];
        urls.extend(token_url.map(|url| ("authorization.tokenUrl", url)));
        urls
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        let authority = self
            .tls
            .as_ref()
            .and_then(|tls| tls.certificate_authority.as_deref());
        let mut destinations = vec![
            Destination::url("url", &self.url),
            // By it a server is known to be the one of the URL.
            Destination::new("tls.certificateAuthority", authority.unwrap_or_default()),
        ];
        destinations.extend(
            self.authorization
                .iter()
                .flat_map(HttpAuthorization::destinations),
        );
        destinations
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        // What it is called with is all in these settings.
        Ok(())
    }

    fn is_connector(&self) -> bool {
        false
    }

    fn takes_headers(&self) -> bool {
        true
    }

    fn event_format(&self) -> EventFormat {
        self.format
    }

    fn timeout_seconds(&self) -> Option<u32> {
        self.timeout_seconds
    }

    fn response_mode(&self) -> Option<ResponseMode> {
        self.response
    }
}

/// Whether the query of a URL has a parameter of this name, however it is written.
fn has_parameter(url: &str, name: &str) -> bool {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| {
        let known = pair.split('=').next().unwrap_or_default().replace('+', " ");
        percent_decode_str(&known).decode_utf8_lossy() == name
    })
}
