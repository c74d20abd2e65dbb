//! AWS Lambda functions (CONTRACT.md §3.3): invoked synchronously, the payload is the result.

use aws_smithy_types::Blob;
use bytes::Bytes;
use domain::resource::LambdaFunction;

use crate::aws::{Aws, Failure};
use crate::error::{AccessDeniedCode, InvokeError};

/// Calls the function with the event.
pub(crate) async fn invoke(aws: &Aws, function: &LambdaFunction, event: Bytes) -> Result<Bytes, InvokeError> {
    let LambdaFunction {
        arn,
        region,
        credentials,
    } = function;
    let client = aws.lambda(region, credentials).await;
    let sent = client
        .invoke()
        .function_name(arn)
        .payload(Blob::new(event))
        .send()
        .await;
    let answer = sent.map_err(|error| classify(Failure::of(error, credentials)))?;
    // The payload describes the failure then, it is not a response object.
    if let Some(detail) = answer.function_error {
        return Err(InvokeError::FunctionFailed { detail });
    }
    Ok(answer
        .payload
        .map(|payload| Bytes::from(payload.into_inner()))
        .unwrap_or_default())
}

/// Tells apart what only Lambda has messages and classes for.
fn classify(failure: Failure) -> InvokeError {
    let Failure::Answer(error) = failure else {
        return failure.into();
    };
    if let Some(code) = AccessDeniedCode::of(error.code()) {
        return InvokeError::AccessDenied {
            code,
            source: error.into(),
        };
    }
    if error.code() == "ServiceException" {
        return InvokeError::ProviderFailed { source: error.into() };
    }
    error.into()
}
