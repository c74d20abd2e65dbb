//! Patterns and events that are made to hurt.

use super::{compile, compile_within, matches};
use crate::FilterLimits;

pub(super) const NO_LIMITS: FilterLimits = FilterLimits {
    max_bytes: usize::MAX,
    max_depth: usize::MAX,
    max_conditions: usize::MAX,
    max_wildcards: usize::MAX,
    max_steps: usize::MAX,
    max_combinations: 4_096,
};

#[test]
fn what_is_too_large_is_refused() {
    let deep = |n: usize| format!("{}[1]{}", r#"{"a":"#.repeat(n), "}".repeat(n));
    compile(&deep(31)).unwrap();
    let dots = |n: usize| format!(r#"{{"{}":[1]}}"#, vec!["a"; n].join("."));
    compile(&dots(31)).unwrap();
    let or = |n: usize| {
        format!(
            "{}{{\"a\":[1]}}{}",
            r#"{"$or":[{"b":[1]},"#.repeat(n),
            "]}".repeat(n)
        )
    };
    compile(&or(30)).unwrap();
    for pattern in [
        deep(32),
        dots(32),
        or(31),
        deep(100_000),
        dots(100_000),
        or(100_000),
    ] {
        let error = compile(&pattern).unwrap_err();
        assert!(error.reason.contains("levels of nesting"), "{}", error.reason);
    }
    let values = |n: usize| format!(r#"{{"a":[{}]}}"#, vec!["1"; n].join(","));
    compile(&values(1_024)).unwrap();
    let but = |n: usize| format!(r#"{{"a":[{{"anything-but":[{}]}}]}}"#, vec!["1"; n].join(","));
    for pattern in [values(100_000), but(100_000)] {
        let error = compile(&pattern).unwrap_err();
        assert!(error.reason.contains("conditions"), "{}", error.reason);
    }
    let stars = |n: usize| format!(r#"{{"a":[{{"wildcard":"{}"}}]}}"#, "*a".repeat(n));
    compile(&stars(128)).unwrap();
    assert!(compile(&stars(129)).unwrap_err().reason.contains("wildcards"));
}

/// As many `$or` in one pattern, each with two branches.
fn product(n: usize, field: impl Fn(usize, usize) -> String) -> String {
    let or = |i: usize| format!(r#""$or":[{{{}}},{{{}}}]"#, field(i, 0), field(i, 1));
    format!("{{{}}}", (0..n).map(or).collect::<Vec<_>>().join(","))
}

#[test]
fn combinations_are_not_written_out_where_they_make_no_difference() {
    // 2^400 of them.
    let pattern = compile(&product(400, |i, j| format!(r#""a{i}{j}":[{j}]"#))).unwrap();
    let event = |n: usize| {
        let members: Vec<_> = (0..n).map(|i| format!(r#""a{i}1":1"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(matches(&pattern, &event(400)));
    assert!(!matches(&pattern, &event(399)));
}

#[test]
fn combinations_that_have_to_be_written_out_are_bounded() {
    // Branches of which each may be about the same array.
    compile(&product(6, |i, j| format!(r#""a.x{i}":[{j}],"b.y{i}":[{j}]"#))).unwrap();
    let error = compile(&product(60, |i, j| format!(r#""a.x{i}":[{j}],"b.y{i}":[{j}]"#))).unwrap_err();
    assert!(error.reason.contains("combinations"), "{error}");
    // Branches that replace each other.
    let error = compile(&product(100, |i, j| format!(r#""a":[{i}],"b{i}":[{j}]"#))).unwrap_err();
    assert!(error.reason.contains("combinations"), "{error}");
    // Branches with absence under one field.
    let error = compile(&product(100, |i, j| {
        format!(r#""a.b{i}{j}":[{{"exists":false}}]"#)
    }))
    .unwrap_err();
    assert!(error.reason.contains("combinations"), "{error}");
}

#[test]
fn thousands_of_wildcards_are_linear() {
    let pattern = format!(r#"{{"a":[{{"wildcard":"{}b"}}]}}"#, "*a".repeat(10_000));
    let pattern = compile_within(&pattern, &NO_LIMITS).unwrap();
    let event = format!(r#"{{"a":"{}"}}"#, "a".repeat(1_000_000));
    assert!(!matches(&pattern, &event));
}

#[test]
fn deep_events_end() {
    let pattern = compile(r#"{"a":{"b":[{"exists":false}],"a":[1]}}"#).unwrap();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
        let event = format!(r#"{{"a":{}1{}}}"#, open.repeat(100_000), close.repeat(100_000));
        assert!(!matches(&pattern, &event));
    }
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

const PIECES: [&str; 40] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"a\"",
    "\"b\"",
    "\"\"",
    "\"a.b\"",
    "\"$or\"",
    "\"prefix\"",
    "\"suffix\"",
    "\"wildcard\"",
    "\"anything-but\"",
    "\"numeric\"",
    "\"exists\"",
    "\"cidr\"",
    "\"equals-ignore-case\"",
    "\"=\"",
    "\">\"",
    "\"<=\"",
    "\"*\"",
    "\"a*b\"",
    "\"\\\\*\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"10.0.0.0/8\"",
    "\"::1\"",
    "0",
    "-0",
    "1e999999999999999999999",
    "1.5",
    "true",
    "false",
    "null",
    " ",
    "\"ß\"",
    "{\"a\":[1]}",
    "\"a\":",
];

/// JSON, or something like it.
fn sentence(numbers: &mut Numbers, depth: usize) -> String {
    let parts = |numbers: &mut Numbers, n: usize| -> Vec<String> {
        (0..=numbers.below(n))
            .map(|_| sentence(numbers, depth - 1))
            .collect()
    };
    match numbers.below(8) {
        0 | 1 if depth > 0 => format!("[{}]", parts(numbers, 3).join(",")),
        2..=5 if depth > 0 => {
            let members: Vec<_> = parts(numbers, 3)
                .into_iter()
                .map(|value| format!("{}:{value}", PIECES[6 + numbers.below(13)]))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        6 => PIECES[numbers.below(PIECES.len())].to_owned(),
        _ => PIECES[19 + numbers.below(19)].to_owned(),
    }
}

#[test]
fn nothing_panics() {
    let mut compiled = 0;
    for seed in 0..20_000 {
        let mut numbers = Numbers(seed);
        let mut text = format!(r#"{{"a":{}}}"#, sentence(&mut numbers, 5));
        if seed.is_multiple_of(4) {
            let at = numbers.below(text.len());
            if text.is_char_boundary(at) {
                text.insert_str(at, PIECES[numbers.below(PIECES.len())]);
            }
        }
        let event = format!(r#"{{"a":{}}}"#, sentence(&mut numbers, 5));
        if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
            continue;
        }
        if let Ok(pattern) = compile(&text) {
            compiled += 1;
            assert_eq!(super::required::broken(&pattern, &event), None, "{text} {event}");
        }
    }
    assert!(compiled > 300, "{compiled}");
}
