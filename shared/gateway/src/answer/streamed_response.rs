//! The answer of a sync function that its caller gets while it comes in.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use domain::ids::{FunctionId, Space};
use http::{HeaderMap, StatusCode};
use http_body::{Body, Frame, SizeHint};
use targets::{AnswerStream, AnswerStreamError, ErrorChain, Held};

use crate::sync_calls::SyncCall;

/// An answer whose body is still to come.
#[derive(Debug)]
pub struct StreamedResponse {
    /// Status of the answer.
    pub status: StatusCode,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// Body of the answer.
    pub body: StreamedBody,
}

/// The body of a streamed answer. Dropping it ends the connection to the function; an error must end the one to the
/// client, which would take what it has for the whole.
#[derive(Debug)]
pub struct StreamedBody {
    stream: AnswerStream,
    space: Space,
    function: FunctionId,
    /// It takes a place of its space until it ends.
    calls: Vec<SyncCall>,
    /// The body of the request, which the function may not have read yet.
    request: Option<Held>,
}

impl StreamedBody {
    pub(crate) fn new(stream: AnswerStream, space: &Space, function: &FunctionId) -> Self {
        Self {
            stream,
            space: space.clone(),
            function: function.clone(),
            calls: Vec::new(),
            request: None,
        }
    }

    /// Keeps calls in progress until the body has ended.
    pub(crate) fn keep(&mut self, calls: Vec<SyncCall>) {
        self.calls = calls;
    }

    /// Counts the body of the request until this one has ended: what a function does not read waits for it as long.
    pub fn hold(&mut self, request: Option<Held>) {
        self.request = request;
    }
}

impl Body for StreamedBody {
    type Data = Bytes;
    type Error = AnswerStreamError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AnswerStreamError>>> {
        let frame = ready!(Pin::new(&mut self.stream).poll_frame(context));
        if frame.is_none() {
            self.calls.clear();
            self.request = None;
        }
        if let Some(Err(error)) = &frame {
            let (space, function) = (&self.space, &self.function);
            tracing::info!(%space, functionId = %function, error = %ErrorChain(error), "Streamed answer broke off.");
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.stream.size_hint()
    }
}
