//! Keeps a flood of one message from drowning the log: of each message a second's first hundred are logged, then
//! every hundredth (docs/contract.md §6).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use records::DELIVERY_LOG_TARGET;
use tracing::callsite::Identifier;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

const FIRST: u64 = 100;
const THEREAFTER: u64 = 100;

/// A filter that lets only a sample of equal messages through.
#[derive(Debug)]
pub(crate) struct LogSampling {
    started: Instant,
    counts: Mutex<HashMap<Identifier, Count>>,
}

#[derive(Debug, Default)]
struct Count {
    second: u64,
    messages: u64,
}

impl Default for LogSampling {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            counts: Mutex::default(),
        }
    }
}

impl Count {
    /// Counts a message; whether it is part of the sample.
    fn admit(&mut self, second: u64) -> bool {
        if self.second != second {
            *self = Self { second, messages: 0 };
        }
        self.messages += 1;
        self.messages <= FIRST || (self.messages - FIRST).is_multiple_of(THEREAFTER)
    }
}

impl<S: Subscriber> Filter<S> for LogSampling {
    fn enabled(&self, _: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        true
    }

    fn event_enabled(&self, event: &Event<'_>, _: &Context<'_, S>) -> bool {
        if event.metadata().target() == DELIVERY_LOG_TARGET {
            return true;
        }
        let second = self.started.elapsed().as_secs();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .entry(event.metadata().callsite())
            .or_default()
            .admit(second)
    }
}

#[cfg(test)]
mod tests {
    use super::Count;

    #[test]
    fn a_flood_is_thinned_out() {
        let mut count = Count::default();
        let admitted = (0..1000).filter(|_| count.admit(0)).count();
        assert_eq!(admitted, 100 + 9);
        assert!(count.admit(1));
    }
}
