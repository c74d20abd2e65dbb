//! The clocks of the machine: points in time, how long ago they were, and the time as others are told it, counted from
//! the Unix epoch.

use std::time::{Duration, SystemTime};

pub use moment::Moment;
pub use time_source::TimeSource;

mod moment;
mod time_source;

/// The time now by the clock on the wall, in milliseconds since the Unix epoch.
pub fn epoch_millis() -> u64 {
    millis(since_epoch(SystemTime::now()))
}

/// A time of the clock on the wall as that since the Unix epoch; nothing for those before it.
pub fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// A time in whole milliseconds: what is below one is cut off, what 64 bits cannot hold is as much as they can.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_from_the_epoch_in_whole_milliseconds() {
        let epoch = SystemTime::UNIX_EPOCH;
        for (time, want) in [
            (epoch, 0),
            (epoch - Duration::from_secs(1), 0),
            (epoch + Duration::from_micros(1_999), 1),
            (epoch + Duration::from_secs(1_795_255_201), 1_795_255_201_000),
        ] {
            assert_eq!(millis(since_epoch(time)), want, "{time:?}");
        }
        assert_eq!(millis(Duration::MAX), u64::MAX);
        // In 2020 there was none of this.
        assert!(epoch_millis() > 1_577_836_800_000);
    }
}
