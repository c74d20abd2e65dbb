//! What a function answered, as the answer to its caller: in the one of four ways that the function asks for.

use domain::function_response::{FunctionResponse, MalformedResponse, end_to_end, may_have_content};
use domain::ids::{FunctionId, Space};
use domain::resource::ResponseMode;
use http::StatusCode;
use targets::{LARGE_BODY, PassedOn, off_runtime};

use crate::call::CallResult;
use crate::receive::Answer;
use crate::streamed_response::{StreamedBody, StreamedResponse};

impl CallResult {
    /// The answer to the caller of this function. Large ones are made elsewhere.
    pub(crate) async fn into_answer(
        self,
        space: &Space,
        function: &FunctionId,
    ) -> Result<Answer, MalformedResponse> {
        if self.answer.body.len() < LARGE_BODY {
            return self.into_answer_here(space, function);
        }
        let (space, function) = (space.clone(), function.clone());
        off_runtime(move || self.into_answer_here(&space, &function)).await
    }

    fn into_answer_here(self, space: &Space, function: &FunctionId) -> Result<Answer, MalformedResponse> {
        let Self { answer, mode, .. } = self;
        let response = match mode {
            ResponseMode::Object => return Ok(Answer::Object(FunctionResponse::from_result(&answer.body)?)),
            ResponseMode::Proxy => FunctionResponse::from_proxy_result(&answer.body)?,
            ResponseMode::Raw | ResponseMode::Stream => match answer.passed_on {
                None => {
                    let status = answer.status.and_then(|code| StatusCode::from_u16(code).ok());
                    FunctionResponse::of_payload(status.unwrap_or(StatusCode::OK), answer.body)
                }
                Some(PassedOn {
                    status,
                    headers,
                    stream: Some(stream),
                }) if may_have_content(status) => {
                    return Ok(Answer::Stream(StreamedResponse {
                        status,
                        headers: end_to_end(headers),
                        body: StreamedBody::new(stream, space, function),
                    }));
                }
                // Where a status has no content, a stream has nothing to bring.
                Some(PassedOn { status, headers, .. }) => {
                    FunctionResponse::passed_on(status, headers, answer.body)
                }
            },
        };
        Ok(Answer::Function(response))
    }
}
