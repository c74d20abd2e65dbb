//! A failure that several calls end with.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::error::{BoxError, InvokeError};

/// A failure to be told to every call that waited.
#[derive(Clone)]
pub(crate) struct SharedFailure(Arc<InvokeError>);

/// The cause of a shared failure.
struct SharedCause(Arc<InvokeError>);

impl From<InvokeError> for SharedFailure {
    fn from(error: InvokeError) -> Self {
        Self(Arc::new(error))
    }
}

impl SharedFailure {
    /// The failure for one of the calls, of the same class and text.
    pub(crate) fn to_error(&self) -> InvokeError {
        let source = || Box::new(SharedCause(Arc::clone(&self.0)));
        match &*self.0 {
            InvokeError::AccessDenied { code, permanent, .. } => InvokeError::AccessDenied {
                code: *code,
                permanent: *permanent,
                source: source(),
            },
            InvokeError::ProviderFailed { .. } => InvokeError::ProviderFailed { source: source() },
            InvokeError::FunctionFailed {
                detail,
                class,
                retry_after,
                response,
            } => InvokeError::FunctionFailed {
                detail: detail.clone(),
                class: *class,
                retry_after: *retry_after,
                response: response.clone(),
            },
            InvokeError::CredentialsRefused { detail, response } => InvokeError::CredentialsRefused {
                detail: detail.clone(),
                response: response.clone(),
            },
            InvokeError::TimedOut { limit } => InvokeError::TimedOut { limit: *limit },
            InvokeError::ResponseTooLarge { limit } => InvokeError::ResponseTooLarge { limit: *limit },
            InvokeError::Overloaded => InvokeError::Overloaded,
            InvokeError::Throttled { retry_after, .. } => InvokeError::Throttled {
                retry_after: *retry_after,
                source: source(),
            },
            InvokeError::Unavailable { permanent, .. } => InvokeError::Unavailable {
                permanent: *permanent,
                source: source(),
            },
        }
    }
}

impl SharedCause {
    fn cause(&self) -> &(dyn Error + 'static) {
        let failure: &InvokeError = &self.0;
        failure.source().unwrap_or(failure)
    }
}

/// The cause of a failure itself, where several calls share it.
pub(crate) fn unshared(cause: &BoxError) -> &BoxError {
    let shared = cause.downcast_ref::<SharedCause>();
    match shared.map(|SharedCause(error)| &**error) {
        Some(
            InvokeError::AccessDenied { source, .. }
            | InvokeError::ProviderFailed { source }
            | InvokeError::Throttled { source, .. }
            | InvokeError::Unavailable { source, .. },
        ) => source,
        _ => cause,
    }
}

impl fmt::Display for SharedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.cause(), f)
    }
}

impl fmt::Debug for SharedCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.cause(), f)
    }
}

impl Error for SharedCause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause().source()
    }
}
