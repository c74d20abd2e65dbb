//! Reads errors of the AWS SDKs by their code, and keeps out of them what is secret.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::resource::AwsCredentials;

use crate::error::InvokeError;

/// Codes that ask for fewer calls beside those with `Throttl` in them.
const THROTTLES: [&str; 5] = [
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
];
/// Client errors that may be over at the next try.
const PASSING_STATUSES: [u16; 4] = [408, 409, 425, 429];
const MASK: &str = "*****";

/// A failed call of an AWS API.
pub(crate) enum Failure {
    /// AWS answered with an error.
    Answer(AwsError),
    /// There was no usable answer.
    Other(InvokeError),
}

/// An error that AWS answered with. It stands in for the SDK's error, which holds the whole response, and AWS repeats
/// the signed headers, session token included, to those who sign wrongly.
#[derive(Debug, thiserror::Error)]
pub(crate) struct AwsError {
    code: String,
    message: String,
    status: u16,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            message,
            status,
        } = self;
        let code = if code.is_empty() {
            "unknown AWS error"
        } else {
            code
        };
        f.write_str(code)?;
        if !message.is_empty() {
            write!(f, ": {message}")?;
        }
        write!(f, " (status code {status})")
    }
}

impl AwsError {
    /// The error code.
    pub(crate) fn code(&self) -> &str {
        &self.code
    }

    fn is_throttle(&self) -> bool {
        self.code.contains("Throttl") || THROTTLES.contains(&self.code.as_str()) || self.status == 429
    }
}

impl From<AwsError> for InvokeError {
    fn from(error: AwsError) -> Self {
        if error.is_throttle() {
            return Self::Throttled { source: error.into() };
        }
        let permanent = (400..500).contains(&error.status) && !PASSING_STATUSES.contains(&error.status);
        Self::Unavailable {
            permanent,
            source: error.into(),
        }
    }
}

impl From<Failure> for InvokeError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Answer(error) => error.into(),
            Failure::Other(error) => error,
        }
    }
}

impl Failure {
    /// Reads an error of a call that was made with these credentials.
    pub(crate) fn of<E>(error: SdkError<E, HttpResponse>, credentials: &AwsCredentials) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let text = |text: Option<&str>| redacted(text.unwrap_or_default(), credentials);
                Self::Answer(AwsError {
                    code: text(answer.err().code()),
                    message: text(answer.err().message()),
                    status: answer.raw().status().as_u16(),
                })
            }
            // Built from the function's settings, so that the next try builds the same.
            SdkError::ConstructionFailure(_) => Self::Other(InvokeError::unusable(cause(error))),
            _ => Self::Other(InvokeError::unavailable(cause(error))),
        }
    }
}

/// The cause alone: the SDK's error around it shows the raw response.
fn cause<E>(error: SdkError<E, HttpResponse>) -> crate::error::BoxError
where
    E: std::error::Error + Send + Sync + 'static,
{
    error.into_source().unwrap_or_else(|_| "AWS call failed".into())
}

/// The first line without the credentials. What follows it repeats the signed request.
fn redacted(text: &str, credentials: &AwsCredentials) -> String {
    let AwsCredentials {
        aws_access_key_id,
        aws_secret_access_key,
        aws_session_token,
    } = credentials;
    [aws_access_key_id, aws_secret_access_key, aws_session_token]
        .into_iter()
        .filter(|secret| !secret.is_empty())
        .fold(
            text.lines().next().unwrap_or_default().to_owned(),
            |text, secret| text.replace(secret, MASK),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, status: u16) -> InvokeError {
        AwsError {
            code: code.to_owned(),
            message: "m".to_owned(),
            status,
        }
        .into()
    }

    #[test]
    fn classes() {
        for (code, status, throttled, retryable) in [
            ("ThrottlingException", 400, true, true),
            ("KMSThrottlingException", 400, true, true),
            ("ProvisionedThroughputExceededException", 400, true, true),
            ("TooManyRequestsException", 429, true, true),
            ("Anything", 429, true, true),
            ("ServiceUnavailableException", 503, false, true),
            ("ResourceConflictException", 409, false, true),
            ("ResourceNotFoundException", 404, false, false),
            ("ValidationException", 400, false, false),
            ("", 500, false, true),
        ] {
            let error = error(code, status);
            let got = (
                matches!(error, InvokeError::Throttled { .. }),
                error.is_retryable(),
            );
            assert_eq!(got, (throttled, retryable), "{code} {status}");
        }
        assert_eq!(
            error("C", 400).to_string(),
            "Function call failed. Error: C: m (status code 400)"
        );
        assert_eq!(
            error("", 500).to_string(),
            "Function call failed. Error: unknown AWS error: m (status code 500)"
        );
    }

    #[test]
    fn messages_lose_what_is_secret() {
        let credentials = AwsCredentials {
            aws_access_key_id: "AKID".to_owned(),
            aws_secret_access_key: "SECRET".to_owned(),
            aws_session_token: String::new(),
        };
        assert_eq!(
            redacted("key AKID of SECRET\n\nx-amz-security-token:T", &credentials),
            "key ***** of *****"
        );
        assert_eq!(redacted("", &credentials), "");
    }
}
