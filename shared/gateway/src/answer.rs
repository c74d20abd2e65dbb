//! The fifth stage: what the caller gets.

use bytes::Bytes;
use domain::function_response::FunctionResponse;

pub(crate) mod function_answer;
pub(crate) mod streamed_response;
pub(crate) mod upgraded_response;

use crate::sync_calls::SyncCall;
use streamed_response::StreamedResponse;
use upgraded_response::UpgradedResponse;

/// The answer to a request.
#[derive(Debug)]
pub enum Answer {
    /// 200 without a body: a preflight was answered by its headers.
    Preflight,
    /// 202: whoever subscribes will get the event.
    Accepted,
    /// 202 as well, but nobody subscribes: the events of the request, of which there is at least one, are forgotten.
    Unmatched,
    /// What the response object of the sync function says. Its headers take the place of those of CORS; its `Vary` does
    /// where it names the allowed origin as well.
    Object(FunctionResponse),
    /// What the sync function answered, in one of the other response modes.
    Function(FunctionResponse),
    /// What the sync function answers, passed on while it comes in.
    Stream(Box<StreamedResponse>),
    /// 101: the sync function goes on with another protocol, and so does the client's connection.
    Upgrade(Box<UpgradedResponse>),
    /// 200 with the very result of a function that was called directly.
    Result(Bytes),
}

impl Answer {
    /// Keeps calls in progress for as long as the answer takes to come in.
    pub(crate) fn keep(mut self, calls: Vec<SyncCall>) -> Self {
        if let Self::Stream(response) = &mut self {
            response.body.keep(calls);
        }
        self
    }
}
