//! Limits of calls to functions and where AWS is.

use std::time::Duration;

use http::uri::Authority;
use url::Url;

use crate::in_flight::BytesInFlight;
use crate::jwt::KeySetSettings;
use crate::network_guard::NetworkGuard;
use crate::own_api::OwnConfigApi;
use crate::secrets::SecretSettings;

/// What bounds a call to a function, and where AWS is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSettings {
    /// Longest time that a call may take as a whole: connecting, redirects, retries and the last byte of the answer
    /// included (docs/contract.md Q51).
    pub timeout: Duration,
    /// Most bytes that a function may answer, counted after decompression.
    pub max_response_bytes: usize,
    /// The budget of bytes for answers of functions while they are read and held.
    pub in_flight: BytesInFlight,
    /// Longest time between two pieces of an answer that is passed on while it comes in; zero is no limit.
    pub stream_idle_timeout: Duration,
    /// Longest time that such an answer may take after its head; zero is no limit.
    pub stream_timeout: Duration,
    /// Where to send AWS calls instead of to AWS; `None` leaves it to the AWS SDK, which heeds `AWS_ENDPOINT_URL`.
    pub aws_endpoint_url: Option<String>,
    /// Host, and port if it is not 80, of Google's metadata server; `None` is the one of Google's machines.
    pub google_metadata_host: Option<String>,
    /// Where to send calls of Google's own APIs (token exchange, IAM credentials, Pub/Sub) instead of to Google.
    pub google_endpoint_url: Option<String>,
    /// Whether functions behind https are called over HTTP/2 where they pick it.
    pub http2: bool,
    /// Which addresses functions may have; `None` lets them have any.
    pub guard: Option<NetworkGuard>,
    /// The Configuration API of this process, where no function may be, guard or not.
    pub own_config_api: OwnConfigApi,
    /// Whether functions without credentials of their own are called with the gateway's: the default chain of AWS, with a
    /// role or without, Google's metadata server, workload identity. Calls of such functions fail otherwise.
    pub lends_identity: bool,
    /// Which secrets functions may refer to.
    pub secrets: SecretSettings,
    /// How the keys of JWT authorizers are fetched and kept.
    pub key_sets: KeySetSettings,
    /// How many names of hosts are looked up at a time.
    pub lookups: LookupLimits,
}

/// How many names of hosts are looked up at a time. Each lookup takes a thread until a name server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookupLimits {
    /// For all functions together.
    pub at_once: usize,
    /// For the functions of one space.
    pub per_space: usize,
}

impl Default for LookupLimits {
    fn default() -> Self {
        Self {
            at_once: 256,
            per_space: 8,
        }
    }
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            max_response_bytes: 10 * 1024 * 1024,
            in_flight: BytesInFlight::default(),
            stream_idle_timeout: Duration::from_mins(1),
            stream_timeout: Duration::from_hours(1),
            aws_endpoint_url: None,
            google_metadata_host: None,
            google_endpoint_url: None,
            http2: true,
            guard: None,
            own_config_api: OwnConfigApi::default(),
            lends_identity: true,
            secrets: SecretSettings::default(),
            key_sets: KeySetSettings::default(),
            lookups: LookupLimits::default(),
        }
    }
}

impl TargetSettings {
    /// Checks what would otherwise fail at the first call only.
    pub fn validate(&self) -> Result<(), TargetSettingsError> {
        if self.timeout.is_zero() {
            return Err(TargetSettingsError::ZeroTimeout);
        }
        if let Some(endpoint) = &self.aws_endpoint_url {
            let url = Url::parse(endpoint).map_err(TargetSettingsError::AwsEndpointUrl)?;
            if !is_http(&url) {
                return Err(TargetSettingsError::AwsEndpointScheme);
            }
        }
        if let Some(endpoint) = &self.google_endpoint_url {
            let url = Url::parse(endpoint).ok().filter(is_http);
            let is_base = url.is_some_and(|url| url.query().is_none() && url.fragment().is_none());
            if !is_base {
                return Err(TargetSettingsError::GoogleEndpointUrl);
            }
        }
        let is_host = |host: &String| {
            host.parse::<Authority>()
                .is_ok_and(|authority| !authority.host().is_empty() && !host.contains('@'))
        };
        if !self.google_metadata_host.iter().all(is_host) {
            return Err(TargetSettingsError::GoogleMetadataHost);
        }
        Ok(())
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Settings that no call could be made with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetSettingsError {
    /// The timeout is zero.
    #[error("the timeout of function calls must be longer than zero")]
    ZeroTimeout,
    /// The AWS endpoint is not a URL.
    #[error("the AWS endpoint is not a URL")]
    AwsEndpointUrl(#[source] url::ParseError),
    /// The AWS endpoint is a URL of another scheme than http and https.
    #[error("the AWS endpoint must be an http or https URL")]
    AwsEndpointScheme,
    /// The place of Google's APIs is no http or https URL, or one with a query.
    #[error("the endpoint of Google's APIs must be an http or https URL without query")]
    GoogleEndpointUrl,
    /// Google's metadata server has no place.
    #[error("the metadata server of Google must be a host, with or without a port")]
    GoogleMetadataHost,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusable_settings_are_refused() {
        let with_endpoint = |url: &str| TargetSettings {
            aws_endpoint_url: Some(url.to_owned()),
            ..TargetSettings::default()
        };
        let zero = TargetSettings {
            timeout: Duration::ZERO,
            ..TargetSettings::default()
        };
        assert_eq!(zero.validate(), Err(TargetSettingsError::ZeroTimeout));
        assert!(matches!(
            with_endpoint("localhost").validate(),
            Err(TargetSettingsError::AwsEndpointUrl(_))
        ));
        assert_eq!(
            with_endpoint("ftp://aws").validate(),
            Err(TargetSettingsError::AwsEndpointScheme)
        );
        assert_eq!(with_endpoint("http://127.0.0.1:4566").validate(), Ok(()));
        assert_eq!(TargetSettings::default().validate(), Ok(()));
        for (host, ok) in [
            ("127.0.0.1:8080", true),
            ("[::1]:1", true),
            ("metadata.example", true),
            ("http://metadata.example", false),
            ("metadata.example/x", false),
            ("u@metadata.example", false),
            ("", false),
        ] {
            let settings = TargetSettings {
                google_metadata_host: Some(host.to_owned()),
                ..TargetSettings::default()
            };
            let want = if ok {
                Ok(())
            } else {
                Err(TargetSettingsError::GoogleMetadataHost)
            };
            assert_eq!(settings.validate(), want, "{host}");
        }
        for (url, ok) in [
            ("http://127.0.0.1:1", true),
            ("https://google.example/base/", true),
            ("localhost", false),
            ("ftp://google.example", false),
            ("https://google.example?x", false),
        ] {
            let settings = TargetSettings {
                google_endpoint_url: Some(url.to_owned()),
                ..TargetSettings::default()
            };
            assert_eq!(settings.validate().is_ok(), ok, "{url}");
        }
    }
}
