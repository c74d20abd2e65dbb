//! The time that a call has, shared by its steps.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Either;
use tokio::time::{Instant, timeout_at};

use crate::error::InvokeError;

/// When a call has to be over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    limit: Duration,
    /// `None` is further away than the clock can count.
    at: Option<Instant>,
}

impl Deadline {
    /// So long from now.
    pub(crate) fn after(limit: Duration) -> Self {
        let at = Instant::now().checked_add(limit);
        Self { limit, at }
    }

    /// When the time began to run; `None` where it has no end.
    pub(crate) fn began(self) -> Option<Instant> {
        self.at?.checked_sub(self.limit)
    }

    /// The same, but at most so long from now.
    pub(crate) fn sooner(self, limit: Duration) -> Self {
        let other = Self::after(limit);
        match (self.at, other.at) {
            (Some(own), Some(at)) if own <= at => self,
            (Some(_), None) => self,
            _ => other,
        }
    }

    /// Ends a step at the deadline. No `async fn`, which would hold the step twice.
    pub(crate) fn bound<T, S>(self, step: S) -> impl Future<Output = Result<T, InvokeError>>
    where
        S: Future<Output = Result<T, InvokeError>>,
    {
        let limit = self.limit;
        match self.at {
            Some(at) => Either::Left(
                timeout_at(at, step).map(move |ended| ended.unwrap_or(Err(InvokeError::TimedOut { limit }))),
            ),
            None => Either::Right(step),
        }
    }
}
