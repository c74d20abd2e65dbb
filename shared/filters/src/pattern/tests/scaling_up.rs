//! Compiling and matching take time in proportion to what they are given.

use scaling::{assert_linear, pieces};

use super::hostile::NO_LIMITS;
use super::{compile, compile_within, matches};

const SIZE: usize = 500;

fn list(n: usize, piece: impl Fn(usize) -> String) -> String {
    pieces(n, |i| format!("{}{}", if i == 0 { "" } else { "," }, piece(i)))
}

#[test]
fn patterns_compile_in_linear_time() {
    type Row = (&'static str, fn(usize) -> String);
    let rows: [Row; 9] = [
        ("fields", |n| list(n, |i| format!(r#""k{i}":[{i}]"#))),
        ("fields within fields", |n| {
            list(n, |i| format!(r#""k{i}":{{"a":[1],"b":[{{"exists":false}}]}}"#))
        }),
        ("the same field", |n| list(n, |i| format!(r#""a":[{i}]"#))),
        ("values", |n| format!(r#""a":[{}]"#, list(n, |i| i.to_string()))),
        ("excluded values", |n| {
            format!(r#""a":[{{"anything-but":[{}]}}]"#, list(n, |i| i.to_string()))
        }),
        ("branches", |n| {
            format!(r#""$or":[{}]"#, list(n + 1, |i| format!(r#"{{"k{i}":[1]}}"#)))
        }),
        ("branches of one field", |n| {
            format!(r#""$or":[{}]"#, list(n + 1, |i| format!(r#"{{"a":[{i}]}}"#)))
        }),
        ("alternatives", |n| {
            list(n, |i| format!(r#""$or":[{{"k{i}":[1]}},{{"l{i}":[1]}}]"#))
        }),
        ("wildcards", |n| {
            format!(r#""a":[{{"wildcard":"{}"}}]"#, "*ab".repeat(n))
        }),
    ];
    for (name, members) in rows {
        assert_linear(
            name,
            SIZE,
            |n| format!("{{{}}}", members(n)),
            |pattern| compile_within(pattern, &NO_LIMITS).unwrap().requirements().len(),
        );
    }
}

#[test]
fn events_match_in_linear_time() {
    type Row = (&'static str, &'static str, fn(usize) -> String);
    let rows: [Row; 11] = [
        ("elements that have half", r#"{"d":{"a":[1],"b":[2]}}"#, |n| {
            format!(
                r#""d":[{}]"#,
                list(n, |i| if i % 2 == 0 {
                    r#"{"a":1}"#.to_owned()
                } else {
                    r#"{"b":2}"#.to_owned()
                })
            )
        }),
        (
            "elements without something",
            r#"{"d":{"a":[1],"b":[{"exists":false}]}}"#,
            |n| format!(r#""d":[{}]"#, list(n, |_| r#"{"a":1,"b":2}"#.to_owned())),
        ),
        (
            "two arrays",
            r#"{"d":{"a":[1],"b":[2]},"e":{"a":[1],"b":[2]}}"#,
            |n| {
                let elements = list(n, |i| {
                    format!(r#"{{"{}":1}}"#, if i % 2 == 0 { "a" } else { "b" })
                });
                format!(r#""d":[{elements}],"e":[{elements}]"#)
            },
        ),
        (
            "branches over two arrays",
            r#"{"d":{"a":[1]},"$or":[{"d.b":[2]},{"e.b":[2],"d.c":[3]}],"e":{"a":[1]}}"#,
            |n| {
                let elements = list(n, |i| {
                    format!(r#"{{"{}":1}}"#, if i % 2 == 0 { "a" } else { "b" })
                });
                format!(r#""d":[{elements}],"e":[{elements}]"#)
            },
        ),
        ("values", r#"{"d":["a",{"prefix":"b"}],"e":[1]}"#, |n| {
            format!(r#""d":[{}],"e":1"#, list(n, |i| i.to_string()))
        }),
        ("the same key", r#"{"d":{"a":[2],"b":[2]}}"#, |n| {
            list(n, |_| r#""d":{"a":1}"#.to_owned())
        }),
        (
            "the same key with arrays",
            r#"{"d":{"a":[2],"b":[{"exists":false}]}}"#,
            |n| list(n, |_| r#""d":{"a":1},"d":[{"a":2,"b":1}]"#.to_owned()),
        ),
        ("the same key with dots", r#"{"d":{"a":{"b":[2]}}}"#, |n| {
            list(n, |_| r#""d.a.b":1,"d.a":{"b":1}"#.to_owned())
        }),
        ("arrays in arrays", r#"{"d":{"a":[1],"b":[2]}}"#, |n| {
            format!(
                r#""d":[{}]"#,
                list(n / 50 + 1, |_| format!(
                    "{}{{\"a\":1}}{}",
                    "[".repeat(50),
                    "]".repeat(50)
                ))
            )
        }),
        ("a long text", r#"{"d":[{"wildcard":"*ab*ba*x"}]}"#, |n| {
            format!(r#""d":"{}y""#, "ab".repeat(n))
        }),
        ("a long number", r#"{"d":[{"numeric":[">",1,"<",2]}]}"#, |n| {
            format!(r#""d":{}1"#, "1".repeat(n))
        }),
    ];
    for (name, pattern, members) in rows {
        let pattern = compile(pattern).unwrap();
        assert_linear(
            name,
            SIZE * 4,
            |n| format!("{{{}}}", members(n)),
            |event| matches(&pattern, event),
        );
    }
}
