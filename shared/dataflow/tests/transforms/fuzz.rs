//! Expressions and templates put together at random, with fixed seeds: each is refused or ends, and stays within its
//! memory.

use allocation_counter::measure;
use dataflow::transform::{Transform, TransformContext, TransformLimits};
use fastrand::Rng;

const TOKENS: [&str; 62] = [
    "a",
    "b",
    "$",
    "$$",
    "%",
    "*",
    "**",
    ".",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    ":",
    ",",
    ";",
    ":=",
    "$x",
    "$f",
    "function($x){",
    "}",
    "&",
    "+",
    "-",
    "/",
    "=",
    "<",
    "in",
    "and",
    "or",
    "?",
    "??",
    "?:",
    "~>",
    "|",
    "^(",
    "@$x",
    "#$i",
    "..",
    "1",
    "0.5",
    "1e9",
    "10000",
    "'a'",
    "\"\\u00e4\"",
    "/a+/",
    "/(a|b)*/",
    "null",
    "true",
    "$map(",
    "$reduce(",
    "$string(",
    "$pad(",
    "$replace(",
    "$split(",
    "$match(",
    "$sort(",
    "$each(",
    "$merge(",
    "[1..9999]",
    "λ",
];

const PIECES: [&str; 16] = [
    "<a>",
    "<b>",
    "<c>",
    "<aws.events.event>",
    "<aws.events.event.json>",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    " ",
    "\\",
    "ä",
    "<",
];

const EVENT: &str =
    r#"{"a": [1, {"b": "x\"y", "a": [[], {}]}, "aaaa"], "b": {"a": 1.50, "b": null}, "data": {"c": [true]}}"#;

/// What may be held: the memory of the limits, and what one step makes before it is asked for, such as ten thousand elements
/// with their numbers.
const MOST_BYTES: u64 = 7 * 1024 * 1024;

fn limits() -> TransformLimits {
    TransformLimits {
        // Many expressions, each with less of everything.
        max_time: std::time::Duration::from_millis(20),
        max_memory_bytes: 1024 * 1024,
        max_output_bytes: 128 * 1024,
        ..TransformLimits::default()
    }
}

fn stays_within(source: &str, most: u64) -> bool {
    let limits = limits();
    let mut is_made = false;
    let measured = measure(|| {
        if let Ok(transform) = Transform::compile(source, &limits)
            && let Ok(made) = transform.apply(EVENT, &TransformContext::default(), &limits)
        {
            is_made = true;
            assert!(made.len() <= limits.max_output_bytes, "{source}");
            assert!(
                serde_json::from_str::<serde_json::Value>(&made).is_ok(),
                "{source}: {made}"
            );
        }
    });
    assert!(
        measured.bytes_max <= most,
        "{source}: {} bytes",
        measured.bytes_max
    );
    is_made
}

#[test]
fn random_expressions_end_within_their_bounds() {
    let mut random = Rng::with_seed(14);
    let mut made = 0;
    for _ in 0..20_000 {
        let count = random.usize(1..14);
        let expression: String = (0..count).map(|_| TOKENS[random.usize(..TOKENS.len())]).collect();
        let source = serde_json::json!({ "jsonata": expression }).to_string();
        made += usize::from(stays_within(&source, MOST_BYTES));
    }
    assert!(made > 100, "{made}");
}

#[test]
fn random_templates_become_json_or_errors() {
    let mut random = Rng::with_seed(14);
    let mut made = 0;
    for _ in 0..20_000 {
        let count = random.usize(1..10);
        let template: String = (0..count).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
        let source = serde_json::json!({"inputTransformer": {
            "inputPathsMap": {"a": "$.a[*]", "b": "$.b.a", "c": "$.a[1].b"}, "inputTemplate": template,
        }});
        made += usize::from(stays_within(&source.to_string(), MOST_BYTES));
    }
    assert!(made > 100, "{made}");
}
