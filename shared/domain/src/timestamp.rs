//! A time that resources hold: in JSON as RFC 3339 in UTC, here as a number that is compared without reading a text.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(u64);

/// A text that is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it must be a time in RFC 3339, of the years 1970 to 9999")]
pub struct NoTimestamp;

impl Timestamp {
    /// The latest one: the last millisecond of the year 9999.
    const LATEST: u64 = 253_402_300_799_999;

    /// The time so many milliseconds after the Unix epoch, in the year 9999 at the latest.
    pub fn of_millis(millis: u64) -> Self {
        Self(millis.min(Self::LATEST))
    }

    /// Reads a time in RFC 3339, of any offset; what is below a millisecond is cut off.
    pub fn parse(text: &str) -> Result<Self, NoTimestamp> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| NoTimestamp)?;
        let millis = time.unix_timestamp_nanos().div_euclid(1_000_000);
        let millis = u64::try_from(millis).map_err(|_| NoTimestamp)?;
        if millis > Self::LATEST {
            return Err(NoTimestamp);
        }
        Ok(Self(millis))
    }

    /// Milliseconds since the Unix epoch.
    pub fn millis(self) -> u64 {
        self.0
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        let nanos = i128::from(timestamp.0) * 1_000_000;
        let time = OffsetDateTime::from_unix_timestamp_nanos(nanos).ok();
        time.and_then(|time| time.format(&Rfc3339).ok())
            .unwrap_or_default()
    }
}

impl TryFrom<String> for Timestamp {
    type Error = NoTimestamp;

    fn try_from(text: String) -> Result<Self, NoTimestamp> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_and_written() {
        for (text, millis, written) in [
            ("1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00Z"),
            (
                "2026-11-30T12:00:00.5+01:00",
                1_796_036_400_500,
                "2026-11-30T11:00:00.5Z",
            ),
            (
                "9999-12-31T23:59:59.9999Z",
                Timestamp::LATEST,
                "9999-12-31T23:59:59.999Z",
            ),
        ] {
            let read = Timestamp::parse(text).unwrap();
            assert_eq!(read.millis(), millis, "{text}");
            assert_eq!(String::from(read), written);
        }
        for text in [
            "",
            "2026-11-30",
            "1969-12-31T23:59:59Z",
            "tomorrow",
            "2026-11-30T12:00:00",
        ] {
            assert_eq!(Timestamp::parse(text), Err(NoTimestamp), "{text}");
        }
        assert_eq!(Timestamp::of_millis(u64::MAX).millis(), Timestamp::LATEST);
    }
}
