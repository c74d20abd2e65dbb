//! Work that goes on when nobody waits for it any more: a client that hangs up while a sync function works ends the
//! handling of its request, and the event is still to reach the async subscribers.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

use crate::when_woken::WhenWoken;

/// A future that goes on in a task of its own once it is dropped. Until then it costs none.
pub(crate) struct Unstoppable<F: Future<Output: Send> + Send + 'static>(Option<WhenWoken<Pin<Box<F>>>>);

impl<F: Future<Output: Send> + Send + 'static> Unstoppable<F> {
    pub(crate) fn new(work: F) -> Self {
        Self(Some(WhenWoken::new(Box::pin(work))))
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for Unstoppable<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        // Taken out: what panics is not to go on.
        let Some(mut work) = self.0.take() else {
            return Poll::Pending;
        };
        let done = Pin::new(&mut work).poll(context);
        if done.is_pending() {
            self.0 = Some(work);
        }
        done
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for Unstoppable<F> {
    fn drop(&mut self) {
        if let Some(work) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::panic::AssertUnwindSafe;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_ends_whoever_waits() {
        for is_dropped in [false, true] {
            let (go_on, wait) = oneshot::channel();
            let (tell, told) = oneshot::channel();
            let mut work = Unstoppable::new(async move {
                let asked: u32 = wait.await.unwrap();
                tell.send(asked).unwrap();
                asked
            });
            assert_eq!((&mut work).now_or_never(), None);
            if is_dropped {
                drop(work);
                go_on.send(7).unwrap();
            } else {
                go_on.send(7).unwrap();
                assert_eq!(work.await, 7);
            }
            assert_eq!(told.await.unwrap(), 7);
        }
    }

    #[tokio::test]
    async fn work_that_panics_does_not_go_on() {
        let polls = Arc::new(AtomicU32::new(0));
        let counted = polls.clone();
        let work = Unstoppable::new(poll_fn(move |_| -> Poll<()> {
            counted.fetch_add(1, Ordering::Relaxed);
            panic!("on purpose")
        }));
        assert!(AssertUnwindSafe(work).catch_unwind().await.is_err());
        tokio::task::yield_now().await;
        assert_eq!(polls.load(Ordering::Relaxed), 1);
        // Its task would hold the counter.
        assert_eq!(Arc::strong_count(&polls), 1);
    }
}
