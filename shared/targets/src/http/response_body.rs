//! The body of an answer. One that came over a connection of the pool drives it, and gives it back in the end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::task::coop::poll_proceed;
use tokio::time::{Sleep, sleep};

use super::pool::connection::Pooled;
use super::pool::idle::Idle;
use super::unread::{READS_ON, Unread};

/// A body. Where its call drives it, it ends when the request has been written, too: a function may answer before it has read all of its event, and
/// gets the rest all the same. Dropped before its end, it closes its connection, unless all of it is there.
pub(super) struct ResponseBody {
    /// `None` once it has ended.
    body: Option<Incoming>,
    /// `None` where a task drives it.
    pooled: Option<(Pooled, Arc<Idle>)>,
    /// When the rest of the event is no longer waited for.
    end: Option<Pin<Box<Sleep>>>,
    /// `None` where the call drives it.
    shared: Option<Box<Shared>>,
}

/// What a body has whose connection a task drives, maybe beside others.
struct Shared {
    is_http2: bool,
    /// What is left of the event, which outlasts the body.
    _unread: Unread,
}

/// Why a body breaks off.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// Its connection or its stream failed.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
    /// Its stream was ended as one whose answer is complete.
    #[error("the server ended the answer before it was complete")]
    CutOff,
}

impl ResponseBody {
    /// The body of an answer whose head has come over a connection, and the pool of that.
    pub(super) fn new(body: Incoming, pooled: Option<(Pooled, Arc<Idle>)>) -> Self {
        Self {
            body: Some(body),
            pooled,
            end: None,
            shared: None,
        }
    }

    /// The body of an answer that a task drives, maybe beside others.
    pub(super) fn shared(body: Incoming, is_http2: bool, unread: Unread) -> Self {
        let shared = Shared {
            is_http2,
            _unread: unread,
        };
        Self {
            body: Some(body),
            pooled: None,
            end: None,
            shared: Some(Box::new(shared)),
        }
    }

    /// Waits until the request has been written.
    fn poll_written(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some((connection, _)) = &mut self.pooled else {
            return Poll::Ready(());
        };
        if !connection.is_at_rest() {
            connection.drive(context);
        }
        if connection.is_at_rest() {
            return Poll::Ready(());
        }
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(READS_ON)));
        end.as_mut().poll(context)
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        // One read can bring thousands of chunks: whoever reads them gives others, and their own timer, a turn.
        let turn = ready!(poll_proceed(context));
        let Self {
            body, pooled, shared, ..
        } = &mut *self;
        if let Some(incoming) = body {
            let mut incoming = Pin::new(incoming);
            let frame = match pooled {
                None => incoming.as_mut().poll_frame(context),
                Some((connection, _)) => {
                    // Nothing but the connection brings more of it, and that is driven right here.
                    let nobody = &mut Context::from_waker(Waker::noop());
                    match incoming.as_mut().poll_frame(nobody) {
                        Poll::Pending => {
                            connection.drive(context);
                            incoming.as_mut().poll_frame(nobody)
                        }
                        ready @ Poll::Ready(_) => ready,
                    }
                }
            };
            match frame {
                Poll::Ready(None) => {
                    let is_cut_off = shared
                        .as_ref()
                        .is_some_and(|shared| is_cut_off(&incoming, shared.is_http2));
                    *body = None;
                    if is_cut_off {
                        return Poll::Ready(Some(Err(BodyError::CutOff)));
                    }
                }
                Poll::Ready(Some(frame)) => {
                    turn.made_progress();
                    return Poll::Ready(Some(frame.map_err(BodyError::Broken)));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
        self.poll_written(context).map(|()| None)
    }

    fn is_end_stream(&self) -> bool {
        let is_written = || {
            self.pooled
                .as_ref()
                .is_none_or(|(connection, _)| connection.is_at_rest())
        };
        self.body.as_ref().is_none_or(Body::is_end_stream) && is_written()
    }

    fn size_hint(&self) -> SizeHint {
        // What HTTP/2 announces need not come, as in the answer to HEAD.
        self.body
            .as_ref()
            .filter(|body| !body.is_end_stream())
            .map_or(SizeHint::with_exact(0), Body::size_hint)
    }
}

/// Whether a body that has nothing more is not all of the answer. Over HTTP/2 its stream has ended with it then or was
/// reset, whether it was announced how much there is or not.
fn is_cut_off(body: &Incoming, is_http2: bool) -> bool {
    !body.is_end_stream() && (is_http2 || body.size_hint().lower() > 0)
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        // Without its reader the connection throws away what has come of the body, or closes.
        self.body = None;
        if let Some((connection, idle)) = self.pooled.take() {
            idle.keep(connection);
        }
    }
}
