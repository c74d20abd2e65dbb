//! What a function answered, as the answer to its caller: in the one of five ways that the function asks for.

use std::sync::Arc;

use bytes::Bytes;
use domain::event::Event;
use domain::function_response::{FunctionResponse, UntransformedAnswer, end_to_end, may_have_content};
use domain::ids::{FunctionId, Space};
use domain::resource::{ResponseMode, Subscription, TransformSource};
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use offload::{LARGE_BODY, off_runtime};
use targets::{COUNTED_FROM, ErrorChain, Held, PassedOn};

use super::Answer;
use super::streamed_response::{StreamedBody, StreamedResponse};
use super::upgraded_response::UpgradedResponse;
use crate::error::GatewayError;
use crate::invocation::called::CallResult;
use crate::invocation::transforms::{Transforms, Untransformed};

/// The answer of a sync subscription whose answers are transformed.
pub(crate) async fn transformed(
    answer: Answer,
    source: &TransformSource,
    subscription: &Subscription,
    transforms: &Transforms,
) -> Result<Answer, Untransformed> {
    Ok(match answer {
        Answer::Object(response) => Answer::Object(transforms.answer(source, subscription, response).await?),
        Answer::Function(response) => {
            Answer::Function(transforms.answer(source, subscription, response).await?)
        }
        // What is to be left out of an answer must not come through another way.
        Answer::Stream(_) | Answer::Upgrade(_) => return Err(UntransformedAnswer::Streamed.into()),
        Answer::Preflight | Answer::Accepted | Answer::Unmatched | Answer::Result(_) => answer,
    })
}

impl CallResult {
    /// The answer to the caller of this function. Large ones are made elsewhere.
    pub(crate) async fn into_answer(
        self,
        space: &Space,
        function: &FunctionId,
        event: &Arc<Event>,
    ) -> Result<Answer, GatewayError> {
        if self.answer.body.len() < LARGE_BODY {
            return self.into_answer_here(space, function, event);
        }
        let (space, function, event) = (space.clone(), function.clone(), Arc::clone(event));
        off_runtime(move || self.into_answer_here(&space, &function, &event)).await
    }

    fn into_answer_here(
        self,
        space: &Space,
        function: &FunctionId,
        event: &Event,
    ) -> Result<Answer, GatewayError> {
        let Self { mut answer, mode, .. } = self;
        let held = answer.held.take();
        let mut response = match mode {
            ResponseMode::Object => {
                let (mut response, missing) = FunctionResponse::with_missing_members(&answer.body)?;
                if !missing.is_empty() {
                    tracing::info!(
                        %space, functionId = %function, event.id = event.id(), status = answer.status,
                        missing = %missing.join(", "),
                        "Answer of the function dropped, which lacks members of a response object."
                    );
                }
                response.body = in_room(held, response.body)?;
                return Ok(Answer::Object(response));
            }
            ResponseMode::Auto => {
                // What a function that is broken says is no response object of its own making.
                let object = if answer.failure().is_some() {
                    None
                } else {
                    FunctionResponse::if_object(&answer.body).unwrap_or_else(|error| {
                        tracing::info!(
                            %space, functionId = %function, event.id = event.id(), error = %ErrorChain(&error),
                            "Answer of the function passed on, which is a malformed response object."
                        );
                        None
                    })
                };
                if let Some(mut response) = object {
                    response.body = in_room(held, response.body)?;
                    return Ok(Answer::Object(response));
                }
                itself(answer.status, answer.passed_on.map(|it| *it), answer.body)
            }
            ResponseMode::Proxy => FunctionResponse::from_proxy_result(&answer.body)?,
            ResponseMode::Raw | ResponseMode::Stream => match answer.passed_on.map(|it| *it) {
                Some(PassedOn {
                    headers,
                    upgraded: Some(upgraded),
                    ..
                }) => {
                    let answer = UpgradedResponse::new(headers, upgraded);
                    return Ok(Answer::Upgrade(Box::new(answer)));
                }
                Some(PassedOn {
                    status,
                    headers,
                    stream: Some(stream),
                    length_of_get,
                    ..
                }) if may_have_content(status) => {
                    let mut headers = end_to_end(headers);
                    headers.extend(length_of_get.map(|length| (CONTENT_LENGTH, length)));
                    return Ok(Answer::Stream(Box::new(StreamedResponse {
                        status,
                        headers,
                        body: StreamedBody::new(stream, space, function),
                    })));
                }
                // Where a status has no content, a stream has nothing to bring.
                passed_on => itself(answer.status, passed_on, answer.body),
            },
        };
        response.body = in_room(held, response.body)?;
        Ok(Answer::Function(response))
    }
}

/// What a function said, whatever that is.
fn itself(status: Option<u16>, passed_on: Option<PassedOn>, body: Bytes) -> FunctionResponse {
    if let Some(PassedOn {
        status,
        headers,
        length_of_get,
        ..
    }) = passed_on
    {
        let mut response = FunctionResponse::passed_on(status, headers, body);
        let length = length_of_get.map(|length| (CONTENT_LENGTH, length));
        response.headers.extend(length);
        return response;
    }
    let status = status.and_then(|code| StatusCode::from_u16(code).ok());
    FunctionResponse::of_payload(status.unwrap_or(StatusCode::OK), body)
}

/// What is made of an answer, in the room of that until it is written. It may be larger only where bytes are replaced that
/// are no text.
pub(crate) fn in_room(held: Option<Held>, body: Bytes) -> Result<Bytes, GatewayError> {
    match held {
        Some(mut held) if body.len() >= COUNTED_FROM => {
            held.shrink(body.len());
            if held.grow(body.len() - held.bytes()) {
                Ok(held.around(body))
            } else {
                Err(GatewayError::Overloaded)
            }
        }
        Some(_) | None => Ok(body),
    }
}

#[cfg(test)]
mod tests {
    use domain::event::Event;
    use domain::legacy::invoke_event;
    use targets::{BytesInFlight, FunctionAnswer};

    use super::*;
    use crate::stamp::event_stamp;

    fn event() -> Arc<Event> {
        let (parts, ()) = http::Request::new(()).into_parts();
        Arc::new(invoke_event(event_stamp(), &parts, b"{}").unwrap())
    }

    #[tokio::test]
    async fn a_payload_that_is_no_response_object_is_the_answer() {
        for (payload, is_object, status, body) in [
            (r#"{"statusCode":201,"body":"b"}"#, true, 201, "b"),
            (r#"{"id":1}"#, false, 200, r#"{"id":1}"#),
            ("[1]", false, 200, "[1]"),
            (r#"{"body":1}"#, false, 200, r#"{"body":1}"#),
        ] {
            let called = CallResult {
                answer: FunctionAnswer {
                    body: Bytes::from(payload),
                    held: None,
                    status: None,
                    rejection: None,
                    passed_on: None,
                },
                is_connector: false,
                mode: ResponseMode::Auto,
            };
            let (space, function) = (Space::from("default"), FunctionId::from("f"));
            let answer = called.into_answer(&space, &function, &event()).await.unwrap();
            let response = match &answer {
                Answer::Object(response) if is_object => response,
                Answer::Function(response) if !is_object => response,
                other => panic!("{payload}: {other:?}"),
            };
            assert_eq!(
                (response.status.as_u16(), &*response.body),
                (status, body.as_bytes())
            );
            if !is_object {
                assert_eq!(response.headers["content-type"], "application/json");
            }
        }
    }

    #[test]
    fn what_is_made_of_an_answer_keeps_its_room() {
        let budget = BytesInFlight::new(10_000);
        let held = |bytes: usize| {
            let mut held = budget.none_held();
            held.grow(bytes).then_some(held)
        };
        let body = |bytes: usize| Bytes::from(vec![b'x'; bytes]);
        let smaller = in_room(held(8000), body(5000)).unwrap();
        assert_eq!((smaller.len(), budget.held()), (5000, 5000));
        let part = smaller.slice(..1);
        drop(smaller);
        assert_eq!(budget.held(), 5000);
        assert!(matches!(
            in_room(held(2000), body(6000)),
            Err(GatewayError::Overloaded)
        ));
        let larger = in_room(held(2000), body(3000)).unwrap();
        assert_eq!(budget.held(), 8000);
        drop((part, larger));
        let small = in_room(held(2000), body(1000)).unwrap();
        assert_eq!((small.len(), budget.held()), (1000, 0));
    }
}
