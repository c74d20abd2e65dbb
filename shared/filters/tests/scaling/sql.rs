//! The dialect `sql`.

use filters::Filters;
use scaling::assert_linear;

use crate::{Event, SIZE, UNLIMITED, assert_filters};

fn quoted(expression: &str) -> String {
    format!(r#"[{{"sql":"{expression}"}}]"#)
}

#[test]
fn expressions() {
    let pieces = [
        "(",
        "NOT ",
        "- ",
        "a ",
        "a = ",
        "a AND ",
        "a = 'x' OR ",
        "a = 'x' OR a = 'y' AND ",
        "1 + ",
        "a IN (",
        "LOWER(",
        "'",
        "'a\\\\'",
        "\u{20}",
        "ä",
        "a LIKE '%' OR ",
        "EXISTS a XOR ",
        "1 = ",
        ",",
    ];
    for piece in pieces {
        assert_filters(piece, |n| quoted(&piece.repeat(n)));
        assert_filters(piece, |n| quoted(&format!("{}a", piece.repeat(n))));
    }
    assert_filters("IN", |n| quoted(&format!("a IN ({}'x')", "'y', ".repeat(n))));
    assert_filters("CONCAT", |n| {
        quoted(&format!("CONCAT({}'x') = a", "'y', ".repeat(n)))
    });
    assert_filters("LIKE LIKE", |n| quoted(&format!("a {}", "LIKE '%x' ".repeat(n))));
    assert_filters("long text", |n| quoted(&format!("a = '{}'", "\\\\'".repeat(n))));
    assert_filters("long name", |n| quoted(&format!("{} = 'x'", "a".repeat(n))));
    assert_filters("long number", |n| quoted(&format!("{} = 'x'", "0".repeat(n))));
    assert_filters("%", |n| quoted(&format!("a LIKE '{}'", "%".repeat(n))));
    assert_filters("_", |n| quoted(&format!("a LIKE '{}'", "_".repeat(n))));
}

/// One expression for a text that grows.
fn assert_texts(expression: &str, text: &str) {
    let filters = Filters::compile(&quoted(expression), &UNLIMITED).unwrap_or_else(|error| panic!("{error}"));
    let event = |n: usize| Event(text.repeat(10 * n));
    assert_linear(expression, SIZE, event, |event| filters.matches(event));
}

#[test]
fn long_texts() {
    let patterns = [
        "%b",
        "a%",
        "%b%",
        "%a%b",
        "%aaaaaaaab%",
        "%a_aaaaab%",
        "%_b%",
        "%a%a%a%a%a%a%a%a%b",
        "%a_%a_%a_b%",
        "%_%_%_%_b",
    ];
    for pattern in patterns {
        assert_texts(&format!("a LIKE '{pattern}'"), "a");
        assert_texts(&format!("a NOT LIKE '{pattern}'"), "aaä");
    }
    let calls = [
        "LENGTH(a)",
        "UPPER(a)",
        "LOWER(a)",
        "TRIM(a)",
        "LEFT(a, 9999)",
        "RIGHT(a, 9999)",
        "SUBSTRING(a, -9999, 99)",
        "CONCAT(a, a, a)",
        "CONCAT_WS(a, a, a)",
        "INT(a)",
        "BOOL(a)",
        "STRING(a)",
        "IS_INT(a)",
    ];
    for call in calls {
        assert_texts(&format!("{call} = 'x'"), " ä");
        assert_texts(&format!("{call} IN (a, 'x')"), "1");
    }
}
