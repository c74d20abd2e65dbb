//! Requests to the Events API by route: which statuses they were answered with, and how long that took.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::StatusCode;

use super::durations::Durations;
use super::page::{Labels, Page};
use crate::metrics::descriptions::REQUESTS;

const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// What is counted of one route.
#[derive(Debug, Default)]
pub(super) struct RouteCounts {
    classes: [AtomicU64; CLASSES.len()],
    pub(super) durations: Durations,
}

impl RouteCounts {
    pub(super) fn count(&self, status: StatusCode, took: Duration) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        // Whatever is above is no success either.
        let count = self.classes.get(class).or(self.classes.last());
        if let Some(count) = count {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.durations.record(took);
    }

    /// Writes the requests by their statuses, as far as there were such.
    pub(super) fn write_classes(&self, page: &mut Page, labels: Labels<'_>) {
        for (class, count) in CLASSES.iter().zip(&self.classes) {
            let count = count.load(Ordering::Relaxed);
            if count > 0 {
                page.sample(REQUESTS.name, labels, Some(("code", class)), count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_classes() {
        let counts = RouteCounts::default();
        for status in [101, 200, 202, 404, 499, 503, 999] {
            counts.count(StatusCode::from_u16(status).unwrap(), Duration::ZERO);
        }
        let got = counts
            .classes
            .each_ref()
            .map(|count| count.load(Ordering::Relaxed));
        assert_eq!(got, [1, 2, 0, 2, 2]);
    }
}
