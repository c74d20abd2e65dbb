//! Members of JSON objects that are as hostile as members can be.

/// A name, and what makes an input of about so many parts.
pub(crate) type Row = (&'static str, fn(usize) -> String);

/// The same, made of a row and something around it.
pub(crate) type Wrapped = (String, Box<dyn Fn(usize) -> String>);

/// A list of `n` things with commas between them.
pub(crate) fn list(n: usize, thing: impl Fn(usize) -> String) -> String {
    (0..n).map(thing).collect::<Vec<_>>().join(",")
}

/// The shape whose names no CloudEvent 0.3 or 1.0 may have.
pub(crate) const MIXED_CASE: &str = "names that differ in case only";

/// Shapes of about `n` members: with a name for each, and with values that an attribute may have.
pub(crate) const SHAPES: [Row; 8] = [
    ("many names", |n| list(n, |i| format!(r#""a{i}":"v""#))),
    ("one name repeated", |n| list(n, |i| format!(r#""same":"{i}""#))),
    ("a known name repeated", |n| {
        list(n, |i| format!(r#""type":"t{i}""#))
    }),
    (MIXED_CASE, |n| {
        list(n, |i| {
            let letter = |bit: u32| if i >> bit & 1 == 0 { 'x' } else { 'X' };
            let name: String = (0..20).map(letter).collect();
            format!(r#""{name}":"v""#)
        })
    }),
    ("names with a long beginning in common", |n| {
        list(n / 16, |i| format!(r#""{}{i}":"v""#, "z".repeat(200)))
    }),
    ("names and values with escapes", |n| {
        list(n, |i| format!(r#""\u0061\u0062{i}":"\u00e8\u00e9\"""#))
    }),
    ("a long text", |n| format!(r#""long":"{}""#, "x".repeat(n * 16))),
    ("a long text of escapes", |n| {
        format!(r#""long":"{}""#, r"\u00e9".repeat(n * 4))
    }),
];

/// JSON values of about `n` parts that payloads may be.
pub(crate) const VALUES: [Row; 8] = [
    ("a deep list", |n| "[".repeat(n) + &"]".repeat(n)),
    ("a deep object", |n| r#"{"a":"#.repeat(n) + "1" + &"}".repeat(n)),
    ("an object with one name repeated", |n| {
        format!("{{{}}}", list(n, |i| format!(r#""a":{{"a":{i}}}"#)))
    }),
    ("a long list", |n| format!("[{}]", list(n, |i| i.to_string()))),
    ("an object with many names", |n| {
        format!("{{{}}}", list(n, |i| format!(r#""a{i}":{i}"#)))
    }),
    ("a long number", |n| "1".repeat(n * 8)),
    ("base64", |n| format!(r#""{}""#, "AAAA".repeat(n * 2))),
    ("a text of escapes", |n| format!(r#""{}""#, r"\n\u2028".repeat(n))),
];
