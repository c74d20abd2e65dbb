//! The header `Retry-After`: when a function, or AWS, wants to be called again.

use std::time::{Duration, SystemTime};

use domain::retry::MOST_DELAY;

/// Time to wait, at most [`MOST_DELAY`], from seconds or a date of HTTP; a date in the past is no time at all. `None`
/// for what is neither.
pub(crate) fn parse(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let time = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has are more than the most.
        value.parse().map_or(MOST_DELAY, Duration::from_secs)
    } else {
        let at = httpdate::parse_http_date(value).ok()?;
        at.duration_since(now).unwrap_or_default()
    };
    Some(time.min(MOST_DELAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let seconds = |count| Some(Duration::from_secs(count));
        for (value, want) in [
            ("0", seconds(0)),
            ("120", seconds(120)),
            (" 7 ", seconds(7)),
            ("43200", seconds(43_200)),
            ("43201", Some(MOST_DELAY)),
            ("99999999999999999999999999", Some(MOST_DELAY)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", seconds(10)),
            ("Sunday, 06-Nov-94 08:50:37 GMT", seconds(60)),
            ("Sun Nov  6 08:49:37 1994", seconds(0)),
            ("Sat, 05 Nov 1994 08:49:37 GMT", seconds(0)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(MOST_DELAY)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("soon", None),
            ("1994-11-06T08:49:47Z", None),
            ("\u{661}", None),
        ] {
            assert_eq!(parse(value, now), want, "{value:?}");
        }
    }

    #[test]
    fn reading_is_linear() {
        for (name, piece) in [("digits", "9"), ("blanks", " "), ("a date", "Sun, ")] {
            let value = |n: usize| piece.repeat(n);
            scaling::assert_linear(name, 10_000, value, |value| parse(value, SystemTime::UNIX_EPOCH));
        }
    }
}
