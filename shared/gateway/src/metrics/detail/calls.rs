//! Calls of functions, whoever has a reason for one: how many, what came of them, and how long they took.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::time::Instant;

use super::durations::Durations;
use super::page::{Labels, Page};
use super::series::Kept;
use crate::metrics::descriptions::FUNCTION_CALLS;

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    /// The function took the event.
    Success,
    /// It answered that it will not take it, now or ever: a status of 3xx or 4xx.
    Rejected,
    /// It asks for fewer calls.
    Throttled,
    /// It failed, or its provider did.
    Failed,
    /// It says that it is gone for good.
    Gone,
    /// It did not answer in time.
    TimedOut,
    /// It could not be reached.
    Unavailable,
    /// The gateway may not call it.
    AccessDenied,
    /// It answered more than is taken.
    TooLarge,
    /// The gateway had no room for its answer.
    Overloaded,
    /// Whoever made the call did not wait for its end.
    Abandoned,
}

impl CallOutcome {
    const ALL: [Self; 11] = [
        Self::Success,
        Self::Rejected,
        Self::Throttled,
        Self::Failed,
        Self::Gone,
        Self::TimedOut,
        Self::Unavailable,
        Self::AccessDenied,
        Self::TooLarge,
        Self::Overloaded,
        Self::Abandoned,
    ];

    /// Its value of a label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Rejected => "rejected",
            Self::Throttled => "throttled",
            Self::Failed => "failed",
            Self::Gone => "gone",
            Self::TimedOut => "timedOut",
            Self::Unavailable => "unavailable",
            Self::AccessDenied => "accessDenied",
            Self::TooLarge => "tooLarge",
            Self::Overloaded => "overloaded",
            Self::Abandoned => "abandoned",
        }
    }
}

/// What is counted of one function.
#[derive(Debug, Default)]
pub(super) struct FunctionCounts {
    /// In the order of [`CallOutcome::ALL`], which is that of the variants.
    outcomes: [AtomicU64; CallOutcome::ALL.len()],
    began: AtomicU64,
    ended: AtomicU64,
    pub(super) durations: Durations,
    /// Calls that a limit had wait, or be refused.
    pub(super) limited: AtomicU64,
}

/// A call that is counted: it has been abandoned if this is dropped before its end.
#[derive(Debug)]
pub(crate) struct CountedCall(Option<Counted>);

#[derive(Debug)]
struct Counted {
    function: Arc<Kept<FunctionCounts>>,
    began: Instant,
}

impl CountedCall {
    /// One that nobody counts.
    pub(crate) fn uncounted() -> Self {
        Self(None)
    }

    pub(super) fn new(function: Arc<Kept<FunctionCounts>>, began: Instant) -> Self {
        function.began.fetch_add(1, Ordering::Relaxed);
        Self(Some(Counted { function, began }))
    }

    /// It is over; nobody asks for its outcome if it is not counted.
    pub(crate) fn ended(mut self, outcome: impl FnOnce() -> CallOutcome) {
        if let Some(counted) = self.0.take() {
            counted.end(outcome());
        }
    }
}

impl Drop for CountedCall {
    fn drop(&mut self) {
        if let Some(counted) = self.0.take() {
            counted.end(CallOutcome::Abandoned);
        }
    }
}

impl Counted {
    fn end(self, outcome: CallOutcome) {
        let Self { function, began } = self;
        function.ended.fetch_add(1, Ordering::Relaxed);
        if let Some(count) = function.outcomes.get(outcome as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        function.durations.record(began.elapsed());
    }
}

impl FunctionCounts {
    /// Calls in progress.
    pub(super) fn in_flight(&self) -> u64 {
        // In this order: a call that ends in between must not be one that never began.
        let ended = self.ended.load(Ordering::Acquire);
        self.began.load(Ordering::Acquire).saturating_sub(ended)
    }

    /// Writes the calls by what came of them, as far as there were such.
    pub(super) fn write_outcomes(&self, page: &mut Page, labels: Labels<'_>) {
        for (outcome, count) in CallOutcome::ALL.iter().zip(&self.outcomes) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 || *outcome == CallOutcome::Success {
                page.sample(
                    FUNCTION_CALLS.name,
                    labels,
                    Some(("outcome", outcome.as_str())),
                    count,
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::detail::series::{DetailLimits, Series};

    #[test]
    fn outcomes_are_in_the_order_of_the_variants() {
        for (at, outcome) in CallOutcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, at);
        }
    }

    #[tokio::test]
    async fn calls_are_in_flight_until_their_end() {
        let series = Series::new(DetailLimits::default());
        let function = series.get(&"s".into(), "f", 0, FunctionCounts::default);
        let call = || CountedCall::new(Arc::clone(&function), Instant::now());
        let (first, second) = (call(), call());
        assert_eq!(function.in_flight(), 2);
        first.ended(|| CallOutcome::TimedOut);
        drop(second);
        CountedCall::uncounted().ended(|| panic!("nobody asks"));
        assert_eq!(function.in_flight(), 0);
        let mut page = Page::default();
        function.write_outcomes(&mut page, &[]);
        let lines = ["success\"} 0", "timedOut\"} 1", "abandoned\"} 1"];
        let lines = lines.map(|line| format!("eventgateway_function_calls_total{{outcome=\"{line}\n"));
        assert_eq!(page.into_text(), lines.concat());
    }
}
