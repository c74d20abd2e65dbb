//! The token of one key, and who fetches it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use super::Token;
use super::kept::{Age, Kept, Moment};
use super::shared_failure::SharedFailure;
use crate::error::InvokeError;

/// How long the call that looks for the next token early waits for it.
const EARLY_WAIT: Duration = Duration::from_secs(1);
/// Time between two early looks for the next token when they fail.
const EARLY_PAUSE: Duration = Duration::from_secs(5);
/// Time between two tokens that are dropped because a function refused them.
const FORGET_PAUSE: Duration = Duration::from_secs(5);

/// The token of one key.
#[derive(Default)]
pub(super) struct Slot {
    /// Held by the call that fetches. Its waiters queue up; one of them gets it if that call is given up.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// How many fetches have come to an end.
    finished: u64,
    /// What the last of them came to, for the calls that waited for it.
    outcome: Option<Result<Arc<str>, SharedFailure>>,
    /// When an early look for the next token failed.
    early_failure: Option<Moment>,
    /// When a token was dropped because a function refused it.
    forgotten: Option<Moment>,
}

impl Slot {
    pub(super) async fn get(
        &self,
        fetch: impl Future<Output = Result<Token, InvokeError>>,
    ) -> Result<Arc<str>, InvokeError> {
        let (good, seen) = {
            let state = self.state();
            match state.good() {
                Some((text, age)) if age == Age::Fresh || !has_passed(state.early_failure, EARLY_PAUSE) => {
                    return Ok(text);
                }
                old => (old.map(|(text, _)| text), state.finished),
            }
        };
        match good {
            Some(text) => Ok(self.fetch_early(text, fetch).await),
            None => self.wait_or_fetch(seen, fetch).await,
        }
    }

    /// Fetches, unless a call that was at it already comes to an end first.
    async fn wait_or_fetch(
        &self,
        seen: u64,
        fetch: impl Future<Output = Result<Token, InvokeError>>,
    ) -> Result<Arc<str>, InvokeError> {
        let _flight = self.flight.lock().await;
        {
            let state = self.state();
            if let Some((text, _)) = state.good() {
                return Ok(text);
            }
            if state.finished > seen
                && let Some(outcome) = &state.outcome
            {
                return outcome.clone().map_err(|failure| failure.to_error());
            }
        }
        let asked = Moment::now();
        let fetched = fetch.await;
        let mut state = self.state();
        state.finished += 1;
        match fetched {
            Ok(token) => Ok(state.keep(token, asked)),
            Err(error) => {
                let failure = SharedFailure::from(error);
                let error = failure.to_error();
                state.outcome = Some(Err(failure));
                Err(error)
            }
        }
    }

    /// The next token if nobody else is at it and it comes soon, or else the one that is still good.
    async fn fetch_early(
        &self,
        good: Arc<str>,
        fetch: impl Future<Output = Result<Token, InvokeError>>,
    ) -> Arc<str> {
        let Ok(_flight) = self.flight.try_lock() else {
            return good;
        };
        // Another call may have done it between the two locks.
        if let Some((text, Age::Fresh)) = self.state().good() {
            return text;
        }
        let asked = Moment::now();
        let fetched = timeout(EARLY_WAIT, fetch).await;
        let mut state = self.state();
        if let Ok(Ok(token)) = fetched {
            return state.keep(token, asked);
        }
        state.early_failure = Some(Moment::now());
        good
    }

    /// Drops a refused token; whether the next call gets another one.
    pub(super) fn forget(&self, refused: &str) -> bool {
        let mut state = self.state();
        let is_kept = state.kept.as_ref().is_some_and(|kept| &*kept.text == refused);
        let is_outcome = matches!(&state.outcome, Some(Ok(text)) if &**text == refused);
        if is_kept || is_outcome {
            if !has_passed(state.forgotten, FORGET_PAUSE) {
                return false;
            }
            state.forgotten = Some(Moment::now());
            state.kept = None;
            state.outcome = None;
        }
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The kept token, if its time is not over.
    fn good(&self) -> Option<(Arc<str>, Age)> {
        let kept = self.kept.as_ref()?;
        let age = kept.age(Moment::now());
        (age != Age::Over).then(|| (Arc::clone(&kept.text), age))
    }

    fn keep(&mut self, token: Token, asked: Moment) -> Arc<str> {
        let kept = Kept::new(token, asked);
        let text = Arc::clone(&kept.text);
        self.outcome = Some(Ok(Arc::clone(&text)));
        self.kept = Some(kept);
        self.early_failure = None;
        text
    }
}

fn has_passed(since: Option<Moment>, pause: Duration) -> bool {
    since.is_none_or(|since| since.is_past(pause))
}
