//! The metrics of hooks: how many were asked, what came of it, and how long it took.

use domain::ids::Space;
use domain::resource::HookPoint;
use metrics::{Counter, Histogram};
use tokio::time::Instant;

/// Calls of hooks, by where they are asked and what came of it.
pub const HOOKS: &str = "eventgateway_hooks_total";
/// Seconds a call of a hook took.
pub const HOOK_DURATION: &str = "eventgateway_hook_duration_seconds";

/// What came of asking a hook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HookOutcome {
    /// The event, or the answer, went on as it was.
    Unchanged,
    /// It went on as the hook has made it.
    Changed,
    /// The hook answered in place of what follows.
    Answered,
    /// It let the event go no further.
    Refused,
    /// It could not be asked, or what it said cannot be used.
    Failed,
    /// It was not asked: it keeps failing, and is left alone for a while.
    LeftAlone,
}

impl HookOutcome {
    const ALL: [Self; 6] = [
        Self::Unchanged,
        Self::Changed,
        Self::Answered,
        Self::Refused,
        Self::Failed,
        Self::LeftAlone,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Changed => "changed",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::LeftAlone => "leftAlone",
        }
    }
}

/// Counts what hooks of a space are asked.
pub(super) struct HookCounters {
    /// By point, then by outcome, in the order of their lists.
    counters: [[Counter; HookOutcome::ALL.len()]; HookPoint::ALL.len()],
    durations: [Histogram; HookPoint::ALL.len()],
}

impl HookCounters {
    pub(super) fn new(space: &Space) -> Self {
        let counter = |point: HookPoint, outcome: HookOutcome| {
            let (point, outcome) = (point.as_str(), outcome.as_str());
            metrics::counter!(HOOKS, "space" => space.to_string(), "point" => point, "outcome" => outcome)
        };
        Self {
            counters: HookPoint::ALL.map(|point| HookOutcome::ALL.map(|outcome| counter(point, outcome))),
            // Of all spaces together: a series of its own for each would be many.
            durations: HookPoint::ALL
                .map(|point| metrics::histogram!(HOOK_DURATION, "point" => point.as_str())),
        }
    }

    /// One was asked at a point; the call began then, if there was one.
    pub(super) fn count(&self, point: HookPoint, outcome: HookOutcome, began: Option<Instant>) {
        let of = HookPoint::ALL
            .iter()
            .zip(self.counters.iter().zip(&self.durations));
        for (_, (counters, duration)) in of.filter(|(known, _)| **known == point) {
            let mut counters = HookOutcome::ALL.iter().zip(counters);
            if let Some((_, counter)) = counters.find(|(known, _)| **known == outcome) {
                counter.increment(1);
            }
            if let Some(began) = began {
                duration.record(began.elapsed().as_secs_f64());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = HookOutcome::ALL.map(HookOutcome::as_str).into();
        assert_eq!(names.len(), HookOutcome::ALL.len());
    }
}
