//! Attempts at deliveries by subscription, and what came of them.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::delivery_attempt::AttemptOutcome;
use domain::ids::FunctionId;

use super::page::{Labels, Page};
use crate::metrics::descriptions::DELIVERIES;

/// What may come of an attempt, and what the label says.
const OUTCOMES: [(AttemptOutcome, &str); 5] = [
    (AttemptOutcome::Delivered, "delivered"),
    (AttemptOutcome::Retrying, "retrying"),
    (AttemptOutcome::DeadLettered, "deadLettered"),
    (AttemptOutcome::Paused, "paused"),
    (AttemptOutcome::Denied, "denied"),
];

/// What is counted of one subscription.
#[derive(Debug)]
pub(super) struct SubscriptionCounts {
    /// Its function, which no subscription changes.
    pub(super) function: FunctionId,
    outcomes: [AtomicU64; OUTCOMES.len()],
}

impl SubscriptionCounts {
    pub(super) fn new(function: FunctionId) -> Self {
        Self {
            function,
            outcomes: Default::default(),
        }
    }

    pub(super) fn count(&self, outcome: AttemptOutcome) {
        let mut counts = OUTCOMES.iter().zip(&self.outcomes);
        if let Some((_, count)) = counts.find(|((known, _), _)| *known == outcome) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes the attempts by what came of them, as far as there were such.
    pub(super) fn write(&self, page: &mut Page, labels: Labels<'_>) {
        for ((outcome, text), count) in OUTCOMES.iter().zip(&self.outcomes) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 || *outcome == AttemptOutcome::Delivered {
                page.sample(DELIVERIES.name, labels, Some(("outcome", text)), count);
            }
        }
    }
}
