//! Event patterns: what they are compiled of, and what is long in events that many alternatives are compared with.

use filters::{FilterLimits, Filters, Scalar, Subject};
use scaling::assert_linear;
use serde_json::value::RawValue;

use super::{SIZE, UNLIMITED, assert_filters, list};

/// An event with data, and its only attribute.
struct Event {
    data: String,
    attribute: String,
}

impl Subject for Event {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        (name == "a").then(|| Scalar::String(self.attribute.as_str().into()))
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        visit("a", Scalar::String(self.attribute.as_str().into()));
    }

    fn data(&self) -> Option<&RawValue> {
        serde_json::from_str(&self.data).ok()
    }
}

#[test]
fn paths_that_stand_twice() {
    let leaf = |i: usize| format!(r#""a{i}":[1]"#);
    assert_filters("leaves twice", |n| {
        format!(r#"[{{"pattern":{{{},{}}}}}]"#, list(n, leaf), list(n, leaf))
    });
    assert_filters("leaves after their alternatives", |n| {
        let (or, leaves) = (list(n, leaf), list(n, leaf));
        format!(r#"[{{"pattern":{{"$or":[{{{or}}},{{"z":[1]}}],{leaves}}}}}]"#)
    });
    assert_filters("alternatives", |n| {
        let or = |i: usize| format!(r#""$or":[{{"a{i}":[1]}},{{"b{i}":[1]}}]"#);
        format!(r#"[{{"pattern":{{{}}}}}]"#, list(n, or))
    });
    assert_filters("alternatives after their leaves", |n| {
        let both = |i: usize| format!(r#""a{i}":[1],"$or":[{{"a{i}":[1]}},{{"b{i}":[1]}}]"#);
        format!(r#"[{{"pattern":{{{}}}}}]"#, list(n, both))
    });
}

/// Filters and an event that both grow.
fn assert_both(name: &str, filters: impl Fn(usize) -> String, event: impl Fn(usize) -> Event) {
    let both = |n: usize| (Filters::compile(&filters(n), &UNLIMITED), event(16 * n));
    assert_linear(name, SIZE, both, |(filters, event)| {
        let passes = filters.as_ref().map(|filters| filters.matches(event));
        assert_eq!(passes, Ok(false), "{name}");
    });
}

#[test]
fn long_values_and_many_alternatives() {
    let data = |value: String| Event {
        data: format!(r#"{{"x":{value}}}"#),
        attribute: String::new(),
    };
    let number = |n: usize| data(format!("1{}", "0".repeat(n)));
    let of_x = |tests: String| format!(r#"[{{"pattern":{{"data":{{"x":[{tests}]}}}}}}]"#);
    assert_both("numbers", |n| of_x(list(n, |i| i.to_string())), number);
    let ranges = |n: usize| of_x(list(n, |i| format!(r#"{{"numeric":["<",{i}]}}"#)));
    assert_both("ranges", ranges, number);
    let each = |n: usize| {
        let one = |i: usize| format!(r#"{{"pattern":{{"data":{{"x":[{i}]}}}}}}"#);
        format!(r#"[{{"any":[{}]}}]"#, list(n, one))
    };
    assert_both("a pattern for each number", each, number);

    let text = |n: usize| data(format!("\"{}\"", "a".repeat(n)));
    let addresses = |n: usize| of_x(list(n, |i| format!(r#""10.{}.{}.1""#, i / 256 % 256, i % 256)));
    assert_both("addresses", addresses, text);
    let blocks = |n: usize| {
        of_x(list(n, |i| {
            format!(r#"{{"cidr":"10.{}.{}.0/24"}}"#, i / 256 % 256, i % 256)
        }))
    };
    assert_both("blocks of addresses", blocks, text);

    let zeros = |n: usize| Event {
        data: "1".to_owned(),
        attribute: "0".repeat(n),
    };
    let integers = |n: usize| {
        format!(
            r#"[{{"sql":"{}"}}]"#,
            (1..=n)
                .map(|i| format!("a = {i}"))
                .collect::<Vec<_>>()
                .join(" OR ")
        )
    };
    assert_both("integers", integers, zeros);
}

#[test]
fn what_takes_more_steps_than_there_are_passes_nowhere() {
    let limits = FilterLimits {
        max_steps: 1_000,
        ..FilterLimits::default()
    };
    let event = |values: usize| Event {
        data: format!(r#"{{"x":[{}]}}"#, list(values, |_| r#""z""#.to_owned())),
        attribute: String::new(),
    };
    let tests = list(10, |i| format!(r#""t{i}""#));
    let but = list(10, |i| format!(r#""t{i}""#));
    for (filters, few) in [
        (format!(r#"[{{"pattern":{{"data":{{"x":[{tests}]}}}}}}]"#), false),
        (
            format!(r#"[{{"not":{{"pattern":{{"data":{{"x":[{tests}]}}}}}}}}]"#),
            true,
        ),
        (
            format!(r#"[{{"not":{{"pattern":{{"data":{{"x":["y",{{"anything-but":["z",{but}]}}]}}}}}}}}]"#),
            true,
        ),
    ] {
        let filters = Filters::compile(&filters, &limits).unwrap();
        assert_eq!(filters.matches(&event(10)), few);
        assert!(!filters.matches(&event(1_000)));
        let reasons = filters.explain(&event(1_000));
        let last = reasons.last().unwrap();
        assert!(
            !last.passes && last.reason.contains("more than 1000 steps"),
            "{last:?}"
        );
        assert!(
            filters.may_match(&event(1_000), 1_000),
            "who must not miss it gets it"
        );
    }
}
