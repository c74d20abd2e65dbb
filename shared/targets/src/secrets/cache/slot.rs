//! What is known of one secret.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clocks::{Moment, TimeSource};
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, timeout};

use super::super::error::SecretError;
use super::super::source::Source;

/// How long an old secret still serves after its time when the place that it is read from does not answer.
const OVERTIME: Duration = Duration::from_hours(1);
/// How long a place is left alone that has just failed.
const PAUSE: Duration = Duration::from_secs(2);
/// Longest time that reading may take.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// One secret.
#[derive(Default)]
pub(super) struct Slot {
    state: Mutex<State>,
    /// Who holds it reads.
    pub(super) turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// What became of the last attempt, if nothing did.
    failed: Option<(Arc<SecretError>, Moment)>,
    /// What calls were last refused with.
    refused: Option<Arc<str>>,
}

struct Kept {
    text: Arc<str>,
    read: Moment,
}

/// What is there for a call.
pub(super) enum Look {
    /// A secret to be used.
    Good(Arc<str>),
    /// The same, but it should be read anew.
    Aging(Arc<str>),
    /// Nothing, and reading has failed just now.
    Failed(Arc<SecretError>),
    /// Nothing that may be used before it is read anew.
    Missing,
}

impl Slot {
    /// What is there now.
    pub(super) fn look(&self, now: Moment, cache_time: Duration) -> Look {
        let state = self.state();
        let age = state.kept.as_ref().map(|kept| (kept, kept.read.least_age(now)));
        let failed = state.failed.as_ref().filter(|(_, at)| at.least_age(now) < PAUSE);
        match (age, failed) {
            (Some((kept, age)), _) if age < cache_time * 4 / 5 => Look::Good(kept.text.clone()),
            (Some((kept, age)), Some((error, _))) if serves(error, age, cache_time) => {
                Look::Good(kept.text.clone())
            }
            (_, Some((error, _))) => Look::Failed(error.clone()),
            (Some((kept, age)), None) if age < cache_time => Look::Aging(kept.text.clone()),
            (_, None) => Look::Missing,
        }
    }

    /// Reads it. The turn makes sure that nobody else does.
    pub(super) async fn renew(
        &self,
        turn: OwnedMutexGuard<()>,
        source: &Source,
        (clock, cache_time): (&TimeSource, Duration),
        read: impl Future<Output = Result<String, SecretError>>,
    ) -> Result<Arc<str>, Arc<SecretError>> {
        // Before, not after: what is read may be as old as the question.
        let asked = clock.now();
        let result = timeout(READ_TIMEOUT, read).await.unwrap_or_else(|_| {
            Err(SecretError::TimedOut {
                name: source.to_string(),
                limit: READ_TIMEOUT,
            })
        });
        let mut state = self.state();
        let answer = match result {
            Ok(text) => {
                let text: Arc<str> = text.into();
                state.failed = None;
                state.kept = Some(Kept {
                    text: text.clone(),
                    read: asked,
                });
                Ok(text)
            }
            Err(error) => state.fail(error, source, clock.now(), cache_time),
        };
        drop(state);
        drop(turn);
        answer
    }

    /// Drops the secret after a call that began at a time was refused with it.
    pub(super) fn forget(&self, call_began: Instant) -> bool {
        let mut state = self.state();
        let Some(kept) = state.kept.take() else {
            return true;
        };
        if state.refused.as_ref() == Some(&kept.text) {
            // Read anew and still refused. It goes when its time is over, as any other.
            state.kept = Some(kept);
            return false;
        }
        if kept.read.monotonic >= call_began.into_std() {
            // Another call has read it meanwhile: this one may have been made with the one before.
            state.kept = Some(kept);
            return true;
        }
        state.refused = Some(kept.text);
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fail(
        &mut self,
        error: SecretError,
        source: &Source,
        now: Moment,
        cache_time: Duration,
    ) -> Result<Arc<str>, Arc<SecretError>> {
        let error = Arc::new(error);
        self.failed = Some((error.clone(), now));
        let kept = self
            .kept
            .take_if(|kept| !serves(&error, kept.read.least_age(now), cache_time));
        if let Some(kept) = &self.kept {
            tracing::warn!(
                secret = %source,
                error = &*error as &dyn Error,
                "A secret cannot be read anew. What was read before is used."
            );
            return Ok(kept.text.clone());
        }
        drop(kept);
        Err(error)
    }
}

/// Whether an old secret is better than none. One that is gone, or may not be read any more, was taken away on purpose.
fn serves(error: &SecretError, age: Duration, cache_time: Duration) -> bool {
    !error.is_permanent() && age < cache_time + OVERTIME
}
