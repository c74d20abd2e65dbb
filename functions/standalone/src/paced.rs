//! A connection that keeps clients from holding memory by being slow: answers have to be read at a least rate, and heads
//! of requests that grow beyond what every connection has are counted like bodies.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use api::{BytesInFlight, Held, LeastRate, RateWindow};
use http::{Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::Service;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::preface::Opening;
use crate::reading_pace::unseen_time;

/// Bytes of a head that are not counted: the server has a buffer of this size for each connection.
const UNCOUNTED_HEAD_BYTES: usize = 8 * 1024;

/// Stands for a request whose head is complete: what is read then is its body, which is counted where it is read.
const IS_BODY: usize = usize::MAX;

/// Stands for a request that has its final answer, of which nothing is written yet. `100 Continue` is none: the body is
/// still to come.
const IS_ANSWERED: usize = IS_BODY - 1;

/// The head that a connection is reading.
#[derive(Debug)]
pub(crate) struct RequestHead {
    in_flight: BytesInFlight,
    bytes: AtomicUsize,
    held: Mutex<Option<Held>>,
}

impl RequestHead {
    pub(crate) fn new(in_flight: BytesInFlight) -> Arc<Self> {
        Arc::new(Self {
            in_flight,
            bytes: AtomicUsize::new(0),
            held: Mutex::new(None),
        })
    }

    /// Counts what was read; an error where the budget has no room for it.
    fn read(&self, bytes: usize) -> io::Result<()> {
        let before = self.bytes.load(Ordering::Relaxed);
        if before >= IS_ANSWERED {
            return Ok(());
        }
        let now = before.saturating_add(bytes).min(IS_ANSWERED - 1);
        self.bytes.store(now, Ordering::Relaxed);
        if now <= UNCOUNTED_HEAD_BYTES {
            return Ok(());
        }
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let held = held.get_or_insert_with(|| self.in_flight.none_held());
        if held.grow(bytes) {
            Ok(())
        } else {
            Err(io::Error::other("no room for the head of another request"))
        }
    }

    /// The head is complete and its room free again.
    fn complete(&self) {
        if self.bytes.swap(IS_BODY, Ordering::Relaxed) > UNCOUNTED_HEAD_BYTES {
            drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
    }

    /// The request has its final answer: nobody reads its body any more.
    fn answered(&self) {
        if self.bytes.load(Ordering::Relaxed) == IS_BODY {
            self.bytes.store(IS_ANSWERED, Ordering::Relaxed);
        }
    }

    /// Something goes out. If it is the final answer, what is read from now on may be another head.
    fn begin(&self) {
        if self.bytes.load(Ordering::Relaxed) == IS_ANSWERED {
            self.bytes.store(0, Ordering::Relaxed);
        }
    }
}

/// The service of a connection, which knows when a head is complete and when its request is answered.
#[derive(Clone)]
pub(crate) struct HeadCounting<S> {
    pub(crate) service: S,
    pub(crate) head: Arc<RequestHead>,
}

impl<S, B> Service<http::Request<Incoming>> for HeadCounting<S>
where
    S: Service<http::Request<Incoming>, Response = Response<B>, Future: Unpin>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = HeadCountingFuture<S::Future>;

    fn call(&self, request: http::Request<Incoming>) -> Self::Future {
        self.head.complete();
        HeadCountingFuture {
            answer: self.service.call(request),
            head: self.head.clone(),
        }
    }
}

/// The answer to a request, whose handler has read or dropped the body by then.
pub(crate) struct HeadCountingFuture<F> {
    answer: F,
    head: Arc<RequestHead>,
}

impl<F, B, E> Future for HeadCountingFuture<F>
where
    F: Future<Output = Result<Response<B>, E>> + Unpin,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(Pin::new(&mut self.answer).poll(context));
        // What follows an upgrade is no head, and goes on as it comes.
        if !matches!(&answer, Ok(response) if response.status() == StatusCode::SWITCHING_PROTOCOLS) {
            self.head.answered();
        }
        Poll::Ready(answer)
    }
}

/// A stream to a client.
#[derive(Debug)]
pub(crate) struct Paced<S> {
    stream: S,
    opening: Opening,
    head: Arc<RequestHead>,
    /// Runs while there is something that the client has to take first.
    window: RateWindow,
}

impl<S> Paced<S> {
    pub(crate) fn new(stream: S, least: LeastRate, head: Arc<RequestHead>) -> Self {
        Self {
            stream,
            opening: Opening::new(),
            head,
            // The socket tells that the client has taken something only when it has room for another step.
            window: RateWindow::new(least, unseen_time(least)),
        }
    }

    /// From now on nothing that is read counts as a head.
    pub(crate) fn stop_counting_heads(&self) {
        self.head.complete();
    }

    fn has_moved<T>(&mut self, bytes: usize, value: T) -> Poll<io::Result<T>> {
        self.head.begin();
        self.window.moved(bytes);
        Poll::Ready(Ok(value))
    }

    /// Waits for the client, but not for longer than it may take.
    fn wait<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.window.begin_anew();
        let too_slow = || io::Error::new(io::ErrorKind::TimedOut, "the client reads its answer too slowly");
        self.window.poll_too_slow(context).map(|()| Err(too_slow()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let Self { stream, opening, .. } = &mut *self;
        ready!(if opening.is_over() {
            Pin::new(stream).poll_read(context, buffer)
        } else {
            opening.poll_read(stream, context, buffer)
        })?;
        Poll::Ready(self.head.read(buffer.filled().len() - before))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Ready(Ok(written)) => self.has_moved(written, written),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.wait(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(context, slices) {
            Poll::Ready(Ok(written)) => self.has_moved(written, written),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.wait(context),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            // All that there was has been taken.
            Poll::Ready(Ok(())) => {
                self.window.end();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.wait(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Pending => self.wait(context),
            ready @ Poll::Ready(_) => ready,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_counted_beyond_what_every_connection_has() {
        let budget = BytesInFlight::new(10_000);
        let head = RequestHead::new(budget);
        assert!(head.read(8 * 1024).is_ok());
        assert_eq!(budget.held(), 0);
        assert!(head.read(9_000).is_ok());
        assert_eq!(budget.held(), 9_000);
        assert!(head.read(1_001).is_err());
        head.complete();
        assert_eq!(budget.held(), 0);
        // The body is counted elsewhere, also after `100 Continue`, and the next head from its beginning.
        assert!(head.read(1 << 20).is_ok());
        head.begin();
        assert!(head.read(1 << 20).is_ok());
        assert_eq!(budget.held(), 0);
        head.answered();
        assert!(head.read(1 << 20).is_ok());
        head.begin();
        assert!(head.read(8 * 1024).is_ok());
        assert_eq!(budget.held(), 0);
        assert!(head.read(1).is_ok());
        drop(head);
        assert_eq!(budget.held(), 0);
    }
}
