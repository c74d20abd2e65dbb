//! Confirmations under way: requests that need one share it, as long as it is recent enough for them.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use clocks::{Moment, TimeSource};
use tokio::sync::watch;

use crate::error::StoreError;

/// Why a confirmation failed; shared by all that waited for it.
pub(super) type ConfirmationFailure = Arc<dyn Error + Send + Sync>;

/// The newest confirmation. An older one may still be under way: nobody waits for it any more.
#[derive(Debug)]
pub(super) struct Confirmations {
    clock: TimeSource,
    newest: Mutex<Option<Confirmation>>,
}

/// A confirmation.
#[derive(Clone)]
pub(super) struct Confirmation {
    /// Place in the order in which confirmations started, from 1.
    pub(super) number: u64,
    /// Taken before anything was asked: what it finds was so then or later.
    pub(super) started: Moment,
    outcome: watch::Receiver<Option<Result<(), ConfirmationFailure>>>,
}

impl Confirmations {
    /// None yet.
    pub(super) fn new(clock: TimeSource) -> Self {
        Self {
            clock,
            newest: Mutex::new(None),
        }
    }

    /// Number of the newest confirmation: those that start from now on have higher ones.
    pub(super) fn newest(&self) -> u64 {
        let newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().map_or(0, |confirmation| confirmation.number)
    }

    /// Joins the confirmation under way, if it suits, or starts one. Whether it suits is asked with the time.
    pub(super) fn join_or_start<F>(
        &self,
        suits: impl FnOnce(&Confirmation, Moment) -> bool,
        start: impl FnOnce(u64, Moment) -> F,
    ) -> Confirmation
    where
        F: Future<Output = Result<(), ConfirmationFailure>> + Send + 'static,
    {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        match &*newest {
            Some(confirmation) if !confirmation.is_over() && suits(confirmation, now) => confirmation.clone(),
            last => {
                let number = last.as_ref().map_or(0, |confirmation| confirmation.number) + 1;
                let (finished, outcome) = watch::channel(None);
                let confirmation = Confirmation {
                    number,
                    started: now,
                    outcome,
                };
                let work = start(number, now);
                // A task of its own: whoever waits may stop waiting, and it must not stop for the others.
                tokio::spawn(async move { finished.send(Some(work.await)) });
                *newest = Some(confirmation.clone());
                confirmation
            }
        }
    }
}

impl Confirmation {
    fn is_over(&self) -> bool {
        self.outcome.borrow().is_some() || self.outcome.has_changed().is_err()
    }

    /// Waits for the end. Every call that a confirmation makes is bounded in time, so there is one.
    pub(super) async fn wait(mut self) -> Result<(), StoreError> {
        let outcome = match self.outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        match outcome {
            Some(Ok(())) => Ok(()),
            Some(Err(source)) => Err(StoreError::Unavailable { source }),
            None => Err(StoreError::unavailable(Panicked)),
        }
    }
}

/// The task of a confirmation ended without a result.
#[derive(Debug, thiserror::Error)]
#[error("the confirmation of the routes panicked")]
struct Panicked;

impl fmt::Debug for Confirmation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confirmation")
            .field("number", &self.number)
            .field("started", &self.started)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn one_under_way_is_shared_by_those_it_suits() {
        let confirmations = Confirmations::new(TimeSource::default());
        assert_eq!(confirmations.newest(), 0);
        let first = confirmations.join_or_start(|_, _| true, |_, _| pending());
        let second = confirmations.join_or_start(|_, _| true, |_, _| pending());
        let third = confirmations.join_or_start(|_, _| false, |_, _| pending());
        assert_eq!((first.number, second.number, third.number), (1, 1, 2));
        assert_eq!(confirmations.newest(), 2);
        assert!(third.started.age(first.started).is_none_or(|age| age.is_zero()));
    }

    #[tokio::test]
    async fn one_that_ended_is_not_joined_however_it_ended() {
        let confirmations = Confirmations::new(TimeSource::default());
        let failure: ConfirmationFailure = Arc::new(Panicked);
        let succeeded = confirmations.join_or_start(|_, _| true, |_, _| ready(Ok(())));
        succeeded.wait().await.unwrap();
        let failed = confirmations.join_or_start(|_, _| true, |_, _| ready(Err(failure)));
        assert!(failed.wait().await.is_err());
        let panicked = confirmations.join_or_start(|_, _| true, |_, _| async { panic!("as a test") });
        assert!(panicked.wait().await.is_err());
        let last = confirmations.join_or_start(|_, _| true, |_, _| pending());
        assert_eq!(last.number, 4);
    }
}
