//! Google Cloud Functions and Cloud Run services: HTTPS with an OIDC ID token.

use http::Uri;
use http::uri::{Authority, Scheme};
use serde::{Deserialize, Serialize};

use super::GoogleCredentials;
use crate::resource::EventFormat;
use crate::resource::provider::http_options::{ResponseMode, timeout_seconds};
use crate::resource::provider::{Destination, Members, ProviderError, ProviderSettings, endpoint_url};
use crate::resource::{SecretMembers, TargetUrl};

/// A Google Cloud function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GoogleCloudFunction {
    /// Absolute URL: https, or http at a loopback address.
    #[schema(value_type = String, min_length = 1)]
    pub url: TargetUrl,
    /// Audience of the ID token; the URL without query and fragment if there is none. Only a service account's key
    /// can make tokens for another host than that of the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub audience: Option<String>,
    /// Who calls it.
    #[serde(default, skip_serializing_if = "GoogleCredentials::is_default")]
    pub credentials: GoogleCredentials,
    /// Form in which it gets events: structured or binary.
    #[serde(default, skip_serializing_if = "EventFormat::is_default")]
    pub format: EventFormat,
    /// What its answer to a sync call is taken for; the gateway's own choice if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub response: Option<ResponseMode>,
    /// Longest time of a call, in seconds, 1 to 900; the gateway's own if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 900, nullable = false)]
    pub timeout_seconds: Option<u32>,
}

impl GoogleCloudFunction {
    /// Audience of the ID token.
    pub fn token_audience(&self) -> &str {
        let without_query = || self.url.split(['?', '#']).next().unwrap_or_default();
        self.audience.as_deref().unwrap_or_else(without_query)
    }

    fn check(&self) -> Result<(), ProviderError> {
        let invalid = |member, reason| Err(ProviderError::Invalid { member, reason });
        let Some(origin) = origin(&self.url) else {
            return invalid(
                "url",
                "must be an https URL without userinfo; http is for loopback addresses only",
            );
        };
        if !self
            .token_audience()
            .bytes()
            .all(|byte| (b'!'..=b'~').contains(&byte))
        {
            return invalid("audience", "must be a URL or an id, without blanks");
        }
        // The function sees the token. What the gateway itself is known by elsewhere must not get there.
        if self.credentials.is_own_identity()
            && let Some(audience) = &self.audience
            && self::origin(audience) != Some(origin)
        {
            return invalid(
                "audience",
                "must be a URL of the same host as url, unless the credentials are a service account's key",
            );
        }
        if self.format.is_legacy() {
            return invalid("format", "must be structured or binary");
        }
        match self.credentials.federation() {
            Some(federation) if federation.impersonation_url.is_none() => invalid(
                "credentials.configuration",
                "must have a service_account_impersonation_url: only service accounts have ID tokens",
            ),
            _ => Ok(()),
        }
    }
}

impl ProviderSettings for GoogleCloudFunction {
    fn title() -> &'static str {
        "Google Cloud function"
    }

    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let url = members.url("url")?;
        let function = Self {
            url: url.into(),
            audience: members.optional("audience")?,
            credentials: GoogleCredentials::decode(members)?,
            format: EventFormat::decode(members)?,
            response: ResponseMode::decode_whole(members)?,
            timeout_seconds: timeout_seconds(members)?,
        };
        function.check()?;
        Ok(function)
    }

    fn secrets_mut(&mut self) -> SecretMembers<'_> {
        self.credentials.secrets_mut()
    }

    fn urls_mut(&mut self) -> Vec<(&'static str, &mut TargetUrl)> {
        vec![("url", &mut self.url)]
    }

    fn destinations(&self) -> Vec<Destination<'_>> {
        vec![Destination::url("url", &self.url)]
    }

    fn check_own_credentials(&self) -> Result<(), ProviderError> {
        self.credentials.check_not_own_identity()
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

/// Scheme, host and port of a URL that tokens may be sent to.
fn origin(url: &str) -> Option<(Scheme, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme()?, uri.authority()?);
    let default_port = if *scheme == Scheme::HTTPS {
        443
    } else if *scheme == Scheme::HTTP && endpoint_url::is_loopback(authority) {
        80
    } else {
        return None;
    };
    let is_server = |authority: &Authority| !authority.host().is_empty() && !authority.as_str().contains('@');
    is_server(authority).then(|| {
        let port = authority.port_u16().unwrap_or(default_port);
        (scheme.clone(), authority.host().to_ascii_lowercase(), port)
    })
}

#[cfg(test)]
mod tests;
