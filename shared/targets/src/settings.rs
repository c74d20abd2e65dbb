//! Limits of calls to functions and where AWS is.

use std::time::Duration;

use url::Url;

/// What bounds a call to a function, and where AWS is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSettings {
    /// Longest time that a call may take as a whole: connecting, redirects, retries and the last byte of the answer
    /// included (CONTRACT.md Q51).
    pub timeout: Duration,
    /// Most bytes that a function may answer, counted after decompression.
    pub max_response_bytes: usize,
    /// Where to send AWS calls instead of to AWS; `None` leaves it to the AWS SDK, which heeds `AWS_ENDPOINT_URL`.
    pub aws_endpoint_url: Option<String>,
}

impl Default for TargetSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            max_response_bytes: 10 * 1024 * 1024,
            aws_endpoint_url: None,
        }
    }
}

impl TargetSettings {
    /// Checks what would otherwise fail at the first call only.
    pub(crate) fn validate(&self) -> Result<(), TargetSettingsError> {
        if self.timeout.is_zero() {
            return Err(TargetSettingsError::ZeroTimeout);
        }
        let Some(endpoint) = &self.aws_endpoint_url else {
            return Ok(());
        };
        let url = Url::parse(endpoint).map_err(TargetSettingsError::AwsEndpointUrl)?;
        let usable = matches!(url.scheme(), "http" | "https");
        usable.then_some(()).ok_or(TargetSettingsError::AwsEndpointScheme)
    }
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
    }
}
