//! The token of one key, and the request for the next one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use clocks::Moment;
use tokio::sync::watch;

use super::kept::{Age, Kept, now};
use super::shared_failure::SharedFailure;
use super::{FETCH_LIMIT, Token};
use crate::error::InvokeError;
use crate::http::{caller, carried, carrying, on_behalf_of};

/// Time between two early requests for the next token when they fail.
const EARLY_PAUSE: Duration = Duration::from_secs(5);
/// Time between two tokens that are dropped because a function refused them.
const FORGET_PAUSE: Duration = Duration::from_secs(5);

/// What a request came to, for the calls that wait for it.
type Outcome = Result<Arc<str>, SharedFailure>;

/// The token of one key.
#[derive(Default)]
pub(super) struct Slot {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: Option<Kept>,
    /// The last request.
    flight: Option<Flight>,
    /// When a request failed that no other has succeeded since.
    failed: Option<Moment>,
    /// When a token was dropped because a function refused it.
    forgotten: Option<Moment>,
}

/// A request for a token.
struct Flight {
    asked: Moment,
    /// `None` until the request is over.
    outcome: watch::Receiver<Option<Outcome>>,
}

/// A token request that was ended with the runtime.
#[derive(Debug, thiserror::Error)]
#[error("the token request was stopped")]
struct Stopped;

impl Slot {
    pub(super) async fn get<F>(self: &Arc<Self>, fetch: impl FnOnce() -> F) -> Result<Arc<str>, InvokeError>
    where
        F: Future<Output = Result<Token, InvokeError>> + Send + 'static,
    {
        let mut outcome = {
            let mut state = self.state();
            match state.good() {
                Some((text, Age::Fresh)) => return Ok(text),
                Some((text, _)) => {
                    if has_passed(state.failed, EARLY_PAUSE) {
                        self.join(&mut state, fetch);
                    }
                    return Ok(text);
                }
                None => self.join(&mut state, fetch),
            }
        };
        let outcome = outcome.wait_for(Option::is_some).await;
        match outcome.ok().and_then(|outcome| outcome.clone()) {
            Some(outcome) => outcome.map_err(|failure| failure.to_error()),
            None => Err(InvokeError::unavailable(Stopped)),
        }
    }

    /// What the request under way will come to; one is started if there is none. It goes on when the calls that wait
    /// for it end: the next one is glad of it.
    fn join<F>(
        self: &Arc<Self>,
        state: &mut State,
        fetch: impl FnOnce() -> F,
    ) -> watch::Receiver<Option<Outcome>>
    where
        F: Future<Output = Result<Token, InvokeError>> + Send + 'static,
    {
        if let Some(flight) = state.flight.as_ref().filter(|flight| flight.is_under_way()) {
            return flight.outcome.clone();
        }
        let (tell, outcome) = watch::channel(None);
        // Before, not after: the token may be as old as the question.
        let asked = now();
        let (slot, fetched) = (Arc::clone(self), fetch());
        let space = caller();
        // The token server may be the gateway itself.
        tokio::spawn(carrying(carried(), async move {
            let fetched = on_behalf_of(space.as_ref(), fetched).await;
            let outcome = slot.state().finish(fetched, asked);
            tell.send_replace(Some(outcome));
        }));
        state.flight = Some(Flight {
            asked,
            outcome: outcome.clone(),
        });
        outcome
    }

    /// Drops a refused token; whether the next call gets another one.
    pub(super) fn forget(&self, refused: &str) -> bool {
        let mut state = self.state();
        if state.kept.as_ref().is_some_and(|kept| &*kept.text == refused) {
            if !has_passed(state.forgotten, FORGET_PAUSE) {
                return false;
            }
            state.forgotten = Some(now());
            state.kept = None;
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
        let age = kept.age(now());
        (age != Age::Over).then(|| (Arc::clone(&kept.text), age))
    }

    fn finish(&mut self, fetched: Result<Token, InvokeError>, asked: Moment) -> Outcome {
        // Those that come from now on do not wait for it any more.
        self.flight = None;
        match fetched {
            Ok(token) => {
                let kept = Kept::new(token, asked);
                let text = Arc::clone(&kept.text);
                self.kept = Some(kept);
                self.failed = None;
                Ok(text)
            }
            Err(error) => {
                self.failed = Some(now());
                Err(error.into())
            }
        }
    }
}

impl Flight {
    /// Whether it is worth waiting for: not if its task is gone, nor if it should have ended by now. The instance of a
    /// Lambda function may have slept meanwhile, and nothing is left of the connection.
    fn is_under_way(&self) -> bool {
        self.outcome.has_changed().is_ok() && !has_passed(Some(self.asked), FETCH_LIMIT)
    }
}

fn has_passed(since: Option<Moment>, pause: Duration) -> bool {
    since.is_none_or(|since| since.least_age(now()) >= pause)
}
