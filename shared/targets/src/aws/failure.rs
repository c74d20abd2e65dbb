//! Reads errors of the AWS SDKs by their code, and keeps out of them what is secret.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::retry::FailureClass;

use super::class::{self, Signs};
use super::identity::AwsIdentity;
use crate::error::{BoxError, InvokeError};
use crate::retry_after;

const MASK: &str = "*****";

/// A failed call of an AWS API. Clones stand for the same failure: that of a request which several events went with.
#[derive(Debug, Clone)]
pub(crate) enum AwsFailure {
    /// AWS answered with an error.
    Answer(AwsError),
    /// There was no usable answer.
    Other {
        /// Whether the same call can only fail again.
        permanent: bool,
        /// What went wrong.
        source: Arc<dyn Error + Send + Sync>,
    },
}

/// An error that AWS answered with. It stands in for the SDK's error, which holds the whole response, and AWS repeats
/// the signed headers, session token included, to those who sign wrongly.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) struct AwsError {
    code: String,
    message: String,
    /// HTTP status; none of an entry of a batch, the others of which may have been taken.
    status: Option<u16>,
    /// Whether AWS says that the sender is at fault, where there is no status to tell.
    sender_fault: bool,
    /// From `Retry-After`.
    retry_after: Option<Duration>,
    /// Whether the call was made with credentials of the function.
    own_credentials: bool,
    /// Whether it is STS that answered, so that the call itself was not made.
    of_role: bool,
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
        match status {
            Some(status) => write!(f, " (status code {status})"),
            None => f.write_str(" (entry of a batch)"),
        }
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
            status: self.status.unwrap_or(if self.sender_fault { 400 } else { 500 }),
            retry_after: self.retry_after,
            own_credentials: self.own_credentials,
        })
    }

    /// Whether the credentials lack a permission.
    pub(crate) fn is_access_denied(&self) -> bool {
        self.code.contains("AccessDenied") || self.code.starts_with("AuthorizationError")
    }

    /// The refusal to let the role be assumed: what fails is the call that was to be made as this role. It has the
    /// codes of the JSON protocols, which STS spells differently.
    pub(super) fn of_role(self) -> Self {
        let code = match &*self.code {
            "AccessDenied" => "AccessDeniedException",
            "ExpiredToken" => "ExpiredTokenException",
            "InvalidClientTokenId" => "UnrecognizedClientException",
            other => other,
        };
        Self {
            code: code.to_owned(),
            message: format!("the role cannot be assumed: {}", self.message),
            of_role: true,
            ..self
        }
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

impl From<AwsFailure> for InvokeError {
    fn from(failure: AwsFailure) -> Self {
        match failure {
            AwsFailure::Answer(error) => error.into(),
            AwsFailure::Other { permanent, source } => Self::Unavailable {
                permanent,
                source: Box::new(source),
            },
        }
    }
}

/// What a service says of one entry of a batch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryError<'a> {
    pub(crate) code: Option<&'a str>,
    pub(crate) message: Option<&'a str>,
    /// Whether the entry itself is at fault.
    pub(crate) sender_fault: bool,
}

impl AwsFailure {
    /// A failure that may be over at the next try.
    pub(crate) fn passing(cause: &'static str) -> Self {
        Self::Other {
            permanent: false,
            source: Arc::from(BoxError::from(cause)),
        }
    }

    /// A failure that every further try would meet.
    pub(crate) fn lasting(cause: impl Into<BoxError>) -> Self {
        Self::Other {
            permanent: true,
            source: Arc::from(cause.into()),
        }
    }

    /// Whether there was no role to make the call as, whatever it would have sent.
    pub(crate) fn is_of_role(&self) -> bool {
        matches!(self, Self::Answer(AwsError { of_role: true, .. }))
    }

    /// What it says about another attempt.
    pub(crate) fn class(&self) -> FailureClass {
        match self {
            Self::Answer(error) => error.class(),
            Self::Other { permanent: true, .. } => FailureClass::Permanent,
            Self::Other { permanent: false, .. } => FailureClass::Transient,
        }
    }

    /// Reads the error of one entry of a batch that was sent with these credentials.
    pub(crate) fn of_entry(entry: EntryError<'_>, identity: &AwsIdentity) -> Self {
        Self::Answer(AwsError {
            code: entry.code.unwrap_or_default().to_owned(),
            message: redacted(entry.message, identity),
            status: None,
            sender_fault: entry.sender_fault,
            retry_after: None,
            own_credentials: identity.is_fixed(),
            of_role: false,
        })
    }

    /// Reads an error of a call that was made as this identity.
    pub(crate) fn of<E>(error: SdkError<E, HttpResponse>, identity: &AwsIdentity) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        Self::read(error, identity, identity.is_fixed())
    }

    /// Reads an error of a call that was made with the keys of this identity, without its role.
    pub(super) fn of_source<E>(error: SdkError<E, HttpResponse>, identity: &AwsIdentity) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        Self::read(error, identity, identity.is_static())
    }

    fn read<E>(error: SdkError<E, HttpResponse>, identity: &AwsIdentity, own_credentials: bool) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(answer) => {
                let retry_after = answer.raw().headers().get("retry-after");
                Self::Answer(AwsError {
                    code: answer.err().code().unwrap_or_default().to_owned(),
                    message: redacted(answer.err().message(), identity),
                    status: Some(answer.raw().status().as_u16()),
                    sender_fault: false,
                    retry_after: retry_after.and_then(|value| retry_after::parse(value, SystemTime::now())),
                    own_credentials,
                    of_role: false,
                })
            }
            // Built from the function's settings, so that the next try builds the same.
            SdkError::ConstructionFailure(_) => Self::lasting(cause(error)),
            error => match refused_role(&error) {
                Some(refusal) => Self::Answer(refusal.clone()),
                None => Self::Other {
                    permanent: false,
                    source: Arc::from(cause(error)),
                },
            },
        }
    }
}

/// The answer of STS, if a call was not made because there were no credentials for it.
fn refused_role<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e AwsError> {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.find_map(|cause| cause.downcast_ref::<AwsError>())
}

/// The cause alone: the SDK's error around it shows the raw response.
fn cause<E>(error: SdkError<E, HttpResponse>) -> BoxError
where
    E: Error + Send + Sync + 'static,
{
    error.into_source().unwrap_or_else(|_| "AWS call failed".into())
}

/// The first line of a message without the credentials. What follows it repeats the signed request. Codes are left as
/// they are: decisions hang on them, and an external id may be as short as a part of one.
fn redacted(message: Option<&str>, identity: &AwsIdentity) -> String {
    let text = message
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned();
    identity
        .secrets()
        .fold(text, |text, secret| text.replace(secret, MASK))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, status: u16, retry_after: Option<Duration>) -> InvokeError {
        AwsError {
            code: code.to_owned(),
            message: "m".to_owned(),
            status: Some(status),
            sender_fault: false,
            retry_after,
            own_credentials: true,
            of_role: false,
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
        let credentials = AwsIdentity {
            access_key_id: "AKID".to_owned(),
            secret_access_key: "SECRET".to_owned(),
            ..AwsIdentity::default()
        };
        assert_eq!(
            redacted(Some("key AKID of SECRET\n\nx-amz-security-token:T"), &credentials),
            "key ***** of *****"
        );
        assert_eq!(redacted(None, &credentials), "");
    }

    #[test]
    fn codes_stay_whole() {
        let identity = AwsIdentity {
            external_id: "on".to_owned(),
            ..AwsIdentity::default()
        };
        let entry = EntryError {
            code: Some("ThrottlingException"),
            message: Some("one"),
            sender_fault: true,
        };
        let AwsFailure::Answer(error) = AwsFailure::of_entry(entry, &identity) else {
            panic!("not the answer of AWS");
        };
        assert_eq!(
            (error.class(), &*error.to_string()),
            (
                FailureClass::Throttled,
                "ThrottlingException: *****e (entry of a batch)"
            )
        );
    }
}
