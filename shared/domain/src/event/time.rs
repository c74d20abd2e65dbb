//! Timestamps of events: checked, and otherwise kept as the text they came in.

use std::borrow::Cow;

use ::time::OffsetDateTime;
use ::time::format_description::well_known::Rfc3339;

/// A text that is not an RFC 3339 timestamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parsing time {text:?} as RFC 3339: {reason}")]
pub struct TimeError {
    text: String,
    reason: String,
}

/// Checks a timestamp and gives it its canonical form: same offset, no zeros at the end of the fraction
/// (docs/contract.md §2.3). A leap second is kept verbatim (Q27).
pub(super) fn canonical(text: &str) -> Result<String, TimeError> {
    if is_plain(text) && !text.contains('.') {
        return Ok(text.to_owned());
    }
    let Checked { is_leap_second, .. } = parse(text)?;
    if is_leap_second {
        return Ok(text.to_owned());
    }
    let text = text.to_ascii_uppercase();
    let zone = text
        .rfind(['Z', '+'])
        .or_else(|| text.rfind('-'))
        .unwrap_or(text.len());
    let (mut clock, mut offset) = text.split_at(zone);
    if clock.contains('.') {
        clock = clock.trim_end_matches('0').trim_end_matches('.');
    }
    if matches!(offset, "+00:00" | "-00:00") {
        offset = "Z";
    }
    Ok(format!("{clock}{offset}"))
}

/// The first millisecond since the Unix epoch that is not before a timestamp; 0 for those before the epoch.
pub(crate) fn epoch_millis(text: &str) -> Result<u64, TimeError> {
    let Checked { time, is_leap_second } = parse(text)?;
    let leap = if is_leap_second { 1_000_000_000 } else { 0 };
    let nanoseconds = u128::try_from(time.unix_timestamp_nanos() + leap).unwrap_or_default();
    // The last year of four digits is far from the end of 64 bits.
    Ok(u64::try_from(nanoseconds.div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

/// A timestamp that is in order.
struct Checked {
    /// The time; of a leap second, the one before it.
    time: OffsetDateTime,
    is_leap_second: bool,
}

/// Whether a text is a timestamp by the letter of RFC 3339: `t` and `z` may be small, a blank does not stand for `T`.
pub(super) fn check(text: &str) -> Result<(), TimeError> {
    parse(text).map(drop)
}

fn parse(text: &str) -> Result<Checked, TimeError> {
    let is_leap_second = text.get(16..19) == Some(":60");
    let mut given = Cow::Borrowed(text);
    if text.contains(['t', 'z']) {
        given = Cow::Owned(text.to_ascii_uppercase());
    }
    if is_leap_second {
        given = Cow::Owned(given.replacen(":60", ":59", 1));
    }
    let parsed = OffsetDateTime::parse(&given, &Rfc3339);
    // The grammar is ASCII; the parser is more lenient.
    let is_plain = given
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'+' | b'T' | b'Z'));
    let faulty = |reason: String| TimeError {
        text: text.to_owned(),
        reason,
    };
    match parsed {
        Err(err) => Err(faulty(err.to_string())),
        Ok(_) if !is_plain => Err(faulty("unexpected letters".to_owned())),
        Ok(time) => Ok(Checked { time, is_leap_second }),
    }
}

/// Whether a text is a time in UTC on a day that every month has: nearly all are, and need no second look.
pub(super) fn is_plain(text: &str) -> bool {
    const FORM: &[u8; 19] = b"0000-00-00T00:00:00";
    /// Where a two-digit number stands, its least and its greatest.
    const RANGES: [(usize, u8, u8); 5] = [(5, 1, 12), (8, 1, 28), (11, 0, 23), (14, 0, 59), (17, 0, 59)];
    let Some((seconds, rest)) = text.as_bytes().split_at_checked(FORM.len()) else {
        return false;
    };
    let has_form = seconds.iter().zip(FORM).all(|(b, form)| match form {
        b'0' => b.is_ascii_digit(),
        sign => b == sign,
    });
    let is_in_range = |(at, least, most): &(usize, u8, u8)| {
        let number = (seconds[*at] - b'0') * 10 + (seconds[*at + 1] - b'0');
        (*least..=*most).contains(&number)
    };
    let is_end = match rest {
        b"Z" => true,
        [b'.', digits @ .., b'Z'] => (1..=9).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    is_end && has_form && RANGES.iter().all(is_in_range)
}

#[cfg(test)]
mod tests {
    use super::{canonical, epoch_millis};

    #[test]
    fn timestamps() {
        for (text, want) in [
            ("2018-08-18T10:00:00Z", "2018-08-18T10:00:00Z"),
            ("2018-08-18T10:00:00.500Z", "2018-08-18T10:00:00.5Z"),
            ("2018-08-18T10:00:00.000+02:00", "2018-08-18T10:00:00+02:00"),
            ("2018-08-18T10:00:00.10-07:30", "2018-08-18T10:00:00.1-07:30"),
            ("2018-08-18T10:00:00+00:00", "2018-08-18T10:00:00Z"),
            ("2018-08-18t10:00:00.50z", "2018-08-18T10:00:00.5Z"),
            ("1985-04-12T23:20:60.520Z", "1985-04-12T23:20:60.520Z"),
        ] {
            assert_eq!(canonical(text).unwrap(), want);
        }
        for text in [
            "",
            "nottime",
            "2018-08-18",
            "2018-02-30T10:00:00Z",
            "2018-08-18T10:00:00",
            "2018-08-18 10:00:00Z",
            "2018-08-18_10:00:00Z",
            "2018-08-18T10:00:00\u{2212}01:00",
            "2018-08-18T10:00:00-0100",
            "2018-08-18T10:00:00,5Z",
            "2018-08-18T10:00Z",
        ] {
            assert!(
                canonical(text)
                    .unwrap_err()
                    .to_string()
                    .starts_with("parsing time "),
                "{text}"
            );
        }
    }

    #[test]
    fn milliseconds() {
        for (text, want) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:01.5Z", 1500),
            ("1970-01-01t00:00:01z", 1000),
            ("1970-01-01T02:00:00+02:00", 0),
            ("1970-01-01T00:00:00-00:30", 1_800_000),
            ("2026-11-21T10:00:00.250Z", 1_795_255_200_250),
            // Never before the time: what is below a millisecond counts as a whole one.
            ("2026-11-21T10:00:00.2500001Z", 1_795_255_200_251),
            ("1970-01-01T00:00:00.000000001Z", 1),
            ("1969-12-31T23:59:59.999Z", 0),
            ("0001-01-01T00:00:00Z", 0),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("1969-12-31T23:59:60.25Z", 250),
        ] {
            assert_eq!(epoch_millis(text).unwrap(), want, "{text}");
        }
        for text in [
            "",
            "1795255200250",
            "2026-11-21",
            "2026-11-21T10:00:00",
            "2026-11-21 10:00:00Z",
            "soon",
        ] {
            let error = epoch_millis(text).unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("parsing time {text:?} as RFC 3339: ")),
                "{error}"
            );
        }
    }
}
