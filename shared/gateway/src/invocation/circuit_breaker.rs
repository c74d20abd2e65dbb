//! Circuit breakers: a function that keeps failing is left alone for a while, so that it cannot take the workers from
//! the others.
//!
//! A circuit is closed at first: calls pass. Failures in a row open it: no call passes. After a while it is half-open:
//! one call, the probe, passes and decides whether the circuit closes or opens again, for longer.
//!
//! A function that asks for fewer calls is left alone for the time that it names; that is no failure. All of it is
//! forgotten as soon as the function, or the subscription that it was called for, is replaced: who mends a function is
//! not to wait.

mod circuit;
mod registered;
mod settings;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::foremost::foremost;
use domain::ids::{FunctionId, Space};
use tokio::time::Instant;

pub use circuit::CircuitChange;
pub(crate) use circuit::CircuitCondition;
use circuit::{CallReport, Circuit, Ticket};
pub use registered::Registered;
pub use settings::CircuitBreakerSettings;

use crate::metrics::CircuitPhase;

/// How long a circuit is remembered that nobody asks for, besides the time that it can be open: longer than any call
/// takes, so that no call outlives what is known of its circuit.
const FORGET_AFTER: Duration = Duration::from_hours(1);
/// Circuits from which on idle ones are looked for.
const SWEEP_FROM: usize = 1024;

/// The circuits of all functions. A handle: clones share them.
#[derive(Debug, Clone)]
pub struct CircuitBreakers(Arc<CircuitRegistry>);

#[derive(Debug)]
struct CircuitRegistry {
    settings: CircuitBreakerSettings,
    circuits: Mutex<Circuits>,
}

#[derive(Debug)]
struct Circuits {
    /// A function that is not here has a closed circuit without a failure.
    by_function: HashMap<FunctionKey, Circuit>,
    /// Changes of all circuits; tells calls of before a change from those after it.
    changes: u64,
    sweep_at: usize,
}

type FunctionKey = (Space, FunctionId);

/// Whether a function may be called.
#[derive(Debug)]
pub enum CircuitAdmission {
    /// It may; what comes of it is to be reported.
    Call(CallPermit),
    /// Not before this time is over. Whoever asks then may have to wait again.
    Wait(Duration),
}

/// A call that may be made. Dropped without a report it says nothing about the function.
#[derive(Debug)]
#[must_use = "what comes of the call is to be reported"]
pub struct CallPermit {
    /// `None` once it is reported, or where nothing is counted.
    call: Option<PermittedCall>,
}

#[derive(Debug)]
struct PermittedCall {
    registry: Arc<CircuitRegistry>,
    function: FunctionKey,
    registered: Registered,
    ticket: Ticket,
}

impl CircuitBreakers {
    /// All circuits closed.
    pub fn new(settings: CircuitBreakerSettings) -> Self {
        Self(Arc::new(CircuitRegistry {
            settings,
            circuits: Mutex::new(Circuits {
                by_function: HashMap::new(),
                changes: 0,
                sweep_at: SWEEP_FROM,
            }),
        }))
    }

    /// Asks to call a function that is registered like this.
    pub fn admit(
        &self,
        space: &Space,
        function: &FunctionId,
        registered: Registered,
        now: Instant,
    ) -> CircuitAdmission {
        let function = (space.clone(), function.clone());
        let mut circuits = self.0.circuits();
        let Circuits {
            by_function, changes, ..
        } = &mut *circuits;
        if by_function
            .get(&function)
            .is_some_and(|circuit| circuit.is_outdated(&registered))
        {
            by_function.remove(&function);
        }
        let admitted = match by_function.get_mut(&function) {
            Some(circuit) => circuit.admit(&self.0.settings, changes, now),
            None => Ok(Ticket::of_closed(*changes)),
        };
        drop(circuits);
        match admitted {
            Ok(ticket) => {
                let registry = self.0.clone();
                let call = Some(PermittedCall {
                    registry,
                    function,
                    registered,
                    ticket,
                });
                CircuitAdmission::Call(CallPermit { call })
            }
            Err(wait) => CircuitAdmission::Wait(wait),
        }
    }

    /// How many circuits there is something to say of, and so many of them at the most: those that were opened most often
    /// first.
    pub(crate) fn conditions(
        &self,
        now: Instant,
        most: usize,
    ) -> (usize, Vec<(FunctionKey, CircuitCondition)>) {
        let circuits = self.0.circuits();
        let known = circuits.by_function.iter();
        let known: Vec<_> = known
            .filter_map(|(function, circuit)| Some((function, circuit.condition(now)?)))
            .collect();
        let count = known.len();
        let badness = |condition: &CircuitCondition| Reverse((condition.openings, condition.failures));
        let worst = foremost(known, most, |a, b| {
            (badness(&a.1), a.0).cmp(&(badness(&b.1), b.0))
        });
        let worst = worst.into_iter();
        (
            count,
            worst
                .map(|(function, condition)| (function.clone(), condition))
                .collect(),
        )
    }

    /// The circuits that are not closed, and what they are.
    pub(crate) fn unclosed(&self, now: Instant) -> HashMap<(Space, FunctionId), CircuitPhase> {
        let circuits = self.0.circuits();
        let known = circuits.by_function.iter();
        known
            .filter_map(|(function, circuit)| Some((function.clone(), circuit.phase(now)?)))
            .collect()
    }
}

impl CallPermit {
    /// The kind of the function, where it is known.
    pub(crate) fn provider(&self) -> Option<&'static str> {
        let function = self.call.as_ref()?.registered.function.as_ref()?;
        Some(function.provider.type_name())
    }

    /// The function answered: it took the event, refused it, or asked for fewer calls. It is alive.
    pub fn success(mut self, now: Instant) -> Option<CircuitChange> {
        self.call.take()?.report(CallReport::Success, now)
    }

    /// The function is alive and asked not to be called for a while.
    pub fn throttled(mut self, now: Instant, pause: Duration) -> Option<CircuitChange> {
        self.call.take()?.report(CallReport::Throttled { pause }, now)
    }

    /// The function failed in a way that may pass: no connection, no answer in time, an error of its own. `jitter`, a
    /// random number from 0 up to 1, takes up to half of the time that the circuit is open, but nothing of the first.
    pub fn failure(mut self, now: Instant, jitter: f64) -> Option<CircuitChange> {
        self.call.take()?.report(CallReport::Failure { jitter }, now)
    }

    /// The call was not made, or says nothing about the function. Another one may be the probe.
    pub fn ignore(self) {
        drop(self);
    }
}

impl Drop for CallPermit {
    fn drop(&mut self) {
        if let Some(PermittedCall {
            registry,
            function,
            ticket,
            ..
        }) = self.call.take()
            && let Some(circuit) = registry.circuits().by_function.get_mut(&function)
        {
            circuit.withdraw(ticket);
        }
    }
}

impl PermittedCall {
    fn report(self, report: CallReport, now: Instant) -> Option<CircuitChange> {
        let mut circuits = self.registry.circuits();
        let Circuits {
            by_function,
            changes,
            sweep_at,
        } = &mut *circuits;
        let Some(circuit) = by_function.get_mut(&self.function) else {
            let is_counted = self.registry.settings.failure_threshold > 0;
            match report {
                CallReport::Success => return None,
                CallReport::Failure { .. } if !is_counted => return None,
                CallReport::Failure { .. } | CallReport::Throttled { .. } => {}
            }
            if by_function.len() >= *sweep_at {
                let kept = FORGET_AFTER.saturating_add(self.registry.settings.max_open);
                by_function.retain(|_, circuit| circuit.idle(now) < kept);
                *sweep_at = SWEEP_FROM.max(by_function.len() * 2);
            }
            let mut circuit = Circuit::new(now, self.registered);
            let change = circuit.report(self.ticket, report, &self.registry.settings, changes, now);
            by_function.insert(self.function, circuit);
            return change;
        };
        if circuit.is_outdated(&self.registered) {
            return None;
        }
        circuit.remember(self.registered, report);
        let change = circuit.report(self.ticket, report, &self.registry.settings, changes, now);
        if circuit.is_forgettable() {
            by_function.remove(&self.function);
        }
        change
    }
}

impl CircuitRegistry {
    fn circuits(&self) -> MutexGuard<'_, Circuits> {
        self.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
