//! The body of an answer on its way into a stream: in pieces, the next one when the last one is written, so that a client
//! that reads slowly holds what the budget has counted and is seen to.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use gateway::COUNTED_FROM;
use http_body::{Frame, SizeHint};

use super::activity::Stream;
use super::pace::Pace;
use crate::reading_pace::UNSENT_BYTES;

/// The body of an answer. Its stream is counted until it is dropped.
#[derive(Debug)]
pub(crate) struct AnswerBody {
    body: Body,
    /// What is left of the last piece that came.
    rest: Bytes,
    /// Whether the end may not be told yet: while a part of a counted answer is on its way, somebody has to look after it.
    holds_end: bool,
    _stream: Option<Stream>,
}

impl AnswerBody {
    /// The body of an answer that belongs to a stream.
    pub(super) fn new(body: Body, stream: Option<Stream>) -> Self {
        Self {
            body,
            rest: Bytes::new(),
            holds_end: false,
            _stream: stream,
        }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let own = Pace::own();
        if let Some(pace) = &own
            && let Err(too_slow) = ready!(pace.poll_written(context))
        {
            return Poll::Ready(Some(Err(axum::Error::new(too_slow))));
        }
        self.holds_end = false;
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                // There are no trailers that anybody asked for.
                Some(Ok(frame)) => self.rest = frame.into_data().unwrap_or_default(),
            }
        }
        let length = self.rest.len().min(UNSENT_BYTES as usize);
        let piece = self.rest.split_to(length);
        self.holds_end = length >= COUNTED_FROM;
        Poll::Ready(Some(Ok(Frame::data(match own {
            Some(pace) => pace.handing_on(piece),
            None => piece,
        }))))
    }

    fn is_end_stream(&self) -> bool {
        !self.holds_end && self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn answers_come_in_pieces() {
        let size = UNSENT_BYTES as usize;
        let mut body = AnswerBody::new(Body::from(vec![b'x'; 2 * size + 5]), None);
        assert_eq!(body.size_hint().exact(), Some(2 * size as u64 + 5));
        for length in [size, size, 5] {
            assert!(!body.is_end_stream());
            let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(piece.len(), length);
        }
        assert!(body.is_end_stream());
        assert!(AnswerBody::new(Body::empty(), None).is_end_stream());
    }
}
