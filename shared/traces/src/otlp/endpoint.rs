//! The base URL of what takes spans.

use std::str::FromStr;

use http::Uri;
use http::uri::Scheme;

/// Where traces are taken, below the base.
const TRACES: &str = "/v1/traces";

/// What takes spans, by its base URL: `http://localhost:4318`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpEndpoint(Uri);

/// A text that is no such URL. It is not shown: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an http or https URL without user, password and query, such as http://localhost:4318")]
pub struct OtlpEndpointError;

impl OtlpEndpoint {
    /// The URL that traces are sent to.
    pub(crate) fn traces(&self) -> &Uri {
        &self.0
    }

    /// Whether it takes TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }
}

impl FromStr for OtlpEndpoint {
    type Err = OtlpEndpointError;

    fn from_str(text: &str) -> Result<Self, OtlpEndpointError> {
        let base: Uri = text.trim().parse().map_err(|_| OtlpEndpointError)?;
        let authority = base.authority().ok_or(OtlpEndpointError)?;
        let scheme = base.scheme_str();
        if !matches!(scheme, Some("http" | "https"))
            || authority.as_str().contains('@')
            || base.query().is_some()
        {
            return Err(OtlpEndpointError);
        }
        let path = base.path().trim_end_matches('/');
        let traces = format!("{}://{authority}{path}{TRACES}", scheme.unwrap_or_default());
        traces.parse().map(Self).map_err(|_| OtlpEndpointError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_have_a_path_below_the_base() {
        for (text, want) in [
            ("http://localhost:4318", "http://localhost:4318/v1/traces"),
            ("https://otlp.example/", "https://otlp.example/v1/traces"),
            (
                "https://otlp.example/api/otlp/",
                "https://otlp.example/api/otlp/v1/traces",
            ),
        ] {
            let endpoint: OtlpEndpoint = text.parse().unwrap();
            assert_eq!(endpoint.traces().to_string(), want);
            assert_eq!(endpoint.is_encrypted(), text.starts_with("https"));
        }
        for text in [
            "",
            "localhost:4318",
            "/v1/traces",
            "grpc://localhost:4317",
            "http://user:s3cret@localhost:4318",
            "http://localhost:4318?key=s3cret",
        ] {
            let error = text.parse::<OtlpEndpoint>().unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{text}");
        }
    }
}
