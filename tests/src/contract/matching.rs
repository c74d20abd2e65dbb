//! Compares expected JSON, which may hold matchers such as `${uuid}`, with what the gateway produced.

use regex::{Regex, RegexBuilder};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::{Uuid, Variant};

/// Longest excerpt of a value in a difference, in characters.
const EXCERPT: usize = 300;

/// Every way in which `got` is not what is expected; none means that it matches. `at` names the place.
pub(super) fn differences(expected: &Value, got: Option<&Value>, at: &str) -> Vec<String> {
    if let Some(matcher) = expected.as_str().and_then(matcher) {
        let fits = satisfies(matcher, got);
        return if fits {
            Vec::new()
        } else {
            vec![unlike(expected, got, at)]
        };
    }
    match (expected, got) {
        (Value::Object(expected), Some(Value::Object(got))) => {
            let mut all: Vec<_> = expected
                .iter()
                .flat_map(|(name, value)| differences(value, got.get(name), &format!("{at}.{name}")))
                .collect();
            let surplus: Vec<_> = got
                .keys()
                .filter(|name| !expected.contains_key(*name))
                .cloned()
                .collect();
            if !surplus.is_empty() {
                all.push(format!("{at} has unexpected members {}", surplus.join(", ")));
            }
            all
        }
        (Value::Array(expected), Some(Value::Array(got))) if expected.len() == got.len() => {
            let pairs = expected.iter().zip(got).enumerate();
            pairs
                .flat_map(|(i, (expected, got))| differences(expected, Some(got), &format!("{at}[{i}]")))
                .collect()
        }
        (Value::Number(expected), Some(Value::Number(got))) if expected.as_f64() == got.as_f64() => {
            Vec::new()
        }
        (expected, Some(got)) if expected == got => Vec::new(),
        _ => vec![unlike(expected, got, at)],
    }
}

/// Value at a dot path: `a.b`, `a.0.b`, `a.*.b` (list of all), `a.#` (length); the empty path is the value itself.
pub(super) fn lookup(value: &Value, path: &str) -> Option<Value> {
    if path.is_empty() {
        return Some(value.clone());
    }
    let (segment, rest) = path.split_once('.').unwrap_or((path, ""));
    match (segment, value) {
        ("*", Value::Array(elements)) => elements.iter().map(|element| lookup(element, rest)).collect(),
        ("#", Value::Array(elements)) => Some(elements.len().into()),
        ("#", Value::Object(members)) => Some(members.len().into()),
        ("*" | "#", _) => None,
        (name, Value::Object(members)) => lookup(members.get(name)?, rest),
        (index, Value::Array(elements)) => lookup(elements.get(index.parse::<usize>().ok()?)?, rest),
        _ => None,
    }
}

/// Whether the text has a match of the pattern; `.` matches line ends. A faulty pattern matches nothing.
pub(super) fn has_match(pattern: &str, text: &str, multi_line: bool) -> bool {
    let built = RegexBuilder::new(pattern)
        .dot_matches_new_line(true)
        .multi_line(multi_line)
        .build();
    built.is_ok_and(|regex: Regex| regex.is_match(text))
}

/// The pattern of `${re:…}`.
pub(super) fn pattern(text: &str) -> Option<&str> {
    text.strip_prefix("${re:")?.strip_suffix('}')
}

/// A text, shortened for a report.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

#[derive(Clone, Copy)]
enum Matcher<'a> {
    Any,
    Absent,
    String,
    NonEmpty,
    Object,
    Uuid,
    Rfc3339,
    Pattern(&'a str),
}

fn matcher(text: &str) -> Option<Matcher<'_>> {
    Some(match text {
        "${any}" => Matcher::Any,
        "${absent}" => Matcher::Absent,
        "${string}" => Matcher::String,
        "${nonempty}" => Matcher::NonEmpty,
        "${object}" => Matcher::Object,
        "${uuid}" => Matcher::Uuid,
        "${rfc3339}" => Matcher::Rfc3339,
        other => Matcher::Pattern(pattern(other)?),
    })
}

fn satisfies(matcher: Matcher<'_>, got: Option<&Value>) -> bool {
    let text = got.and_then(Value::as_str);
    match matcher {
        Matcher::Any => got.is_some(),
        Matcher::Absent => got.is_none(),
        Matcher::String => text.is_some(),
        Matcher::NonEmpty => text.is_some_and(|text| !text.is_empty()),
        Matcher::Object => got.is_some_and(Value::is_object),
        Matcher::Uuid => text.is_some_and(is_random_uuid),
        Matcher::Rfc3339 => text.is_some_and(|text| OffsetDateTime::parse(text, &Rfc3339).is_ok()),
        Matcher::Pattern(pattern) => text.is_some_and(|text| has_match(pattern, text, false)),
    }
}

/// Version 4 in its usual form: lower case, with hyphens.
fn is_random_uuid(text: &str) -> bool {
    Uuid::try_parse(text).is_ok_and(|uuid| {
        uuid.get_version_num() == 4 && uuid.get_variant() == Variant::RFC4122 && uuid.to_string() == text
    })
}

fn unlike(expected: &Value, got: Option<&Value>, at: &str) -> String {
    let got = got.map_or_else(|| "nothing".to_owned(), |got| excerpt(&got.to_string()));
    format!("{at} expected {}, got {got}", excerpt(&expected.to_string()))
}

#[cfg(test)]
mod tests;
