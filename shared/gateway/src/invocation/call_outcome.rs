//! What a call counts as.

use domain::retry::FailureClass;
use targets::{FunctionAnswer, InvokeError};

use crate::metrics::CallOutcome;

/// What a call counts as that was answered, or failed.
pub(super) fn outcome(answered: &Result<FunctionAnswer, InvokeError>) -> CallOutcome {
    match answered {
        Ok(answer) => match &answer.rejection {
            Some(rejection) => of_class(rejection.class),
            // The caller gets it as it is; it is a failure all the same.
            None if answer.failure().is_some() => CallOutcome::Failed,
            None => CallOutcome::Success,
        },
        Err(InvokeError::FunctionFailed { class, .. }) => match of_class(*class) {
            CallOutcome::Rejected => CallOutcome::Failed,
            other => other,
        },
        Err(InvokeError::ProviderFailed { .. }) => CallOutcome::Failed,
        Err(InvokeError::Throttled { .. }) => CallOutcome::Throttled,
        Err(InvokeError::TimedOut { .. }) => CallOutcome::TimedOut,
        Err(InvokeError::Unavailable { .. }) => CallOutcome::Unavailable,
        Err(InvokeError::AccessDenied { .. } | InvokeError::CredentialsRefused { .. }) => {
            CallOutcome::AccessDenied
        }
        Err(InvokeError::ResponseTooLarge { .. }) => CallOutcome::TooLarge,
        Err(InvokeError::Overloaded) => CallOutcome::Overloaded,
    }
}

fn of_class(class: FailureClass) -> CallOutcome {
    match class {
        FailureClass::Permanent => CallOutcome::Rejected,
        FailureClass::Transient => CallOutcome::Failed,
        FailureClass::Throttled => CallOutcome::Throttled,
        FailureClass::Gone => CallOutcome::Gone,
    }
}
