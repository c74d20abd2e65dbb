//! The period that is asked for: whole hours, or whole days, in UTC.

use std::ops::Range;

use domain::timestamp::Timestamp;
use domain::usage::{DAY_HOURS, HOUR_MILLIS, hour_of};
use serde::Serialize;

use crate::config::parameters::{InvalidRequest, Query};

/// Length of the periods of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Granularity {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) granularity: Granularity,
    /// Hours since 1970.
    pub(super) hours: Range<u64>,
}

impl Granularity {
    fn hours(self) -> u64 {
        match self {
            Self::Hour => 1,
            Self::Day => DAY_HOURS,
        }
    }

    /// Most days that an answer tells of.
    fn most_days(self) -> u64 {
        match self {
            Self::Hour => 31,
            Self::Day => 366,
        }
    }

    /// Days before the end that are told of unless the request says.
    fn usual_days(self) -> u64 {
        match self {
            Self::Hour => 1,
            Self::Day => 30,
        }
    }

    /// The first hour of the period that an hour is in.
    pub(super) fn start(self, hour: u64) -> u64 {
        hour - hour % self.hours()
    }
}

impl Period {
    /// What a query asks for at a time in milliseconds since 1970.
    pub(super) fn of(query: &Query, now: u64) -> Result<Self, InvalidRequest> {
        let granularity = match query.get("granularity") {
            None | Some("day") => Granularity::Day,
            Some("hour") => Granularity::Hour,
            Some(_) => return Err(InvalidRequest::Granularity),
        };
        let time = |name: &'static str| query.get(name).map(|text| read(name, text)).transpose();
        let last = time("to")?.unwrap_or(now);
        // A time within a period, or at its end, is of that period.
        let end = last.div_ceil(granularity.hours() * HOUR_MILLIS) * granularity.hours();
        let first = match time("from")? {
            Some(first) if first >= last => return Err(InvalidRequest::Backwards),
            Some(first) => hour_of(first),
            None => end.saturating_sub(granularity.usual_days() * DAY_HOURS),
        };
        let hours = granularity.start(first)..end;
        let days = granularity.most_days();
        if hours.end.saturating_sub(hours.start) > days * DAY_HOURS {
            return Err(InvalidRequest::TooLong { days });
        }
        Ok(Self { granularity, hours })
    }
}

/// A time in milliseconds since 1970; a date is its first moment.
fn read(name: &'static str, text: &str) -> Result<u64, InvalidRequest> {
    let is_date = text.len() == "2026-11-30".len();
    let time = if is_date {
        Timestamp::parse(&format!("{text}T00:00:00Z"))
    } else {
        Timestamp::parse(text)
    };
    time.map(Timestamp::millis)
        .map_err(|_| InvalidRequest::Time { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-30T12:34:56Z.
    const NOW: u64 = 1_796_042_096_000;

    fn period(query: &str) -> Result<(String, String), String> {
        let request = http::Request::get(format!("http://localhost/?{query}"));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let query = Query::of(&parts, &["from", "to", "granularity"]).unwrap();
        let period = Period::of(&query, NOW).map_err(|err| err.to_string())?;
        let text = |hour: u64| String::from(Timestamp::of_millis(hour * HOUR_MILLIS));
        Ok((text(period.hours.start), text(period.hours.end)))
    }

    #[test]
    fn periods_are_whole() {
        for (query, from, to) in [
            ("", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("granularity=hour", "2026-11-29T13:00:00Z", "2026-11-30T13:00:00Z"),
            (
                "from=2026-11-03&to=2026-11-04",
                "2026-11-03T00:00:00Z",
                "2026-11-04T00:00:00Z",
            ),
            (
                "from=2026-11-03T23:59:59Z&to=2026-11-04T00:00:00.001Z",
                "2026-11-03T00:00:00Z",
                "2026-11-05T00:00:00Z",
            ),
            (
                "from=2026-11-03T10:20:30%2B01:00&to=2026-11-03T10:00:00Z&granularity=hour",
                "2026-11-03T09:00:00Z",
                "2026-11-03T10:00:00Z",
            ),
            ("to=1970-01-02", "1970-01-01T00:00:00Z", "1970-01-02T00:00:00Z"),
            (
                "from=2025-11-30&granularity=day&to=2026-12-01",
                "2025-11-30T00:00:00Z",
                "2026-12-01T00:00:00Z",
            ),
        ] {
            assert_eq!(period(query), Ok((from.to_owned(), to.to_owned())), "{query}");
        }
    }

    #[test]
    fn what_is_no_period_is_refused() {
        let time =
            |name: &str| format!("\"{name}\" must be a time in RFC 3339, or a date such as 2026-11-30");
        for (query, want) in [
            ("from=yesterday", time("from")),
            ("to=2026-13-01", time("to")),
            ("to=2026-1-011", time("to")),
            ("from=äääää", time("from")),
            ("from=1969-12-31", time("from")),
            ("from=2027-01-01", "\"from\" must be before \"to\"".to_owned()),
            (
                "from=2026-11-03&to=2026-11-03",
                "\"from\" must be before \"to\"".to_owned(),
            ),
            (
                "granularity=week",
                "\"granularity\" must be hour or day".to_owned(),
            ),
            (
                "from=2026-10-30&granularity=hour",
                "\"from\" and \"to\" must not be more than 31 days apart".to_owned(),
            ),
            (
                "from=1970-01-01",
                "\"from\" and \"to\" must not be more than 366 days apart".to_owned(),
            ),
        ] {
            assert_eq!(period(query), Err(want), "{query}");
        }
    }
}
