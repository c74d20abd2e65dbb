//! Why a call to a function failed, in classes that answers and retries are decided by.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// Cause of an [`InvokeError`]; never holds credentials, tokens or the userinfo or query of a URL.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// A failed call. The texts are those of logs and of `eventgateway.function.invocationFailed` (CONTRACT.md §3.5).
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// AWS Lambda does not accept the credentials (CONTRACT.md §3.3).
    #[error("Function access denied. Error: {}", Causes(.source.as_ref()))]
    AccessDenied {
        /// Which of the three codes the client is told about.
        code: AccessDeniedCode,
        /// What AWS said.
        source: BoxError,
    },
    /// AWS Lambda failed by itself (its `ServiceException`).
    #[error("Function call failed because of provider error. Error: {}", Causes(.source.as_ref()))]
    ProviderFailed {
        /// What AWS said.
        source: BoxError,
    },
    /// The function ran and failed.
    #[error("Function call failed because of runtime error. Error: {detail}")]
    FunctionFailed {
        /// `HTTP status code: <status>`, or the `FunctionError` of Lambda.
        detail: String,
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
    /// AWS asks to be called less often.
    #[error("Function call failed. Error: {}", Causes(.source.as_ref()))]
    Throttled {
        /// What AWS said.
        source: BoxError,
    },
    /// The call did not get through: connection, TLS, DNS, a broken answer, or any other error of AWS.
    #[error("Function call failed. Error: {}", Causes(.source.as_ref()))]
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

    /// The code that the client's message names (CONTRACT.md §2.6), if it is one of the three special ones.
    pub fn access_denied_code(&self) -> Option<AccessDeniedCode> {
        match self {
            Self::AccessDenied { code, .. } => Some(*code),
            Self::ProviderFailed { .. }
            | Self::FunctionFailed { .. }
            | Self::TimedOut { .. }
            | Self::ResponseTooLarge { .. }
            | Self::Throttled { .. }
            | Self::Unavailable { .. } => None,
        }
    }

    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::AccessDenied { .. } | Self::ResponseTooLarge { .. } => false,
            Self::Unavailable { permanent, .. } => !permanent,
            Self::ProviderFailed { .. }
            | Self::FunctionFailed { .. }
            | Self::TimedOut { .. }
            | Self::Throttled { .. } => true,
        }
    }
}

/// Codes of AWS Lambda that the client gets a message of its own for (CONTRACT.md §2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessDeniedCode {
    /// The credentials lack the permission to invoke the function.
    AccessDenied,
    /// The session token has expired.
    ExpiredToken,
    /// AWS does not know the credentials.
    UnrecognizedClient,
}

impl AccessDeniedCode {
    /// The code as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDeniedException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
        }
    }

    /// The code of that spelling.
    pub(crate) fn of(code: &str) -> Option<Self> {
        [Self::AccessDenied, Self::ExpiredToken, Self::UnrecognizedClient]
            .into_iter()
            .find(|known| known.as_str() == code)
    }
}

/// Shows an error with its causes: "client error" alone says nothing, the refused connection beneath it does.
struct Causes<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.to_string();
        f.write_str(&shown)?;
        for cause in std::iter::successors(self.0.source(), |&cause| cause.source()) {
            let text = cause.to_string();
            // Some errors already end with the text of their cause.
            if !shown.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            shown = text;
        }
        Ok(())
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
    fn texts_and_retries() {
        let code = AccessDeniedCode::ExpiredToken;
        let orig = "client error (Connect): tcp connect error: refused";
        for (error, text, retryable) in [
            (
                InvokeError::AccessDenied {
                    code,
                    source: refused(),
                },
                format!("Function access denied. Error: {orig}"),
                false,
            ),
            (
                InvokeError::ProviderFailed { source: refused() },
                format!("Function call failed because of provider error. Error: {orig}"),
                true,
            ),
            (
                InvokeError::FunctionFailed {
                    detail: "HTTP status code: 500".to_owned(),
                },
                "Function call failed because of runtime error. Error: HTTP status code: 500".to_owned(),
                true,
            ),
            (
                InvokeError::TimedOut {
                    limit: Duration::from_secs(5),
                },
                "Function call failed. Error: no answer within 5s".to_owned(),
                true,
            ),
            (
                InvokeError::ResponseTooLarge { limit: 7 },
                "Function call failed. Error: answer is larger than 7 bytes".to_owned(),
                false,
            ),
            (
                InvokeError::Throttled { source: refused() },
                format!("Function call failed. Error: {orig}"),
                true,
            ),
            (
                InvokeError::unavailable(refused()),
                format!("Function call failed. Error: {orig}"),
                true,
            ),
            (
                InvokeError::unusable(refused()),
                format!("Function call failed. Error: {orig}"),
                false,
            ),
        ] {
            assert_eq!((error.to_string(), error.is_retryable()), (text, retryable));
            let denied = matches!(error, InvokeError::AccessDenied { .. });
            assert_eq!(error.access_denied_code(), denied.then_some(code));
        }
    }

    #[test]
    fn codes() {
        for code in [
            "AccessDeniedException",
            "ExpiredTokenException",
            "UnrecognizedClientException",
        ] {
            assert_eq!(AccessDeniedCode::of(code).unwrap().as_str(), code);
        }
        assert_eq!(AccessDeniedCode::of("AccessDenied"), None);
    }
}
