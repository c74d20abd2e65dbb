//! Answers that are counted in the budget of bytes until they are written, for all that is not an answer of a function,
//! which is counted from when it is read.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use gateway::{BytesInFlight, COUNTED_FROM, Held};
use http_body::{Frame, SizeHint};

use crate::error::overloaded;

/// An answer whose bytes are counted until they are written; where there is no room for them, another in its place.
/// Of answers that are streamed, the server holds no more than its buffer of a connection.
pub(crate) fn counting(in_flight: BytesInFlight, response: Response) -> Response {
    let Some(bytes) = response
        .body()
        .size_hint()
        .exact()
        .filter(|bytes| *bytes >= COUNTED_FROM as u64)
    else {
        return response;
    };
    let mut held = in_flight.none_held();
    if !held.grow(usize::try_from(bytes).unwrap_or(usize::MAX)) {
        return overloaded();
    }
    response.map(|body| {
        Body::new(HeldBody {
            body,
            held: Some(held),
        })
    })
}

/// A body whose bytes are counted until the server has written them, which is after it has taken them from here.
struct HeldBody {
    body: Body,
    held: Option<Held>,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let held = &mut self.held;
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| {
                // An answer of known size is one piece.
                frame.map_data(|data| match held.take() {
                    Some(held) => held.around(data),
                    None => data,
                })
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn answers_are_counted_until_their_bytes_are_gone() {
        let budget = BytesInFlight::new(5000);
        let answer = |bytes: usize| counting(budget, vec![b'x'; bytes].into_response());
        let small = answer(1000);
        assert_eq!((small.status(), budget.held()), (http::StatusCode::OK, 0));
        let large = answer(4000);
        assert_eq!((large.status(), budget.held()), (http::StatusCode::OK, 4000));
        let refused = answer(1100);
        assert_eq!(refused.status(), http::StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key("retry-after"));
        let bytes = large.into_body().collect().await.unwrap().to_bytes();
        // The body is gone, and whoever writes its bytes has a part of them still.
        let rest = bytes.slice(3999..);
        drop(bytes);
        assert_eq!(budget.held(), 4000);
        drop(rest);
        assert_eq!(budget.held(), 0);
    }
}
