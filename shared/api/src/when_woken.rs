//! Part of a task that is not looked at each time the task is woken. The task of a connection is woken for many reasons, its
//! own bodies among them, and each time all of what it waits for would be polled.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// A future that is polled again only after it was woken itself.
#[derive(Debug)]
pub struct WhenWoken<F> {
    future: F,
    wakes: Arc<Wakes>,
    waker: Waker,
}

#[derive(Debug)]
struct Wakes {
    is_woken: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_woken.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl<F: Future + Unpin> WhenWoken<F> {
    /// Polls a future for the first time when it is polled itself.
    pub fn new(future: F) -> Self {
        let wakes = Arc::new(Wakes {
            is_woken: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        Self {
            future,
            waker: Waker::from(Arc::clone(&wakes)),
            wakes,
        }
    }
}

impl<F: Future + Unpin> Future for WhenWoken<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Self { future, wakes, waker } = &mut *self;
        // Before the look: a wake between the two is for this task.
        wakes.task.register(context.waker());
        if !wakes.is_woken.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        Pin::new(future).poll(&mut Context::from_waker(waker))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicU32;

    use super::*;

    #[derive(Default)]
    struct Counted(AtomicU32);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn what_was_not_woken_is_not_polled() {
        let mut polls = 0;
        let task = Arc::new(Counted::default());
        let task_waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&task_waker);
        let mut future = WhenWoken::new(poll_fn(|_| {
            polls += 1;
            if polls < 3 {
                Poll::Pending
            } else {
                Poll::Ready(polls)
            }
        }));
        for _ in 0..3 {
            assert!(Pin::new(&mut future).poll(&mut context).is_pending());
        }
        let waker = future.waker.clone();
        waker.wake_by_ref();
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
        assert!(Pin::new(&mut future).poll(&mut context).is_pending());
        assert!(Pin::new(&mut future).poll(&mut context).is_pending());
        // Another task goes on with it.
        let other = Arc::new(Counted::default());
        let other_waker = Waker::from(Arc::clone(&other));
        let mut context = Context::from_waker(&other_waker);
        assert!(Pin::new(&mut future).poll(&mut context).is_pending());
        waker.wake();
        assert_eq!(task.0.load(Ordering::Relaxed), 1);
        assert_eq!(other.0.load(Ordering::Relaxed), 1);
        assert_eq!(Pin::new(&mut future).poll(&mut context), Poll::Ready(3));
    }
}
