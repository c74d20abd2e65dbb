//! Timestamps of events: checked, and otherwise kept as the text they came in.

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
/// (CONTRACT.md §2.3). A leap second is kept verbatim (Q27).
pub(super) fn canonical(text: &str) -> Result<String, TimeError> {
    let leap_second = text.get(16..19) == Some(":60");
    let checked = if leap_second {
        text.replacen(":60", ":59", 1)
    } else {
        text.to_owned()
    };
    // The grammar is ASCII with a capital T and Z; the parser is more lenient.
    let is_plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'+' | b'T' | b'Z'));
    if let Err(err) = OffsetDateTime::parse(&checked, &Rfc3339) {
        return Err(TimeError {
            text: text.to_owned(),
            reason: err.to_string(),
        });
    }
    if !is_plain {
        return Err(TimeError {
            text: text.to_owned(),
            reason: "unexpected letters".to_owned(),
        });
    }
    if leap_second {
        return Ok(text.to_owned());
    }
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

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn timestamps() {
        for (text, want) in [
            ("2018-08-18T10:00:00Z", "2018-08-18T10:00:00Z"),
            ("2018-08-18T10:00:00.500Z", "2018-08-18T10:00:00.5Z"),
            ("2018-08-18T10:00:00.000+02:00", "2018-08-18T10:00:00+02:00"),
            ("2018-08-18T10:00:00.10-07:30", "2018-08-18T10:00:00.1-07:30"),
            ("2018-08-18T10:00:00+00:00", "2018-08-18T10:00:00Z"),
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
            "2018-08-18t10:00:00z",
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
}
