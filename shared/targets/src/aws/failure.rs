//! Reads errors of the AWS SDKs by their code, and keeps out of them what is secret.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::resource::AwsCredentials;
use domain::retry::FailureClass;

use super::class::{self, Signs};
use super::clients::is_static;
use crate::error::InvokeError;
use crate::retry_after;

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
    /// From `Retry-After`.
    retry_after: Option<Duration>,
    /// Whether the call was made with credentials of the function.
    own_credentials: bool,
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            message,
            status,
            ..
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

    /// What it says about another attempt.
    pub(crate) fn class(&self) -> FailureClass {
        class::of(Signs {
            code: &self.code,
            status: self.status,
            retry_after: self.retry_after,
            own_credentials: self.own_credentials,
        })
    }
}

impl From<AwsError> for InvokeError {
    fn from(error: AwsError) -> Self {
        let class = error.class();
        if class == FailureClass::Throttled {
            return Self::Throttled {
                retry_after: error.retry_after,
                source: error.into(),
            };
        }
        Self::Unavailable {
            permanent: class != FailureClass::Transient,
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
                let retry_after = answer.raw().headers().get("retry-after");
                Self::Answer(AwsError {
                    code: text(answer.err().code()),
                    message: text(answer.err().message()),
                    status: answer.raw().status().as_u16(),
                    retry_after: retry_after.and_then(|value| retry_after::parse(value, SystemTime::now())),
                    own_credentials: is_static(credentials),
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

    fn error(code: &str, status: u16, retry_after: Option<Duration>) -> InvokeError {
        AwsError {
            code: code.to_owned(),
            message: "m".to_owned(),
            status,
            retry_after,
            own_credentials: true,
        }
        .into()
    }

    #[test]
    fn variants_and_texts() {
        let second = Some(Duration::from_secs(1));
        for (code, status, retry_after, class, text) in [
            ("C", 400, None, FailureClass::Permanent, "C: m (status code 400)"),
            (
                "",
                500,
                None,
                FailureClass::Transient,
                "unknown AWS error: m (status code 500)",
            ),
            (
                "SlowDown",
                503,
                second,
                FailureClass::Throttled,
                "SlowDown: m (status code 503)",
            ),
        ] {
            let error = error(code, status, retry_after);
            assert_eq!((error.class(), error.retry_after()), (class, retry_after));
            assert_eq!(error.to_string(), format!("Function call failed. Error: {text}"));
        }
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
