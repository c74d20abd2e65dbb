//! What invocations have in common, whether their answers are streamed or not: the client, the payload, and the classes of
//! failures.

use std::time::Duration;

use bytes::Bytes;
use domain::event::Event;
use domain::resource::{EventFormat, InvocationType, LambdaFunction};
use domain::retry::FailureClass;

use crate::access_denied::AccessDeniedCode;
use crate::aws::{AwsFailure, AwsIdentity, limit};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::InvokeError;
use crate::event_format::payload_for;

/// Most bytes of an event for a function that is waited for.
const MOST_BYTES: usize = 6 * 1024 * 1024;
/// Most bytes of an event that Lambda queues.
const MOST_QUEUED_BYTES: usize = 1024 * 1024;

/// What the function gets.
pub(super) fn payload(function: &LambdaFunction, call: &Call<'_>) -> Result<Bytes, InvokeError> {
    let told: Option<Event> = match function.format {
        // The event of the call says nothing of the delivery, which the payload does, in the version that it came in.
        EventFormat::Version(_) => serde_json::from_slice(&call.payload).ok(),
        EventFormat::Word(_) => None,
    };
    let told = told.as_ref().or(call.event);
    // Only the event of the call knows whether it is still what the gateway made of the request.
    let original = call
        .original
        .filter(|_| call.event.is_some_and(Event::is_made_of_request));
    let payload = payload_for(
        function.format,
        &Call {
            event: told,
            original,
            ..call.clone()
        },
    )
    .body;
    let (most, taker) = match function.invocation_type {
        InvocationType::Event => (MOST_QUEUED_BYTES, "AWS Lambda for an invocation of type Event"),
        InvocationType::RequestResponse => (MOST_BYTES, "AWS Lambda"),
    };
    limit::check(&payload, most, taker)?;
    Ok(payload)
}

/// The client for a function, by the time that its calls may take.
pub(super) async fn client(
    with: &Clients,
    function: &LambdaFunction,
    identity: &AwsIdentity,
) -> aws_sdk_lambda::Client {
    let limit = function.timeout_seconds.map(u64::from).map(Duration::from_secs);
    let limit = limit.unwrap_or(with.settings.timeout);
    with.aws.lambda(&function.region, identity, limit).await
}

/// Tells apart what only Lambda has messages and classes for.
pub(super) fn classify(failure: AwsFailure) -> InvokeError {
    let AwsFailure::Answer(error) = failure else {
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
