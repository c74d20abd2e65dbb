//! Why a call to a function failed, in classes that answers and retries are decided by.

use std::error::Error;
use std::time::Duration;

use domain::dead_letter::LastResponse;
use domain::retry::FailureClass;

use crate::access_denied::AccessDeniedCode;
use crate::error_chain::ErrorChain;

/// Cause of an [`InvokeError`]; never holds credentials, tokens or the userinfo or query of a URL.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A failed call. The texts are those of logs and of `eventgateway.function.invocationFailed` (docs/contract.md §3.5).
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// AWS Lambda does not accept the credentials (docs/contract.md §3.3).
    #[error("Function access denied. Error: {}", ErrorChain(.source.as_ref()))]
    AccessDenied {
        /// Which of the three codes the client is told about.
        code: AccessDeniedCode,
        /// Whether the same call can only fail again: the function's own credentials do not change by themselves.
        permanent: bool,
        /// What AWS said.
        source: BoxError,
    },
    /// AWS Lambda failed by itself (its `ServiceException`).
    #[error("Function call failed because of provider error. Error: {}", ErrorChain(.source.as_ref()))]
    ProviderFailed {
        /// What AWS said.
        source: BoxError,
    },
    /// The function ran and failed.
    #[error("Function call failed because of runtime error. Error: {detail}")]
    FunctionFailed {
        /// `HTTP status code: <status>`, or the `FunctionError` of Lambda and what its function said.
        detail: String,
        /// What it says about another attempt.
        class: FailureClass,
        /// Time after which to try again, from `Retry-After`.
        retry_after: Option<Duration>,
        /// Status and beginning of the answer.
        response: LastResponse,
    },
    /// A service other than AWS, or its token server, does not accept the credentials of the function.
    #[error("Function access denied. Error: {detail}")]
    CredentialsRefused {
        /// Who refused them, and with which HTTP status code.
        detail: String,
        /// Status and beginning of the answer, without the credentials.
        response: LastResponse,
    },
    /// The call took longer than [`TargetSettings::timeout`](crate::TargetSettings::timeout).
    #[error("Function call failed. Error: no answer within {limit:?}")]
    TimedOut {
        /// The time it had.
        limit: Duration,
    },
    /// The answer is larger than [`TargetSettings::max_response_bytes`](crate::TargetSettings::max_response_bytes).
    #[error("Function call failed. Error: answer is larger than {limit} bytes")]
    ResponseTooLarge {
        /// The size it may have, in bytes.
        limit: usize,
    },
    /// Requests and answers hold as many bytes as they may, so that there is no room for the answer.
    #[error("Function call failed. Error: too many bytes of requests and answers are held at the moment")]
    Overloaded,
    /// AWS asks to be called less often.
    #[error("Function call failed. Error: {}", ErrorChain(.source.as_ref()))]
    Throttled {
        /// Time after which to try again, from `Retry-After`.
        retry_after: Option<Duration>,
        /// What AWS said.
        source: BoxError,
    },
    /// The call did not get through: connection, TLS, DNS, a broken answer, or any other error of AWS.
    #[error("Function call failed. Error: {}", ErrorChain(.source.as_ref()))]
    Unavailable {
        /// Whether the same call can only fail again: a URL of an unknown scheme, an unknown stream.
        permanent: bool,
        /// What went wrong.
        source: BoxError,
    },
}

impl InvokeError {
    /// A failure that may be over at the next try.
    pub(crate) fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable {
            permanent: false,
            source: source.into(),
        }
    }

    /// A failure that every further try would meet.
    pub(crate) fn unusable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable {
            permanent: true,
            source: source.into(),
        }
    }

    /// The code that the client's message names (docs/contract.md §2.6), if it is one of the three special ones.
    pub fn access_denied_code(&self) -> Option<AccessDeniedCode> {
        match self {
            Self::AccessDenied { code, .. } => Some(*code),
            Self::ProviderFailed { .. }
            | Self::FunctionFailed { .. }
            | Self::CredentialsRefused { .. }
            | Self::TimedOut { .. }
            | Self::ResponseTooLarge { .. }
            | Self::Overloaded
            | Self::Throttled { .. }
            | Self::Unavailable { .. } => None,
        }
    }

    /// Whether the gateway, and not the function, is why the call failed: it says nothing about the function.
    pub fn is_overload(&self) -> bool {
        matches!(self, Self::Overloaded)
    }

    /// What it says about another attempt.
    pub fn class(&self) -> FailureClass {
        match self {
            Self::FunctionFailed { class, .. } => *class,
            Self::Throttled { .. } => FailureClass::Throttled,
            Self::CredentialsRefused { .. }
            | Self::ResponseTooLarge { .. }
            | Self::AccessDenied { permanent: true, .. }
            | Self::Unavailable { permanent: true, .. } => FailureClass::Permanent,
            Self::AccessDenied { .. }
            | Self::ProviderFailed { .. }
            | Self::TimedOut { .. }
            | Self::Overloaded
            | Self::Unavailable { .. } => FailureClass::Transient,
        }
    }

    /// Time after which the function, or AWS, asked to be called again; at most [`domain::retry::MOST_DELAY`].
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::FunctionFailed { retry_after, .. } | Self::Throttled { retry_after, .. } => *retry_after,
            Self::AccessDenied { .. }
            | Self::ProviderFailed { .. }
            | Self::CredentialsRefused { .. }
            | Self::TimedOut { .. }
            | Self::ResponseTooLarge { .. }
            | Self::Overloaded
            | Self::Unavailable { .. } => None,
        }
    }

    /// What the function answered, if it did: the status of HTTP and the beginning of the body.
    pub fn last_response(&self) -> Option<LastResponse> {
        match self {
            Self::FunctionFailed { response, .. } | Self::CredentialsRefused { response, .. } => {
                Some(response.clone())
            }
            Self::AccessDenied { .. }
            | Self::ProviderFailed { .. }
            | Self::TimedOut { .. }
            | Self::ResponseTooLarge { .. }
            | Self::Overloaded
            | Self::Throttled { .. }
            | Self::Unavailable { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("client error (Connect)")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("tcp connect error: {0}")]
    struct Inner(#[source] io::Error);

    fn refused() -> BoxError {
        Outer(Inner(io::Error::other("refused"))).into()
    }

    #[test]
    fn texts_and_classes() {
        let code = AccessDeniedCode::ExpiredToken;
        let orig = "client error (Connect): tcp connect error: refused";
        for (error, text, class) in [
            (
                InvokeError::AccessDenied {
                    code,
                    permanent: true,
                    source: refused(),
                },
                format!("Function access denied. Error: {orig}"),
                FailureClass::Permanent,
            ),
            (
                InvokeError::AccessDenied {
                    code,
                    permanent: false,
                    source: refused(),
                },
                format!("Function access denied. Error: {orig}"),
                FailureClass::Transient,
            ),
            (
                InvokeError::ProviderFailed { source: refused() },
                format!("Function call failed because of provider error. Error: {orig}"),
                FailureClass::Transient,
            ),
            (
                InvokeError::FunctionFailed {
                    detail: "HTTP status code: 500".to_owned(),
                    class: FailureClass::Transient,
                    retry_after: None,
                    response: LastResponse {
                        status: Some(500),
                        body: "beginning".to_owned(),
                    },
                },
                "Function call failed because of runtime error. Error: HTTP status code: 500".to_owned(),
                FailureClass::Transient,
            ),
            (
                InvokeError::CredentialsRefused {
                    detail: "HTTP status code: 401".to_owned(),
                    response: LastResponse::new(Some(401), b""),
                },
                "Function access denied. Error: HTTP status code: 401".to_owned(),
                FailureClass::Permanent,
            ),
            (
                InvokeError::TimedOut {
                    limit: Duration::from_secs(5),
                },
                "Function call failed. Error: no answer within 5s".to_owned(),
                FailureClass::Transient,
            ),
            (
                InvokeError::ResponseTooLarge { limit: 7 },
                "Function call failed. Error: answer is larger than 7 bytes".to_owned(),
                FailureClass::Permanent,
            ),
            (
                InvokeError::Overloaded,
                "Function call failed. Error: too many bytes of requests and answers are held at the moment"
                    .to_owned(),
                FailureClass::Transient,
            ),
            (
                InvokeError::Throttled {
                    retry_after: None,
                    source: refused(),
                },
                format!("Function call failed. Error: {orig}"),
                FailureClass::Throttled,
            ),
            (
                InvokeError::unavailable(refused()),
                format!("Function call failed. Error: {orig}"),
                FailureClass::Transient,
            ),
            (
                InvokeError::unusable(refused()),
                format!("Function call failed. Error: {orig}"),
                FailureClass::Permanent,
            ),
        ] {
            assert_eq!((error.to_string(), error.class()), (text, class));
            let denied = matches!(error, InvokeError::AccessDenied { .. });
            assert_eq!(error.access_denied_code(), denied.then_some(code));
        }
    }
}
