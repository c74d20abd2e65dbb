//! JSONata as far as the gateway adds to it.

use super::{EVENT, applied, refused};

fn jsonata(expression: &str) -> String {
    serde_json::json!({ "jsonata": expression }).to_string()
}

#[test]
fn results() {
    for (expression, want) in [
        ("data.customer.id", r#""c-99""#),
        (
            "{'z': id, 'a': $sum(data.items.(price * quantity)), 'skus': data.items.sku}",
            r#"{"z":"b7a3","a":90.57000000000001,"skus":["A-1","B-7"]}"#,
        ),
        (
            "data.items[price > 30]",
            r#"{"sku":"A-1","price":34.45,"quantity":2}"#,
        ),
        (
            "'Order of ' & data.customer.name",
            r#""Order of Ada \"Countess\" Lovelace""#,
        ),
        ("data.note", "null"),
        (
            "[data.total, data.paid, -0, 1e21, 1/3]",
            "[1.5,true,0,1e+21,0.3333333333333333]",
        ),
        // Numbers are of 64 bits: digits beyond 2^53 change.
        ("data.order", "12345678901234567000"),
        ("$map(data.items.sku, $lowercase)", r#"["a-1","b-7"]"#),
        (
            "(data ~> |items|{'price': 1}, 'sku'|).items[0]",
            r#"{"price":1,"quantity":2}"#,
        ),
        ("$now()", r#""1970-01-01T00:00:00.000Z""#),
        ("$", &compact(EVENT)),
    ] {
        let made = applied(&jsonata(expression), EVENT);
        assert_eq!(made.as_deref(), Ok(want), "{expression}");
    }
}

/// The event as JSONata gives it back.
fn compact(event: &str) -> String {
    event
        .replace("12345678901234567890", "12345678901234567000")
        .replace("1.50", "1.5")
}

#[test]
fn faults_have_a_place() {
    for (expression, code, position) in [
        ("a + ", "S0207", Some(4)),
        ("{'a': }", "S0211", Some(6)),
        ("data.items[", "S0203", Some(11)),
        ("'ä' & $eval('1')", "refused", Some(6)),
        ("$map([1], $eval)", "refused", Some(10)),
        ("$match('a', /(/)", "S0302", Some(12)),
        ("'é' & -data.customer.name", "D1002", Some(6)),
        ("data.customer.name * 2", "T2001", None),
        ("$error('secret ' & data.customer.name)", "D3137", None),
        ("1 / 0", "D1001", None),
        ("{'a': [1 / 0]}", "D1001", None),
        ("data.nothing", "noResult", None),
        ("function($x){$x}", "noResult", None),
    ] {
        let (got, at) = refused(&jsonata(expression), EVENT);
        assert_eq!(got, code, "{expression}");
        if position.is_some() {
            assert_eq!(at, position, "{expression}");
        }
    }
}

#[test]
fn errors_hold_nothing_of_the_event() {
    for expression in [
        "-data.customer.name",
        "$number(data.customer.name)",
        "$error(data.customer.name)",
        "$assert(false, data.customer.name)",
        "data.customer.name + 1",
        "$sum(data.customer.name)",
        "{data.items: 1}",
        "data.items^(customer)[0] < data.customer.name",
        "$toMillis(data.customer.name)",
        "$decodeUrl(data.customer.name & '%')",
        "$fromMillis(0, '[' & data.customer.name & ']')",
        "$formatNumber(1, data.customer.name & '##;##;##')",
    ] {
        let error = applied(&jsonata(expression), EVENT).unwrap_err();
        assert!(!error.to_string().contains("Ada"), "{expression}: {error}");
    }
}
