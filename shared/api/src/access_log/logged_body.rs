//! An answer whose line in the access log is written when its body ends, which is when its bytes are known.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use http_body::{Frame, SizeHint};

use super::AccessLogging;
use super::entry::Entry;

/// An answer that is noted when it ends. Where `is_wanted` does not hold it is noted only if it breaks off.
pub(crate) fn logged_body(
    logging: AccessLogging,
    entry: Entry,
    (began, is_wanted, is_head): (Instant, bool, bool),
    response: Response,
) -> Response {
    let status = response.status();
    let has_none = is_head
        || status.is_informational()
        || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    response.map(|body| {
        Body::new(LoggedBody {
            body,
            logging,
            entry,
            began,
            is_wanted,
            is_done: has_none,
        })
    })
}

/// A body that is counted.
struct LoggedBody {
    body: Body,
    logging: AccessLogging,
    entry: Entry,
    began: Instant,
    is_wanted: bool,
    /// Whether all of it was taken, or there is nothing to take.
    is_done: bool,
}

impl HttpBody for LoggedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            None => self.is_done = true,
            Some(Ok(frame)) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                self.entry.bytes_out += bytes as u64;
            }
            Some(Err(_)) => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for LoggedBody {
    fn drop(&mut self) {
        self.entry.broken_off = !self.is_done && !self.body.is_end_stream();
        if self.is_wanted || self.entry.broken_off {
            self.entry.ms = self.began.elapsed();
            self.logging.note(&self.entry);
        }
    }
}
