//! The pace at which a client reads the answer of a stream. The connection moves as long as any of its streams does, and a
//! client may let it move and take nothing of one answer: so each has a window of its own.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use api::{LeastRate, RateWindow};
use bytes::Bytes;
use hyper::rt::Executor;

use crate::reading_pace::unseen_time;

tokio::task_local! {
    static OWN: Arc<Pace>;
}

/// Runs the streams of a connection, each in a task of its own, for as long as its client keeps the pace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Streams {
    /// The least rate.
    pub(super) least: LeastRate,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        tokio::spawn(keeping(Pace::new(self.least), stream));
    }
}

async fn keeping(pace: Pace, stream: impl Future<Output = ()>) {
    let pace = Arc::new(pace);
    let mut stream = pin!(OWN.scope(pace.clone(), stream));
    tokio::select! {
        biased;
        () = &mut stream => return,
        () = poll_fn(|context| pace.poll_too_slow(context)) => pace.give_up(),
    }
    // What waits to be sent goes when the body fails, which is when it is asked for more; what is not handed on yet goes
    // with the stream.
    poll_fn(|context| {
        let _ = stream.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
}

/// A client that reads an answer more slowly than the least rate.
#[derive(Debug, thiserror::Error)]
#[error("the client reads its answer too slowly")]
pub(super) struct TooSlow;

/// The pace of one answer.
#[derive(Debug)]
pub(super) struct Pace(Mutex<PaceState>);

#[derive(Debug)]
struct PaceState {
    window: RateWindow,
    /// Bytes that were handed on and are not written.
    unwritten: usize,
    is_given_up: bool,
    waits_for_client: Option<Waker>,
}

impl Pace {
    fn new(least: LeastRate) -> Self {
        Self(Mutex::new(PaceState {
            window: RateWindow::new(least, unseen_time(least)),
            unwritten: 0,
            is_given_up: false,
            waits_for_client: None,
        }))
    }

    /// The pace of the stream that this task answers.
    pub(super) fn own() -> Option<Arc<Self>> {
        OWN.try_with(Arc::clone).ok()
    }

    /// These bytes, which count as written once nobody has them any more.
    pub(super) fn handing_on(self: &Arc<Self>, bytes: Bytes) -> Bytes {
        self.lock().unwritten += bytes.len();
        Bytes::from_owner(HandedOn {
            bytes,
            pace: self.clone(),
        })
    }

    /// Waits until all that was handed on is written.
    pub(super) fn poll_written(&self, context: &mut Context<'_>) -> Poll<Result<(), TooSlow>> {
        let mut state = self.lock();
        if state.is_given_up {
            return Poll::Ready(Err(TooSlow));
        }
        if state.unwritten == 0 {
            return Poll::Ready(Ok(()));
        }
        state.waits_for_client = Some(context.waker().clone());
        Poll::Pending
    }

    fn poll_too_slow(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if state.unwritten == 0 {
            state.window.end();
            return Poll::Pending;
        }
        state.window.begin_anew();
        state.window.poll_too_slow(context)
    }

    fn give_up(&self) {
        self.lock().is_given_up = true;
    }

    fn written(&self, bytes: usize) {
        let mut state = self.lock();
        state.window.moved(bytes);
        state.unwritten = state.unwritten.saturating_sub(bytes);
        let is_written = state.unwritten == 0;
        let waker = state.waits_for_client.take_if(|_| is_written);
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, PaceState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes on their way to the client.
struct HandedOn {
    bytes: Bytes,
    pace: Arc<Pace>,
}

impl AsRef<[u8]> for HandedOn {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for HandedOn {
    fn drop(&mut self) {
        self.pace.written(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn fast() -> Pace {
        // Windows of a second, in which more has to move than there is.
        Pace::new(LeastRate {
            bytes_per_second: u32::MAX,
            window: Duration::from_millis(1),
        })
    }

    #[tokio::test]
    async fn a_stream_whose_bytes_stay_is_ended() {
        let (tell, told) = tokio::sync::oneshot::channel();
        let stream = async move {
            let pace = Pace::own().unwrap();
            let stays = pace.handing_on(Bytes::from_static(b"abc"));
            let written = poll_fn(|context| pace.poll_written(context)).await;
            drop(stays);
            tell.send(written.is_err()).unwrap();
        };
        keeping(fast(), stream).await;
        assert!(told.await.unwrap());
    }

    #[tokio::test]
    async fn bytes_are_written_when_nobody_has_them() {
        let pace = Arc::new(fast());
        let piece = pace.handing_on(Bytes::from_static(b"abc"));
        let rest = piece.slice(2..);
        drop(piece);
        let mut written = pin!(poll_fn(|context| pace.poll_written(context)));
        let is_pending = |polled: Poll<Result<(), TooSlow>>| polled.is_pending();
        assert!(poll_fn(|context| Poll::Ready(is_pending(written.as_mut().poll(context)))).await);
        drop(rest);
        assert!(written.await.is_ok());
    }
}
