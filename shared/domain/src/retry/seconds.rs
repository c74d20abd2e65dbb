//! Times on the wire: JSON numbers of seconds, fractions allowed.

use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time in milliseconds that is written as a JSON number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(Duration);

impl Seconds {
    /// The time.
    pub fn duration(self) -> Duration {
        self.0
    }

    /// So many seconds, to the nearest millisecond; `None` when they are negative, no number or beyond all times.
    pub fn from_number(seconds: f64) -> Option<Self> {
        // Half a millisecond more: what is cut off below must not be what binary fractions lack, as 0.29 does.
        let time = Duration::try_from_secs_f64(seconds + 0.000_5).ok()?;
        (seconds >= 0.0).then_some(time.into())
    }
}

impl From<Duration> for Seconds {
    /// Cuts off what is below a millisecond.
    fn from(time: Duration) -> Self {
        Self(Duration::new(time.as_secs(), time.subsec_millis() * 1_000_000))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.subsec_millis() == 0 {
            return serializer.serialize_u64(self.0.as_secs());
        }
        // One division of exact numbers gives the number that has the fewest digits; sums of fractions may not.
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds are exact for 285,000 years"
        )]
        let milliseconds = self.0.as_millis() as f64;
        serializer.serialize_f64(milliseconds / 1000.0)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Self::from_number(seconds).ok_or_else(|| D::Error::custom("not a number of seconds"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::retry::MOST_DELAY;

    #[test]
    fn numbers() {
        for (text, milliseconds, written) in [
            ("0", 0, "0"),
            ("-0.0", 0, "0"),
            ("0.05", 50, "0.05"),
            ("0.29", 290, "0.29"),
            ("0.001", 1, "0.001"),
            ("0.0004", 0, "0"),
            ("0.0006", 1, "0.001"),
            ("0.9999", 1000, "1"),
            ("1", 1000, "1"),
            ("1.0", 1000, "1"),
            ("1.5e1", 15_000, "15"),
            ("4.35", 4350, "4.35"),
            ("43199.999", 43_199_999, "43199.999"),
            ("43200", 43_200_000, "43200"),
        ] {
            let seconds: Seconds = serde_json::from_str(text).unwrap();
            assert_eq!(seconds.duration(), Duration::from_millis(milliseconds), "{text}");
            assert_eq!(serde_json::to_string(&seconds).unwrap(), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "-1", "-0.0001", "1e300", "1e20", "1e400", "null", "\"1\"", "[1]", "true",
        ] {
            assert!(serde_json::from_str::<Seconds>(text).is_err(), "{text}");
        }
        for number in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MAX,
            -f64::EPSILON,
        ] {
            assert_eq!(Seconds::from_number(number), None, "{number}");
        }
    }

    #[test]
    fn only_milliseconds_are_kept() {
        assert_eq!(
            Seconds::from(Duration::from_nanos(1_000_999_999)).duration(),
            Duration::from_secs(1)
        );
    }

    proptest! {
        #[test]
        fn every_time_survives_and_keeps_its_digits(milliseconds in 0..=u64::try_from(MOST_DELAY.as_millis()).unwrap()) {
            let time = Seconds::from(Duration::from_millis(milliseconds));
            let text = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(serde_json::from_str::<Seconds>(&text).unwrap(), time);
            let digits = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
            prop_assert!(digits <= 3, "{}", text);
        }
    }
}
