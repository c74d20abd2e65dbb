//! A histogram of durations that costs a few instructions to add to, and nothing while nobody looks at it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::page::{Labels, Page};

/// Upper bounds of the buckets: microseconds, and seconds as they are written.
const BOUNDS: [(u64, &str); 14] = [
    (1_000, "0.001"),
    (2_500, "0.0025"),
    (5_000, "0.005"),
    (10_000, "0.01"),
    (25_000, "0.025"),
    (50_000, "0.05"),
    (100_000, "0.1"),
    (250_000, "0.25"),
    (500_000, "0.5"),
    (1_000_000, "1"),
    (2_500_000, "2.5"),
    (5_000_000, "5"),
    (10_000_000, "10"),
    (30_000_000, "30"),
];

/// Durations, counted by how long they are.
#[derive(Debug, Default)]
pub(super) struct Durations {
    /// Those up to each bound and above the one before; the last are those above all.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Durations {
    /// Adds one.
    pub(super) fn record(&self, took: Duration) {
        let seconds = took.as_secs().saturating_mul(1_000_000);
        let micros = seconds.saturating_add(took.subsec_micros().into());
        let bucket = BOUNDS.partition_point(|(bound, _)| *bound < micros);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Writes them as the histogram of this name.
    pub(super) fn write(&self, page: &mut Page, name: &str, labels: Labels<'_>) {
        let (mut total, bucket_name) = (0, format!("{name}_bucket"));
        let bounds = BOUNDS.iter().map(|(_, text)| *text).chain(["+Inf"]);
        for (bucket, bound) in self.buckets.iter().zip(bounds) {
            total += bucket.load(Ordering::Relaxed);
            page.sample(&bucket_name, labels, Some(("le", bound)), total);
        }
        let seconds = Duration::from_micros(self.micros.load(Ordering::Relaxed)).as_secs_f64();
        page.sample(&format!("{name}_sum"), labels, None, seconds);
        page.sample(&format!("{name}_count"), labels, None, total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_their_buckets_and_are_written_as_seconds() {
        for (micros, text) in BOUNDS {
            let seconds: f64 = text.parse().unwrap();
            assert_eq!(Duration::from_secs_f64(seconds), Duration::from_micros(micros));
        }
        let durations = Durations::default();
        for micros in [0, 1_000, 1_001, 30_000_000, 30_000_001] {
            durations.record(Duration::from_micros(micros));
        }
        durations.record(Duration::MAX);
        let counts = durations
            .buckets
            .each_ref()
            .map(|bucket| bucket.load(Ordering::Relaxed));
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
    }

    #[test]
    fn buckets_are_written_as_totals() {
        let durations = Durations::default();
        for millis in [1, 20, 20, 60_000] {
            durations.record(Duration::from_millis(millis));
        }
        let mut page = Page::default();
        durations.write(&mut page, "d", &[("space", "s")]);
        let page = page.into_text();
        for line in [
            "d_bucket{space=\"s\",le=\"0.001\"} 1\n",
            "d_bucket{space=\"s\",le=\"0.01\"} 1\n",
            "d_bucket{space=\"s\",le=\"0.025\"} 3\n",
            "d_bucket{space=\"s\",le=\"30\"} 3\n",
            "d_bucket{space=\"s\",le=\"+Inf\"} 4\n",
            "d_sum{space=\"s\"} 60.041\n",
            "d_count{space=\"s\"} 4\n",
        ] {
            assert!(page.contains(line), "{line}{page}");
        }
    }
}
