//! AWS Lambda functions (docs/contract.md §3.3): waited for, when the payload is the result, or left to Lambda's own queue.

use aws_smithy_types::Blob;
use bytes::Bytes;
use domain::resource::{InvocationType, LambdaFunction, ResponseMode};

use crate::answer::FunctionAnswer;
use crate::aws::{AwsFailure, CountedAnswer, with_retries};
use crate::call::{Call, Caller};
use crate::clients::Clients;
use crate::error::InvokeError;
use crate::http::keeping;

use self::invocation::{classify, client, payload};

mod function_error;
mod invocation;
mod prelude;
mod stream;

/// Calls the function with the event.
pub(crate) async fn call(
    with: &Clients,
    function: &LambdaFunction,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
    if call.caller == Caller::Client && function.response == Some(ResponseMode::Stream) {
        return stream::call(with, function, call).await;
    }
    let payload = payload(function, &call)?;
    let is_queued = function.invocation_type == InvocationType::Event;
    let identity = with.secrets.aws(&function.credentials).await?;
    let invoke = client(with, function, &identity)
        .await
        .invoke()
        .function_name(&function.arn)
        .set_qualifier(function.qualifier.clone())
        .set_invocation_type(is_queued.then_some(aws_sdk_lambda::types::InvocationType::Event))
        .payload(Blob::new(payload));
    let counted = CountedAnswer::new(keeping());
    let sent = with_retries!(invoke, aws_sdk_lambda, call.caller.waits())
        .interceptor(counted.clone())
        .send()
        .await;
    let held = counted.take()?;
    let answer = sent.map_err(|error| classify(AwsFailure::of(error, &identity)))?;
    let payload = answer
        .payload
        .map(|payload| Bytes::from(payload.into_inner()))
        .unwrap_or_default();
    let Some(kind) = answer.function_error else {
        return Ok(FunctionAnswer {
            held,
            ..FunctionAnswer::of(payload)
        });
    };
    // The payload describes the failure then, it is not a response object.
    let redaction = function_error::redaction(&identity);
    Err(function_error::failed(&kind, &payload, &redaction))
}
