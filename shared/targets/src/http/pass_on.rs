//! Answers that callers get as they are: the response modes raw and stream, and auto where it is no response object.

use domain::resource::{HttpEndpoint, ResponseMode};
use http::header::CONTENT_LENGTH;
use http::{Method, Response, StatusCode};

use super::custom::Custom;
use super::exchange::HttpResponse;
use super::response_body::ResponseBody;
use super::sending::HttpTargets;
use super::{body, keeping, passthrough, status};
use crate::answer::{FunctionAnswer, PassedOn};
use crate::answer_stream::AnswerStream;
use crate::call::{Call, Caller};
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::keeping::Kept;

/// An answer whose status is none of a final answer.
#[derive(Debug, thiserror::Error)]
#[error("the function answered with HTTP status code {0}")]
struct NoAnswer(u16);

impl HttpResponse {
    /// The answer of a function with this response mode to this call. A mode that passes answers on passes on the
    /// whole of it.
    pub(crate) fn into_answer_for(
        self,
        mode: ResponseMode,
        call: &Call<'_>,
    ) -> Result<FunctionAnswer, InvokeError> {
        if !(call.caller == Caller::Client && mode.may_be_passed_on()) {
            return self.into_answer(call);
        }
        let status = self.status.as_u16();
        let refusal = status::refusal(self.status, &self.headers);
        Ok(FunctionAnswer {
            body: self.body,
            held: self.held,
            status: Some(status),
            rejection: refusal.map(|refusal| refusal.rejection(status, None)),
            passed_on: Some(Box::new(PassedOn {
                status: self.status,
                headers: self.headers,
                stream: None,
                length_of_get: None,
                upgraded: None,
            })),
        })
    }
}

impl HttpTargets {
    /// Sends the event and gives the answer for the caller, whatever its status. Redirects are for the caller, and not
    /// followed, unless the answer may be a response object, which is looked for where it is.
    pub(super) async fn pass_on(
        &self,
        endpoint: &HttpEndpoint,
        mode: ResponseMode,
        call: Call<'_>,
        custom: Option<&Custom>,
        deadline: Deadline,
    ) -> Result<FunctionAnswer, InvokeError> {
        let original = call.original.filter(|_| endpoint.request.is_passthrough());
        let asks_for_upgrade = original.is_some_and(|original| original.upgrade().is_some());
        let is_head = original.is_some_and(|original| original.parts.method == Method::HEAD);
        let response = deadline.bound(self.follow(endpoint, mode, call, custom)).await?;
        if asks_for_upgrade && response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return deadline.bound(passthrough::upgraded(response)).await;
        }
        let own_limit = custom.and_then(|custom| custom.max_response_bytes);
        let limit = self.max_response_bytes.min(own_limit.unwrap_or(usize::MAX));
        let mut answer = self.passed_on(response, mode, limit, deadline).await?;
        if let Some(passed_on) = answer.passed_on.as_mut().filter(|_| is_head) {
            passed_on.length_of_get = passed_on.headers.get(CONTENT_LENGTH).cloned();
        }
        Ok(answer)
    }

    async fn passed_on(
        &self,
        response: Response<ResponseBody>,
        mode: ResponseMode,
        limit: usize,
        deadline: Deadline,
    ) -> Result<FunctionAnswer, InvokeError> {
        let status = response.status();
        if status.is_informational() {
            return Err(InvokeError::unavailable(NoAnswer(status.as_u16())));
        }
        let refusal = status::refusal(status, response.headers());
        let mut headers = response.headers().clone();
        let (kept, stream) = match mode {
            ResponseMode::Stream => {
                let stream = AnswerStream::new(response.into_body(), self.stream_limits);
                (Kept::default(), Some(stream))
            }
            ResponseMode::Raw => {
                let read = body::read_as_it_is(response, limit, keeping());
                (deadline.bound(read).await?, None)
            }
            ResponseMode::Auto | ResponseMode::Object | ResponseMode::Proxy => {
                body::leave_out_gzip(&mut headers);
                let read = body::read(response, limit, keeping());
                (deadline.bound(read).await?, None)
            }
        };
        Ok(FunctionAnswer {
            body: kept.bytes,
            held: kept.held,
            status: Some(status.as_u16()),
            rejection: refusal.map(|refusal| refusal.rejection(status.as_u16(), None)),
            passed_on: Some(Box::new(PassedOn {
                status,
                headers,
                stream,
                length_of_get: None,
                upgraded: None,
            })),
        })
    }
}
