//! A budget of bytes: what requests and answers hold in memory, over all connections of an API.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gateway::GatewayError;
use http_body::{Frame, SizeHint};

use crate::error::ApiError;

/// Answers below this size, in bytes, are not counted: they are in the hands of the operating system as soon as they are
/// made, unless a client reads nothing at all.
const COUNTED_FROM: u64 = 1024;

/// Bodies, heads and answers up to this size, in bytes, are small: a part of the budget is theirs alone.
const SMALL_BYTES: usize = 64 * 1024;

/// The part of the budget that large ones leave to small ones: one in so many.
const SMALL_PART: usize = 8;

/// How many bytes may be held at a time. It lives as long as the process, so that nobody counts who still uses it.
#[derive(Debug, Clone, Copy)]
pub struct BytesInFlight(&'static Budget);

#[derive(Debug)]
struct Budget {
    limit: usize,
    held: AtomicUsize,
}

impl BytesInFlight {
    /// A budget of that many bytes; 0 is no limit. Made once for a process: its memory is never given back.
    pub fn new(limit: usize) -> Self {
        Self(Box::leak(Box::new(Budget {
            limit: if limit == 0 { usize::MAX } else { limit },
            held: AtomicUsize::new(0),
        })))
    }

    /// A part of the budget, of no bytes yet.
    pub fn none_held(self) -> Held {
        Held {
            budget: self,
            bytes: 0,
        }
    }

    /// The bytes that are held now.
    pub fn held(self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    /// An answer whose bytes are counted until they are written; where there is no room for them, another in its place.
    /// Of answers that are streamed, the server holds no more than its buffer of a connection.
    pub(crate) fn counting(self, response: Response) -> Response {
        let Some(bytes) = response
            .body()
            .size_hint()
            .exact()
            .filter(|bytes| *bytes >= COUNTED_FROM)
        else {
            return response;
        };
        let mut held = self.none_held();
        if !held.grow(usize::try_from(bytes).unwrap_or(usize::MAX)) {
            return ApiError::from(GatewayError::Overloaded).into_response();
        }
        response.map(|body| {
            Body::new(HeldBody {
                body,
                held: Some(held),
            })
        })
    }
}

/// Bytes of the budget, given back when this is dropped.
#[derive(Debug)]
pub struct Held {
    budget: BytesInFlight,
    bytes: usize,
}

impl Held {
    /// Takes that many more; `false`, and nothing taken, where the budget has no room for them. What becomes large has to
    /// leave an eighth of the budget free, so that large ones keep no small ones out.
    #[must_use]
    pub fn grow(&mut self, bytes: usize) -> bool {
        let Budget { limit, held } = self.budget.0;
        let is_small = self.bytes.saturating_add(bytes) <= SMALL_BYTES;
        let room = if is_small {
            *limit
        } else {
            limit - limit / SMALL_PART
        };
        let before = held.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > room {
            held.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes += bytes;
        true
    }

    /// These bytes, counted for as long as anybody has them.
    pub(crate) fn around(self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(HeldBytes { bytes, _held: self })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.0.held.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

struct HeldBytes {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
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
    use http_body_util::BodyExt as _;

    use super::*;

    #[test]
    fn no_more_is_held_than_there_is() {
        let budget = BytesInFlight::new(10);
        let mut first = budget.none_held();
        let mut second = budget.none_held();
        assert!(first.grow(6) && second.grow(4));
        assert!(!second.grow(1) && !first.grow(usize::MAX));
        assert_eq!(budget.held(), 10);
        drop(first);
        assert!(second.grow(6) && !second.grow(1));
        drop(second);
        assert_eq!(budget.held(), 0);
        assert!(BytesInFlight::new(0).none_held().grow(usize::MAX / 2));
    }

    #[test]
    fn large_ones_leave_room_for_small_ones() {
        let budget = BytesInFlight::new(8 << 20);
        let mut large = budget.none_held();
        while large.grow(64 << 10) {}
        assert_eq!(budget.held(), 7 << 20);
        assert!(!budget.none_held().grow((64 << 10) + 1));
        let mut small: Vec<_> = (0..16).map(|_| budget.none_held()).collect();
        assert!(small.iter_mut().all(|held| held.grow(64 << 10)));
        // What grows beyond that is small no more, and full is full.
        assert!(!small[0].grow(1) && !budget.none_held().grow(1));
    }

    #[tokio::test]
    async fn answers_are_counted_until_their_bytes_are_gone() {
        let budget = BytesInFlight::new(5000);
        let answer = |bytes: usize| budget.counting(vec![b'x'; bytes].into_response());
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
