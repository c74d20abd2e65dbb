//! What a function answered, as the answer to its caller: in the one of four ways that the function asks for.

use bytes::Bytes;
use domain::function_response::{FunctionResponse, end_to_end, may_have_content};
use domain::ids::{FunctionId, Space};
use domain::resource::ResponseMode;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use offload::{LARGE_BODY, off_runtime};
use targets::{COUNTED_FROM, Held, PassedOn};

use super::Answer;
use super::streamed_response::{StreamedBody, StreamedResponse};
use super::upgraded_response::UpgradedResponse;
use crate::error::GatewayError;
use crate::invocation::called::CallResult;

impl CallResult {
    /// The answer to the caller of this function. Large ones are made elsewhere.
    pub(crate) async fn into_answer(
        self,
        space: &Space,
        function: &FunctionId,
    ) -> Result<Answer, GatewayError> {
        if self.answer.body.len() < LARGE_BODY {
            return self.into_answer_here(space, function);
        }
        let (space, function) = (space.clone(), function.clone());
        off_runtime(move || self.into_answer_here(&space, &function)).await
    }

    fn into_answer_here(self, space: &Space, function: &FunctionId) -> Result<Answer, GatewayError> {
        let Self { answer, mode, .. } = self;
        let held = answer.held;
        let mut response = match mode {
            ResponseMode::Object => {
                let mut response = FunctionResponse::from_result(&answer.body)?;
                response.body = in_room(held, response.body)?;
                return Ok(Answer::Object(response));
            }
            ResponseMode::Proxy => FunctionResponse::from_proxy_result(&answer.body)?,
            ResponseMode::Raw | ResponseMode::Stream => match answer.passed_on {
                None => {
                    let status = answer.status.and_then(|code| StatusCode::from_u16(code).ok());
                    FunctionResponse::of_payload(status.unwrap_or(StatusCode::OK), answer.body)
                }
                Some(PassedOn {
                    headers,
                    upgraded: Some(upgraded),
                    ..
                }) => return Ok(Answer::Upgrade(UpgradedResponse::new(headers, upgraded))),
                Some(PassedOn {
                    status,
                    headers,
                    stream: Some(stream),
                    length_of_get,
                    ..
                }) if may_have_content(status) => {
                    let mut headers = end_to_end(headers);
                    headers.extend(length_of_get.map(|length| (CONTENT_LENGTH, length)));
                    return Ok(Answer::Stream(StreamedResponse {
                        status,
                        headers,
                        body: StreamedBody::new(stream, space, function),
                    }));
                }
                // Where a status has no content, a stream has nothing to bring.
                Some(PassedOn {
                    status,
                    headers,
                    length_of_get,
                    ..
                }) => {
                    let mut response = FunctionResponse::passed_on(status, headers, answer.body);
                    let length = length_of_get.map(|length| (CONTENT_LENGTH, length));
                    response.headers.extend(length);
                    response
                }
            },
        };
        response.body = in_room(held, response.body)?;
        Ok(Answer::Function(response))
    }
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
    use targets::BytesInFlight;

    use super::*;

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
