//! Answers of streaming Lambda functions (`InvokeWithResponseStream`), passed on while they come in.
//!
//! What a function writes through `awslambda.HttpResponseStream`, or through any runtime that answers function URLs,
//! begins with metadata: JSON, eight NUL bytes, then the body. AWS itself takes it off for function URLs only.

use aws_sdk_lambda::operation::invoke_with_response_stream::InvokeWithResponseStreamOutput as Output;
use aws_sdk_lambda::types::InvokeWithResponseStreamResponseEvent as Event;
use aws_smithy_types::Blob;
use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::function_response::Prelude;
use domain::resource::LambdaFunction;
use domain::retry::FailureClass;
use futures_util::stream;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;

use super::function_error::{detail, redaction};
use super::invocation::{classify, client, payload};
use super::prelude::{Lookout, Opening};
use crate::answer::{FunctionAnswer, PassedOn};
use crate::answer_stream::{AnswerStream, StreamLimits};
use crate::aws::{AwsFailure, with_retries};
use crate::call::Call;
use crate::clients::Clients;
use crate::error::{BoxError, InvokeError};
use crate::http::Redaction;

/// A stream of events that did not come to its end.
#[derive(Debug, thiserror::Error)]
enum EventStreamError {
    #[error("the event stream of AWS broke off")]
    Broken(#[source] BoxError),
    #[error("the event stream of AWS ended before the function did")]
    Truncated,
    #[error("the function failed: {0}")]
    Failed(String),
}

/// Calls the function with the event and gives the head of its answer. The rest is read as the caller takes it.
pub(super) async fn call(
    with: &Clients,
    function: &LambdaFunction,
    call: Call<'_>,
) -> Result<FunctionAnswer, InvokeError> {
    let payload = payload(function, &call)?;
    let identity = with.secrets.aws(&function.credentials).await?;
    let invoke = client(with, function, &identity)
        .await
        .invoke_with_response_stream()
        .function_name(&function.arn)
        .set_qualifier(function.qualifier.clone())
        .payload(Blob::new(payload));
    let sent = with_retries!(invoke, aws_sdk_lambda, call.caller.waits())
        .send()
        .await;
    let output = sent.map_err(|error| classify(AwsFailure::of(error, &identity)))?;
    let pieces = Pieces {
        output,
        redaction: redaction(&identity),
    };
    answer(pieces, StreamLimits::of(&with.settings)).await
}

/// Reads as much as tells the head from the body.
async fn answer(mut pieces: Pieces, limits: StreamLimits) -> Result<FunctionAnswer, InvokeError> {
    let mut begun = Vec::new();
    let mut lookout = Lookout::default();
    let (head, is_over) = loop {
        let piece = pieces.next().await.map_err(|error| match error {
            EventStreamError::Failed(detail) => InvokeError::FunctionFailed {
                detail,
                class: FailureClass::Transient,
                retry_after: None,
                response: LastResponse::new(None, &begun),
            },
            error => InvokeError::unavailable(error),
        })?;
        let is_over = piece.is_none();
        begun.extend_from_slice(&piece.unwrap_or_default());
        match lookout.look(&begun, is_over) {
            Opening::Unknown if !is_over => {}
            Opening::Prelude { json, body_at } => {
                let head = Prelude::from_slice(&begun[..json]).map_err(InvokeError::unavailable)?;
                begun.drain(..body_at);
                break (Some(head), is_over);
            }
            Opening::Unknown | Opening::Body => break (None, is_over),
        }
    };
    let Prelude { status, mut headers } = head.unwrap_or_else(|| Prelude {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
    });
    // The type that AWS gives what has none.
    headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/octet-stream"));
    let rest = (!is_over).then_some(pieces);
    Ok(FunctionAnswer {
        body: Bytes::new(),
        held: None,
        status: Some(status.as_u16()),
        rejection: None,
        passed_on: Some(Box::new(PassedOn {
            length_of_get: None,
            upgraded: None,
            status,
            headers,
            stream: Some(AnswerStream::new(body(begun.into(), rest), limits)),
        })),
    })
}

/// What has come already, and then what is still to come.
fn body(
    begun: Bytes,
    rest: Option<Pieces>,
) -> impl http_body::Body<Data = Bytes, Error = BoxError> + Send + 'static {
    let begun = Some(begun).filter(|bytes| !bytes.is_empty());
    StreamBody::new(stream::try_unfold((begun, rest), async |(begun, rest)| {
        if let Some(begun) = begun {
            return Ok(Some((Frame::data(begun), (None, rest))));
        }
        let Some(mut pieces) = rest else { return Ok(None) };
        let piece = pieces.next().await.map_err(BoxError::from)?;
        Ok(piece.map(|piece| (Frame::data(piece), (None, Some(pieces)))))
    }))
}

/// The payload of the answer, piece by piece.
struct Pieces {
    output: Output,
    /// What must not be shown of a failure.
    redaction: Redaction,
}

impl Pieces {
    /// The next piece; `None` when the function is done.
    async fn next(&mut self) -> Result<Option<Bytes>, EventStreamError> {
        loop {
            let event = self.output.event_stream.recv().await.map_err(|error| {
                // The SDK's error around the cause shows raw messages.
                let cause = error.into_source().unwrap_or_else(|_| "AWS call failed".into());
                EventStreamError::Broken(cause)
            })?;
            match event.ok_or(EventStreamError::Truncated)? {
                Event::PayloadChunk(update) => {
                    if let Some(payload) = update.payload {
                        return Ok(Some(payload.into_inner().into()));
                    }
                }
                Event::InvokeComplete(complete) => {
                    return match complete.error_code {
                        None => Ok(None),
                        Some(code) => {
                            let said = complete.error_details.unwrap_or_default();
                            let detail = detail(&code, said.as_bytes(), &self.redaction);
                            Err(EventStreamError::Failed(detail))
                        }
                    };
                }
                // AWS may add kinds of events.
                _ => {}
            }
        }
    }
}
