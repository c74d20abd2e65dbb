//! Samples of numbers and texts.

use serde_json::{Value, json};

use super::conjunction::Conjunction;
use super::numbers::{End, bound, count};
use super::pattern_sample::text_like;
use super::sample::Sampler;
use super::scalars::number;

/// Longest text that is made.
const LONGEST: u64 = 2_048;

impl Sampler {
    /// Numbers within the bounds: whole ones, or such with a fraction.
    pub(super) fn numbers(&self, all: &Conjunction<'_>, is_whole: bool) -> Vec<Value> {
        let end = |end| bound(all, end).and_then(|bound| Some((bound.at.as_f64()?, bound.is_exclusive)));
        let (lower, upper) = (end(End::Lower), end(End::Upper));
        let step = if is_whole { 1.0 } else { 0.5 };
        let mut found = Vec::new();
        if let Some((at, is_exclusive)) = lower {
            found.extend(
                [at, at + step, at + 1.5, at + 0.001]
                    .into_iter()
                    .skip(usize::from(is_exclusive)),
            );
        }
        if let Some((at, is_exclusive)) = upper {
            found.extend(
                [at, at - step, at - 1.5, at - 0.001]
                    .into_iter()
                    .skip(usize::from(is_exclusive)),
            );
        }
        if let (Some((lower, _)), Some((upper, _))) = (lower, upper) {
            found.push(f64::midpoint(lower, upper));
        }
        if lower.is_none() && upper.is_none() {
            found.extend(if is_whole { [1.0, 0.0] } else { [0.5, 1.5] });
        }
        let mut values: Vec<_> = found
            .into_iter()
            .filter(|one| !is_whole || one.fract() == 0.0)
            .map(number)
            .collect();
        let from = lower.or(upper).map_or(0.0, |(at, _)| at);
        let sign = if lower.is_none() && upper.is_some() {
            -1.0
        } else {
            1.0
        };
        if all.all("multipleOf").next().is_some() {
            values = self.multiples(all, from, sign);
        }
        values
    }

    /// Multiples of what numbers have to be multiples of, from there on in a direction.
    pub(super) fn multiples(&self, all: &Conjunction<'_>, from: f64, sign: f64) -> Vec<Value> {
        let Some(Value::Number(of)) = all.all("multipleOf").next().map(|node| node.value) else {
            return self.plain(from, sign);
        };
        let Some(step) = of.as_f64().filter(|step| *step > 0.0) else {
            return Vec::new();
        };
        let first = (from / step).round();
        (0..12)
            .map(|count| number((first + sign * f64::from(count)) * step))
            .collect()
    }

    fn plain(&self, from: f64, sign: f64) -> Vec<Value> {
        self.spend();
        (1..4)
            .map(|count| number(from.trunc() + sign * f64::from(count)))
            .collect()
    }

    /// Texts that keep pattern, format and length.
    pub(super) fn texts(&self, all: &Conjunction<'_>) -> Vec<Value> {
        self.spend();
        let least = count(all, "minLength").unwrap_or_default().min(LONGEST);
        let most = count(all, "maxLength").unwrap_or(LONGEST).min(LONGEST);
        let mut found = Vec::new();
        for node in all.all("pattern").take(4) {
            let Some(pattern) = node.value.as_str() else {
                continue;
            };
            let lengths = [least, least + 1, most.min(least + 16)];
            found.extend(
                lengths
                    .iter()
                    .filter_map(|length| text_like(node.budget, pattern, usize::try_from(*length).ok()?)),
            );
        }
        for node in all.all("format").take(2) {
            found.extend(
                node.value
                    .as_str()
                    .map(formatted)
                    .unwrap_or_default()
                    .iter()
                    .map(|text| (*text).to_owned()),
            );
        }
        if all.all("contentEncoding").next().is_some() {
            found.push("YQ==".to_owned());
        }
        let plain = |length: u64| "a".repeat(usize::try_from(length).unwrap_or_default());
        let fits = |length: &u64| (least..=most).contains(length);
        found.extend(
            [least.max(1), least, least + 1, most.min(least + 40)]
                .iter()
                .filter(|length| fits(length))
                .map(|length| plain(*length)),
        );
        found.into_iter().map(Value::from).collect()
    }

    /// Texts of a length, otherwise as they have to be.
    pub(super) fn texts_of(&self, all: &Conjunction<'_>, length: u64) -> Vec<Value> {
        self.spend();
        let length = usize::try_from(length.min(LONGEST)).unwrap_or_default();
        let mut found = vec![json!("a".repeat(length))];
        for node in all.all("pattern").take(4) {
            found.extend(
                node.value
                    .as_str()
                    .and_then(|pattern| text_like(node.budget, pattern, length))
                    .map(Value::from),
            );
        }
        found
    }
}

/// Texts of a format.
fn formatted(format: &str) -> &'static [&'static str] {
    match format {
        "date-time" => &["2026-01-31T12:00:00Z"],
        "date" => &["2026-01-31"],
        "time" => &["12:00:00Z"],
        "duration" => &["PT1H"],
        "email" | "idn-email" => &["someone@example.com"],
        "hostname" | "idn-hostname" => &["example.com"],
        "ipv4" => &["192.0.2.1"],
        "ipv6" => &["2001:db8::1"],
        "uri" | "iri" => &["https://example.com/a"],
        "uri-reference" | "iri-reference" => &["a/b", "https://example.com/a"],
        "uri-template" => &["/a/{b}", "a"],
        "uuid" => &["3f2504e0-4f89-41d3-9a0c-0305e82c3301"],
        "json-pointer" => &["/a/b"],
        "relative-json-pointer" => &["0/a"],
        "regex" => &["^a+$"],
        _ => &[],
    }
}
