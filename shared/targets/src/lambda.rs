//! AWS Lambda functions (CONTRACT.md §3.3): invoked synchronously, the payload is the result.

use aws_smithy_types::Blob;
use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::resource::LambdaFunction;
use domain::retry::FailureClass;

use crate::access_denied::AccessDeniedCode;
use crate::aws::{Aws, Failure, with_retries};
use crate::call::Call;
use crate::error::InvokeError;

/// Calls the function with the event.
pub(crate) async fn invoke(aws: &Aws, function: &LambdaFunction, call: Call) -> Result<Bytes, InvokeError> {
    let LambdaFunction {
        arn,
        region,
        credentials,
    } = function;
    let client = aws.lambda(region, credentials).await;
    let invoke = client
        .invoke()
        .function_name(arn)
        .payload(Blob::new(call.payload));
    let sent = with_retries!(invoke, aws_sdk_lambda, call.sdk_retries)
        .send()
        .await;
    let answer = sent.map_err(|error| classify(Failure::of(error, credentials)))?;
    let payload = answer
        .payload
        .map(|payload| Bytes::from(payload.into_inner()))
        .unwrap_or_default();
    let Some(detail) = answer.function_error else {
        return Ok(payload);
    };
    // The payload describes the failure then, it is not a response object.
    Err(InvokeError::FunctionFailed {
        detail,
        class: FailureClass::Transient,
        retry_after: None,
        response: LastResponse::new(None, &payload),
    })
}

/// Tells apart what only Lambda has messages and classes for.
fn classify(failure: Failure) -> InvokeError {
    let Failure::Answer(error) = failure else {
        return failure.into();
    };
    if let Some(code) = AccessDeniedCode::of(error.code()) {
        return InvokeError::AccessDenied {
            code,
            permanent: error.class() == FailureClass::Permanent,
            source: error.into(),
        };
    }
    if error.code() == "ServiceException" {
        return InvokeError::ProviderFailed { source: error.into() };
    }
    error.into()
}
