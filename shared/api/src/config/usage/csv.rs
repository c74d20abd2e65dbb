//! Usage as CSV (RFC 4180), for spreadsheets and bills.

use std::fmt::Write as _;

use domain::timestamp::Timestamp;
use domain::usage::UsageCounts;
use http::{HeaderMap, header};

/// Whether a client would rather have CSV than JSON: by name, not by a wildcard.
pub(super) fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let ranges = accepted.filter_map(|value| value.to_str().ok());
    let (mut csv, mut json) = (0.0, 0.0);
    for range in ranges.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let weight = match parts.next() {
            Some(name) if name.eq_ignore_ascii_case("text/csv") => &mut csv,
            Some(name) if name.eq_ignore_ascii_case("application/json") => &mut json,
            _ => continue,
        };
        let given = parts.find_map(|parameter| parameter.strip_prefix("q="));
        *weight = given.map_or(1.0, |given| given.parse::<f32>().unwrap_or(0.0));
    }
    csv > json
}

/// A line for each period, after one with the names of the columns.
pub(super) fn lines(periods: impl Iterator<Item = (Timestamp, UsageCounts)>) -> String {
    let mut lines = format!("start,{}\r\n", UsageCounts::NAMES.join(","));
    for (start, counts) in periods {
        lines.push_str(&String::from(start));
        for value in counts.values() {
            // Writing to a string cannot fail.
            let _ = write!(lines, ",{value}");
        }
        lines.push_str("\r\n");
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_say_what_they_want() {
        for (accept, want) in [
            (&[][..], false),
            (&["*/*"], false),
            (&["text/*"], false),
            (&["text/csv"], true),
            (&["Text/CSV;header=present; q=0.5, */*"], true),
            (&["application/json", "text/csv"], false),
            (&["application/json;q=0.9", "text/csv"], true),
            (&["text/csv;q=0"], false),
            (&["text/csv;q=much"], false),
        ] {
            let mut headers = HeaderMap::new();
            for value in accept {
                headers.append(header::ACCEPT, value.parse().unwrap());
            }
            assert_eq!(wants_csv(&headers), want, "{accept:?}");
        }
    }
}
