//! The place of a resource in the order of creation as a time: the microseconds since the Unix epoch, or a little more where
//! several were created in one. What a store of an earlier version has is counted from 1, so that it reads as the first
//! moments of 1970: the order is right, the time is not known.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Stored;

impl<R> Stored<R> {
    /// When it was created, as RFC 3339 in UTC; empty where that is beyond the year 9999.
    pub fn created_at(&self) -> String {
        let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.created) * 1000);
        let text = time.ok().and_then(|time| time.format(&Rfc3339).ok());
        text.unwrap_or_default()
    }
}

/// The place in the order of creation that a time stands for; `None` if it is no time in RFC 3339 since 1970.
pub fn created_from(text: &str) -> Option<u64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(time.unix_timestamp_nanos().div_euclid(1000)).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn times_lead_back_to_their_places() {
        for (created, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (12, "1970-01-01T00:00:00.000012Z"),
            (1_795_255_201_250_000, "2026-11-21T10:00:01.25Z"),
            (1_795_255_201_250_001, "2026-11-21T10:00:01.250001Z"),
        ] {
            let resource = Arc::new(());
            assert_eq!(Stored { resource, created }.created_at(), text);
            assert_eq!(created_from(text), Some(created));
        }
        assert_eq!(
            created_from("2026-11-21T11:00:01.25+01:00"),
            Some(1_795_255_201_250_000)
        );
        for text in ["", "today", "1969-12-31T23:59:59Z", "2026-11-21"] {
            assert_eq!(created_from(text), None, "{text}");
        }
        let resource = Arc::new(());
        let created = u64::MAX;
        assert_eq!(Stored { resource, created }.created_at(), "");
    }
}
