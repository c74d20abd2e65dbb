//! The circuit of one function, as a state machine.

use std::time::Duration;

use domain::backoff::{Backoff, Spread};
use tokio::time::Instant;

use super::registered::Registered;
use super::settings::CircuitBreakerSettings;
use crate::metrics::CircuitPhase;

/// A change of a circuit, for logs and metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitChange {
    /// It was closed and is open for this time: the function fails.
    Opened(Duration),
    /// The probe failed; it is open again, for this time.
    Reopened(Duration),
    /// The probe succeeded; the function is back.
    Closed,
}

/// What there is to say of a circuit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CircuitCondition {
    /// What it is, unless it is closed.
    pub(crate) phase: Option<CircuitPhase>,
    /// Failures in a row while it is closed.
    pub(crate) failures: u32,
    /// How often it was opened since it was last closed.
    pub(crate) openings: u32,
    /// How long no call passes.
    pub(crate) wait: Option<Duration>,
}

/// Longest time that a circuit is open, so that its end can be written as a time.
const MOST_OPEN: Duration = Duration::from_hours(365 * 24);

/// A circuit.
#[derive(Debug)]
pub(super) struct Circuit {
    state: CircuitState,
    /// Number of the change that led to the state; calls admitted before it have no say in it.
    since: u64,
    last_asked: Instant,
    /// The function asked not to be called before.
    throttled_until: Option<Instant>,
    /// What it was called as when it last failed or asked for patience.
    registered: Registered,
}

#[derive(Debug, Clone, Copy)]
enum CircuitState {
    Closed { failures: u32 },
    Open { until: Instant, openings: u32 },
    HalfOpen { probing: bool, openings: u32 },
}

/// When a call was admitted, as the number of changes that had been made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// What a call says about its function.
#[derive(Debug, Clone, Copy)]
pub(super) enum CallReport {
    /// It is alive.
    Success,
    /// It is alive and asks for patience.
    Throttled {
        /// For so long.
        pause: Duration,
    },
    /// It fails.
    Failure {
        /// A random number from 0 up to 1.
        jitter: f64,
    },
}

impl Ticket {
    /// For a call of a function that nothing is known about.
    pub(super) fn of_closed(changes: u64) -> Self {
        Self(changes)
    }
}

impl Circuit {
    /// A closed one that every call has a say in.
    pub(super) fn new(now: Instant, registered: Registered) -> Self {
        Self {
            state: CircuitState::Closed { failures: 0 },
            since: 0,
            last_asked: now,
            throttled_until: None,
            registered,
        }
    }

    /// Lets a call pass, or says how long to wait. `changes` counts those of all circuits.
    pub(super) fn admit(
        &mut self,
        settings: &CircuitBreakerSettings,
        changes: &mut u64,
        now: Instant,
    ) -> Result<Ticket, Duration> {
        self.last_asked = now;
        if let Some(until) = self.throttled_until.filter(|until| now < *until) {
            return Err(until - now);
        }
        match self.state {
            CircuitState::Closed { .. } => Ok(Ticket(*changes)),
            CircuitState::Open { until, .. } if now < until => Err(until - now),
            // How long the probe takes is not known.
            CircuitState::HalfOpen { probing: true, .. } => Err(settings.min_open),
            CircuitState::Open { openings, .. } | CircuitState::HalfOpen { openings, .. } => {
                let probing = true;
                self.change(CircuitState::HalfOpen { probing, openings }, changes);
                Ok(Ticket(self.since))
            }
        }
    }

    /// Takes down what came of a call.
    pub(super) fn report(
        &mut self,
        ticket: Ticket,
        report: CallReport,
        settings: &CircuitBreakerSettings,
        changes: &mut u64,
        now: Instant,
    ) -> Option<CircuitChange> {
        if ticket.0 < self.since {
            return None;
        }
        self.last_asked = now;
        // A call that was under way and succeeded does not take it back.
        self.throttled_until = self.throttled_until.filter(|until| now < *until);
        if let CallReport::Throttled { pause } = report {
            self.throttled_until = self.throttled_until.max(now.checked_add(pause));
        }
        match (&mut self.state, report) {
            (CircuitState::Closed { failures }, CallReport::Success | CallReport::Throttled { .. }) => {
                *failures = 0;
                None
            }
            (CircuitState::Closed { failures }, CallReport::Failure { jitter }) => {
                *failures = failures.saturating_add(1);
                (settings.failure_threshold > 0 && *failures >= settings.failure_threshold)
                    .then(|| CircuitChange::Opened(self.open(1, jitter, settings, changes, now)))
            }
            (CircuitState::HalfOpen { .. }, CallReport::Success | CallReport::Throttled { .. }) => {
                self.change(CircuitState::Closed { failures: 0 }, changes);
                Some(CircuitChange::Closed)
            }
            (CircuitState::HalfOpen { openings, .. }, CallReport::Failure { jitter }) => {
                let openings = openings.saturating_add(1);
                Some(CircuitChange::Reopened(
                    self.open(openings, jitter, settings, changes, now),
                ))
            }
            // An open circuit admits no call.
            (CircuitState::Open { .. }, _) => None,
        }
    }

    /// Takes a call back. If it was the probe, the next one is.
    pub(super) fn withdraw(&mut self, ticket: Ticket) {
        if let CircuitState::HalfOpen { probing, .. } = &mut self.state
            && ticket.0 >= self.since
        {
            *probing = false;
        }
    }

    fn open(
        &mut self,
        openings: u32,
        jitter: f64,
        settings: &CircuitBreakerSettings,
        changes: &mut u64,
        now: Instant,
    ) -> Duration {
        let backoff = Backoff {
            first: settings.min_open,
            most: settings.max_open.min(MOST_OPEN),
            spread: Spread::FromHalf,
        };
        let open = backoff.pause(openings, 1.0 - jitter);
        let open = open.max(settings.min_open.min(MOST_OPEN));
        let until = now + open;
        self.change(CircuitState::Open { until, openings }, changes);
        open
    }

    fn change(&mut self, state: CircuitState, changes: &mut u64) {
        *changes += 1;
        self.since = *changes;
        self.state = state;
    }

    /// What it is, unless it is closed.
    pub(super) fn phase(&self, now: Instant) -> Option<CircuitPhase> {
        match self.state {
            CircuitState::Closed { .. } => None,
            CircuitState::Open { until, .. } if now < until => Some(CircuitPhase::Open),
            CircuitState::Open { .. } | CircuitState::HalfOpen { .. } => Some(CircuitPhase::HalfOpen),
        }
    }

    /// What there is to say of it; `None` where calls pass and the last one said nothing bad.
    pub(super) fn condition(&self, now: Instant) -> Option<CircuitCondition> {
        let throttled = self.throttled_until.filter(|until| now < *until);
        let (failures, openings, opens_until) = match self.state {
            CircuitState::Closed { failures: 0 } if throttled.is_none() => return None,
            CircuitState::Closed { failures } => (failures, 0, None),
            CircuitState::Open { until, openings } => (0, openings, Some(until).filter(|until| now < *until)),
            CircuitState::HalfOpen { openings, .. } => (0, openings, None),
        };
        Some(CircuitCondition {
            phase: self.phase(now),
            failures,
            openings,
            wait: throttled.max(opens_until).map(|until| until - now),
        })
    }

    /// How long nobody asked for it.
    pub(super) fn idle(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.last_asked)
    }

    /// Whether it is like a new one.
    pub(super) fn is_forgettable(&self) -> bool {
        self.since == 0
            && self.throttled_until.is_none()
            && matches!(self.state, CircuitState::Closed { failures: 0 })
    }

    /// Whether the function, or the subscription that it failed for, is another one by now.
    pub(super) fn is_outdated(&self, registered: &Registered) -> bool {
        self.registered.is_replaced_by(registered)
    }

    /// Keeps for whom the function did not do as it should.
    pub(super) fn remember(&mut self, registered: Registered, report: CallReport) {
        if !matches!(report, CallReport::Success) {
            self.registered = registered;
        }
    }
}
