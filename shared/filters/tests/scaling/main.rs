//! Filters are compiled and matched in time in proportion to what strangers send, whatever that holds. The limits, which
//! would refuse most of it, are out of the way but for the depth.

mod patterns;
mod sql;

use std::borrow::Cow;

use filters::{FilterLimits, Filters, Scalar, Subject};
use scaling::assert_linear;
use serde_json::value::RawValue;

/// Size of the smaller inputs: as many filters, members, operators or characters.
const SIZE: usize = 2_000;

const UNLIMITED: FilterLimits = FilterLimits {
    max_bytes: usize::MAX,
    max_depth: 32,
    max_conditions: usize::MAX,
    max_wildcards: usize::MAX,
    max_steps: usize::MAX,
    max_combinations: usize::MAX,
};

/// An event with one attribute.
struct Event(String);

impl Subject for Event {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        (name == "a").then(|| Scalar::String(Cow::Borrowed(&self.0)))
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        visit("a", Scalar::String(Cow::Borrowed(&self.0)));
    }

    fn data(&self) -> Option<&RawValue> {
        None
    }
}

fn list(n: usize, element: impl Fn(usize) -> String) -> String {
    (0..n).map(element).collect::<Vec<_>>().join(",")
}

/// Whether filters can be compiled, what they require, and whether they let an event pass: in linear time.
fn assert_filters(name: &str, filters: impl Fn(usize) -> String) {
    assert_linear(name, SIZE, filters, |json| {
        match Filters::compile(json, &UNLIMITED) {
            Ok(filters) => {
                let event = Event("x".to_owned());
                (
                    filters.matches(&event),
                    filters.requirements().len(),
                    filters.explain(&event).len(),
                )
            }
            Err(error) => (false, error.reason.len(), 0),
        }
    });
}

#[test]
fn dialects() {
    let exact = |i: usize| format!(r#"{{"exact":{{"a":"x{i}"}}}}"#);
    assert_filters("filters", |n| format!("[{}]", list(n, exact)));
    assert_filters("any", |n| format!(r#"[{{"any":[{}]}}]"#, list(n, exact)));
    assert_filters("all", |n| format!(r#"[{{"all":[{}]}}]"#, list(n, exact)));
    assert_filters("attributes", |n| {
        format!(r#"[{{"exact":{{{}}}}}]"#, list(n, |i| format!(r#""a{i}":"x""#)))
    });
    assert_filters("attributes twice", |n| {
        format!(r#"[{{"exact":{{{}}}}}]"#, list(n, |_| r#""a":"x""#.to_owned()))
    });
    assert_filters("members", |n| {
        format!("[{{{}}}]", list(n, |i| format!(r#""m{i}":{{}}"#)))
    });
    let many = |i: usize| {
        format!(
            r#"{{"prefix":{{{}}}}}"#,
            list(40, |j| format!(r#""a{j}":"x{i}""#))
        )
    };
    assert_filters("any of many attributes", |n| {
        format!(r#"[{{"any":[{}]}}]"#, list(n / 40, many))
    });
}

#[test]
fn nesting() {
    for open in [r#"{"all":["#, r#"{"not":"#, "[", "{", r#"{"sql":"#] {
        assert_filters(open, |n| format!("[{}", open.repeat(n)));
        let close: String = open
            .chars()
            .rev()
            .filter_map(|c| match c {
                '{' => Some('}'),
                '[' => Some(']'),
                _ => None,
            })
            .collect();
        assert_filters(open, |n| format!("[{}1{}]", open.repeat(n), close.repeat(n)));
    }
    // As deep as may be, with all the rest at the bottom.
    let deep = |n: usize| {
        let inner = list(n, |i| format!(r#"{{"exact":{{"a":"x{i}"}}}}"#));
        format!("[{}{inner}{}]", r#"{"any":["#.repeat(32), "]}".repeat(32))
    };
    assert_filters("deep", deep);
}
