//! Calls that were refused for their credentials: what was kept of those is dropped, and where the next attempt reads
//! them anew the call may be tried again.

use domain::resource::{Provider, Secret};
use domain::retry::FailureClass;
use tokio::time::Instant;

use super::Secrets;
use crate::answer::FunctionAnswer;
use crate::aws::AwsError;
use crate::error::InvokeError;
use crate::{google, http, oauth2};

/// Codes of AWS for credentials that it does not take, whatever their status.
const REFUSED: [&str; 9] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

impl Secrets {
    /// Looks at how a call ended. Nothing changes unless it was refused and has secrets that are read from elsewhere.
    pub(crate) fn after(
        &self,
        provider: &Provider,
        call_began: Option<Instant>,
        result: Result<FunctionAnswer, InvokeError>,
    ) -> Result<FunctionAnswer, InvokeError> {
        if !is_refusal(&result) {
            return result;
        }
        // A copy, because there is no other way to all secrets; calls are seldom refused.
        let mut provider = provider.clone();
        let began = call_began.unwrap_or_else(Instant::now);
        let mut may_do_better = false;
        for (_, secret) in provider.secrets_mut() {
            if matches!(secret, Secret::Reference(_)) {
                may_do_better |= self.forget(secret, began);
            }
        }
        if may_do_better { retryable(result) } else { result }
    }
}

fn is_refusal(result: &Result<FunctionAnswer, InvokeError>) -> bool {
    match result {
        Ok(answer) => matches!(answer.status, Some(401 | 403)),
        Err(InvokeError::AccessDenied { .. } | InvokeError::CredentialsRefused { .. }) => true,
        Err(InvokeError::FunctionFailed { response, .. }) => matches!(response.status, Some(401 | 403)),
        Err(InvokeError::Unavailable { source, .. }) => {
            let aws = source.downcast_ref::<AwsError>();
            aws.is_some_and(|error| REFUSED.contains(&error.code()))
                || oauth2::is_refusal(source)
                || google::is_refusal(source)
                || google::cloud_function::is_denial(source)
                || http::is_unfit_key(source)
        }
        Err(
            InvokeError::ProviderFailed { .. }
            | InvokeError::TimedOut { .. }
            | InvokeError::ResponseTooLarge { .. }
            | InvokeError::Overloaded
            | InvokeError::Throttled { .. },
        ) => false,
    }
}

fn retryable(result: Result<FunctionAnswer, InvokeError>) -> Result<FunctionAnswer, InvokeError> {
    match result {
        Ok(mut answer) => {
            if let Some(rejection) = &mut answer.rejection {
                rejection.class = FailureClass::Transient;
            }
            Ok(answer)
        }
        Err(InvokeError::AccessDenied { code, source, .. }) => Err(InvokeError::AccessDenied {
            code,
            permanent: false,
            source,
        }),
        Err(InvokeError::CredentialsRefused { detail, response }) => Err(InvokeError::FunctionFailed {
            detail,
            class: FailureClass::Transient,
            retry_after: None,
            response,
        }),
        Err(InvokeError::Unavailable { source, .. }) => Err(InvokeError::unavailable(source)),
        Err(InvokeError::FunctionFailed {
            detail,
            retry_after,
            response,
            ..
        }) => Err(InvokeError::FunctionFailed {
            detail,
            class: FailureClass::Transient,
            retry_after,
            response,
        }),
        Err(other) => Err(other),
    }
}
