//! Expressions that mean harm end within their bounds. Memory is measured; time is what the crate's own clock bounds, and
//! nothing here waits for long.

use std::time::Duration;

use allocation_counter::measure;
use dataflow::transform::{Transform, TransformContext, TransformLimits};

/// Most bytes that an application of a transform may hold at a time, whatever it does.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// What an expression ends with, and most bytes that it held.
fn ending(expression: &str, json: &str) -> (String, u64) {
    let source = serde_json::json!({ "jsonata": expression }).to_string();
    ending_of(&source, json)
}

fn ending_of(source: &str, json: &str) -> (String, u64) {
    ending_within(source, json, TransformLimits::default())
}

fn ending_within(source: &str, json: &str, limits: TransformLimits) -> (String, u64) {
    let mut ending = String::new();
    let measured = measure(|| {
        let made = Transform::compile(source, &limits)
            .and_then(|transform| transform.apply(json, &TransformContext::default(), &limits));
        ending = match made {
            Ok(text) => {
                assert!(text.len() <= limits.max_output_bytes);
                "ok".to_owned()
            }
            Err(error) => error.code,
        };
    });
    (ending, measured.bytes_max)
}

fn harm() -> Vec<&'static str> {
    vec![
        "$pad('x', 2e8)",
        "$pad('x', -1e6)",
        "($f := function($a, $n) { $n = 0 ? $a : $f($a & $a, $n - 1) }; $f('x', 60))",
        "$reduce([1..60], function($a, $i) { $a & $a }, 'xxxxxxxx')",
        "[1..10000].[[1..10000]]",
        "[1..10000].([1..10000])",
        "($a := [1..10000]; $map($a, function() { $reverse($a) }))",
        "($a := [1..10000]; $map($map($a, function() { $a }), $reverse))",
        "($a := [1..10000]; $map($a.[$a], $reverse))",
        "$map([1..10000], function($i) { function() { $i } })",
        "$map([1..100], function($j) { $map([1..10000], function($i) { function() { $i + $j } }) })",
        "$map([1..10000], $string(?))",
        "$map([1..10000], $pad(?, 100000))",
        "($x := $reduce([1..60], function($a, $i) { [[$a], [$a]] }, [1]); $x = $reduce([1..60], function($a, $i) { [[$a], [$a]] }, [1]))",
        "($x := $reduce([1..30], function($a, $i) { [[$a], [$a]] }, [1]); $string($x))",
        "($x := $reduce([1..30], function($a, $i) { {'a': $a, 'b': $a} }, 1); $x)",
        "($x := $reduce([1..30], function($a, $i) { {'a': $a, 'b': $a} }, 1); $x.**)",
        "($x := $reduce([1..30], function($a, $i) { {'a': $a, 'b': $a} }, 1); $clone($x))",
        "($x := $reduce([1..30], function($a, $i) { {'a': $a, 'b': $a} }, 1); $x ~> |**|{'c': 1}|)",
        "($x := $reduce([1..30], function($a, $i) { [[$a], [$a]] }, [1]); $boolean($x))",
        "($x := $reduce([1..30], function($a, $i) { [[$a], [$a]] }, [1]); $distinct([$x, $x, [$x]]))",
        "$join($split($pad('', 9000, 'a'), ''), $pad('', 1000, 'b'))",
        "$replace($pad('', 9000, 'a'), 'a', $pad('', 1000, 'b'))",
        "$replace($pad('', 9000, 'a'), /.+/, $pad('', 20000, '$0'))",
        "$map([1..10000], function($i) { $pad('', 100000) })",
        "$map([1..10000], function($i) { $uppercase($pad('', 100000, 'ß')) })",
        "$match(s, /a/)",
        "$match(s, /(?:a|a)*c/)",
        "$match(s, /(a*)*b/)",
        "$match(s, /a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?aaaaaaaaaaaaaaaaaaaaaaaaaaab/)",
        "$replace(s, /a|b/, 'xx')",
        "$contains(s, /(?:a|b)*c/)",
        "$contains('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', /(a+)+$b/)",
        "$contains('a', /((a{1000}){1000}){1000}/)",
        "$contains('a', /(((((((((a{9}){9}){9}){9}){9}){9}){9}){9}){9})/)",
        "$split(s, '')",
        "$formatInteger(1, $pad('', 900000, '0'))",
        "$fromMillis(0, '[Y,900000000-999999999]')",
        "$formatNumber(1, $pad('', 100000, '0'))",
        "$formatBase($power(2, 1000), 2)",
        "($f := function() { $f() }; $f())",
        "($f := function() { 1 + $f() }; $f())",
        "($f := function($n) { $n = 0 ? [] : [$f($n - 1)] }; $f(9000))",
        "$reduce([1..9000], function($a, $i) { [[$a]] }, 1)",
        "$reduce([1..9000], function($a, $i) { {'a': $a} }, 1)",
        "$sort([1..10000], function($a, $b) { $a < $b })",
        "[1..10000]^(>$)",
        "$zip([1..10000], [1..10000], [1..10000], [1..10000], [1..10000], [1..10000], [1..10000], [1..10000])",
        "[1..10000].{'a': $, 'b': [1..1000]}",
        "[1..1000000000]",
        "[1..10000]{$string($): [1..10000]}",
        "$merge([1..10000].{$string($): $})",
        "$each($merge([1..10000].{$string($): $}), function($v, $k) { $k & $pad('', 10000) })",
        "($a := [1..10000]; $a@$x.$a@$y.($x + $y))",
        "($a := [1..10000]; $a#$i.$a#$j.$i)",
        "$spread($merge([1..10000].{$string($): $}))",
        "$append($append([1..10000], [1..10000]), [1..10000])",
        "$shuffle([1..10000])",
        "$encodeUrlComponent($pad('', 900000, 'ä'))",
        "$base64encode($pad('', 900000))",
        "$eval('1')",
        "$string($)",
        "**.**.**",
        "*[*[*[*]]]",
    ]
}

#[test]
fn whatever_an_expression_does_it_stays_within_its_memory() {
    let json = format!(
        r#"{{"s": "{}", "l": [{}1]}}"#,
        "a".repeat(100_000),
        "1,".repeat(5000)
    );
    for expression in harm() {
        let (ending, bytes) = ending(expression, &json);
        assert!(bytes <= MOST_BYTES, "{expression}: {bytes} bytes, {ending}");
    }
}

/// What an expression ends with if time is not what ends it, however slow the machine is; where it says so, it is.
#[test]
fn expressions_end_for_the_reason_that_is_expected() {
    let json = format!(r#"{{"s": "{}"}}"#, "a".repeat(100_000));
    for (expression, code) in [
        ("$pad('x', 2e8)", "D2016"),
        (
            "$reduce([1..60], function($a, $i) { $a & $a }, 'xxxxxxxx')",
            "U1001",
        ),
        ("[1..10000].[[1..10000]]", "U1001"),
        ("[1..1000000000]", "D2014"),
        ("[1..1000000]", "U1001"),
        ("$eval('1')", "refused"),
        ("($f := function() { 1 + $f() }; $f())", "D1011"),
        ("($f := function() { $f() }; $f())", "D1012"),
        ("$match(s, /(a*)*b/)", "U1001"),
        (
            "$contains('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', /(a+)+$b/)",
            "D1012",
        ),
    ] {
        let mut limits = TransformLimits::default();
        if code != "D1012" {
            limits.max_time = Duration::from_mins(10);
        }
        let source = serde_json::json!({ "jsonata": expression }).to_string();
        assert_eq!(ending_within(&source, &json, limits).0, code, "{expression}");
    }
}

#[test]
fn whatever_is_transformed_it_stays_within_the_memory() {
    let fill = |unit: &str, open: &str, close: &str| {
        let count = (250 * 1024 - open.len() - close.len()) / (unit.len() + 1);
        format!("{open}{}{close}", vec![unit; count].join(","))
    };
    let members: Vec<_> = (0..20_000).map(|n| format!(r#""{n}":1"#)).collect();
    for json in [
        fill("1", "[", "]"),
        fill("[]", "[", "]"),
        fill("{}", "[", "]"),
        fill(r#"{"":1}"#, "[", "]"),
        fill(r#""""#, "[", "]"),
        format!("{{{}}}", members.join(",")),
        "[".repeat(100) + &"]".repeat(100),
        "[".repeat(100_000) + &"]".repeat(100_000),
        format!("\"{}\"", "\\u00e4".repeat(40_000)),
    ] {
        for transform in [
            r#"{"jsonata": "$"}"#,
            r#"{"jsonata": "[$, $]"}"#,
            r#"{"inputPath": "$"}"#,
            r#"{"inputPath": "$.*.*.*"}"#,
            r#"{"inputTransformer": {"inputPathsMap": {"a": "$"}, "inputTemplate": "\"<a>\""}}"#,
            r#"{"inputTransformer": {"inputPathsMap": {"a": "$"}, "inputTemplate": "[<a>,<a>,<a>,<a>,<a>,<a>,<a>,<a>]"}}"#,
            r#"{"inputTransformer": {"inputPathsMap": {"a": "$[*][*]"}, "inputTemplate": "\"<a><a>\""}}"#,
        ] {
            let (ending, bytes) = ending_of(transform, &json);
            let begin = &json[..json.len().min(20)];
            assert!(
                bytes <= MOST_BYTES,
                "{transform} of {begin}: {bytes} bytes, {ending}"
            );
        }
    }
}

#[test]
fn deeply_nested_expressions_end() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{'a':", "}"),
        ("-", ""),
        ("function(){", "}"),
        ("1?", ":2"),
        ("a.", ""),
        ("1+", ""),
        ("a[", "]"),
        ("/*", "*/"),
        ("$f(", ")"),
        ("1~>$f", ""),
        ("a@$b.", "c"),
        ("%.", ""),
        ("|a|", "|"),
        ("a^(", ")"),
        ("1??", ""),
    ] {
        for count in [100, 190, 300, 5000, 100_000] {
            let expression = format!("{}1{}", open.repeat(count), close.repeat(count));
            let (ending, bytes) = ending(&expression, "{}");
            assert!(bytes <= MOST_BYTES, "{open} {count}: {bytes} bytes, {ending}");
        }
    }
    let (ending, _) = ending(&"(".repeat(100_000), "{}");
    assert_eq!(ending, "sourceTooLarge");
}
