//! How many attempts the delivery log left out.

/// Attempts that the delivery log left out: the disk did not keep up, failed, or they are too large.
pub const DELIVERY_LOG_DROPPED: &str = "eventgateway_delivery_log_dropped_total";

/// Counts attempts that the log left out.
pub(super) fn count_dropped(attempts: u64) {
    metrics::counter!(DELIVERY_LOG_DROPPED).increment(attempts);
}
