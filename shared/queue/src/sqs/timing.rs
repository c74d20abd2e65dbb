//! When messages are shown: how long SQS holds one back, and what to do where it cannot for so long.

use std::time::Duration;

use tokio::time::Instant;

/// Longest time that SQS holds a message back when it is sent, in milliseconds.
const MAX_DELAY: u64 = 900_000;
/// Longest time for which a message is hidden, counted from when it arrived here. SQS allows twelve hours, and counts from
/// when it handed the message out.
const MAX_HIDDEN: Duration = Duration::from_mins(12 * 60 - 1);
/// Age from which a message is sent anew instead of being hidden. SQS drops what is 14 days old, also while it waits
/// for its next attempt.
const RENEWAL_AGE: Duration = Duration::from_hours(10 * 24);

/// The wait for a delivery to be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Wait {
    /// Seconds for which SQS is to hold the message back.
    pub(super) delay_seconds: i32,
    /// When it is due, in milliseconds since the Unix epoch, if that is later still.
    pub(super) not_before: Option<u64>,
}

/// Whole seconds that are not less than a time, as SQS takes them.
pub(super) fn seconds(time: Duration) -> i32 {
    let rounded = time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0));
    rounded.try_into().unwrap_or(i32::MAX)
}

/// The wait from `now` until something is `due`.
pub(super) fn wait(due: u64, now: u64) -> Wait {
    let left = due.saturating_sub(now);
    Wait {
        delay_seconds: seconds(Duration::from_millis(left.min(MAX_DELAY))),
        // Rounded up like the delay, so that deliveries which are due within the same second share a message.
        not_before: (left > MAX_DELAY).then(|| due.div_ceil(1000).saturating_mul(1000)),
    }
}

/// For how long a message can still be hidden that was received then.
pub(super) fn hideable(received: Instant) -> Duration {
    MAX_HIDDEN.saturating_sub(received.elapsed())
}

/// Whether a message that was sent then is still there after a pause, with time to spare.
pub(super) fn outlives(sent_at: u64, now: u64, pause: Duration) -> bool {
    Duration::from_millis(now.saturating_sub(sent_at)) + pause <= RENEWAL_AGE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_before_it_is_due() {
        for (due, delay_seconds, not_before) in [
            (0, 0, None),
            (5_000, 0, None),
            (5_001, 1, None),
            (6_000, 1, None),
            (905_000, 900, None),
            (905_001, 900, Some(906_000)),
            (u64::MAX, 900, Some(u64::MAX)),
        ] {
            let want = Wait {
                delay_seconds,
                not_before,
            };
            assert_eq!(wait(due, 5_000), want, "{due}");
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        for (milliseconds, want) in [(0, 0), (1, 1), (1_000, 1), (1_001, 2)] {
            assert_eq!(seconds(Duration::from_millis(milliseconds)), want);
        }
        assert_eq!(seconds(Duration::MAX), i32::MAX);
    }

    #[test]
    fn messages_are_sent_anew_long_before_they_are_dropped() {
        let day = 24 * 3_600_000;
        let pause = Duration::from_hours(12);
        assert!(outlives(0, 9 * day, pause));
        assert!(!outlives(0, 10 * day, pause));
        // A clock that is behind that of SQS.
        assert!(outlives(day, 0, pause));
    }
}
