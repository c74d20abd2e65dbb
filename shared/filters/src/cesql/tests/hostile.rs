//! Expressions that are meant to hurt, and nonsense: refused or evaluated, in bounded work, without a panic.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{STEPS, compile};
use crate::FilterLimits;
use crate::budget::Budget;
use crate::cesql::Sql;
use crate::sample::{Sample, text};
use crate::steps::Steps;

#[test]
fn what_is_deep_is_refused() {
    let deep = [
        ("(".repeat(100_000), 32),
        ("NOT ".repeat(100_000), 132),
        ("- ".repeat(100_000), 66),
        ("LOWER(".repeat(100_000), 197),
        ("1 IN (".repeat(100_000), 197),
    ];
    for (expression, offset) in deep {
        let error = compile(&expression).expect_err("deep");
        assert!(error.reason.contains("32 levels"), "{error}");
        assert_eq!(error.offset, Some(offset), "{}", &expression[..8]);
    }
    compile(&format!("{}true{}", "(".repeat(32), ")".repeat(32))).expect("as deep as may be");
}

#[test]
fn what_is_long_is_refused() {
    let long = [
        format!("id IN ({}1)", "1, ".repeat(100_000)),
        format!("CONCAT({}1)", "1, ".repeat(100_000)),
        "true AND ".repeat(100_000),
        "1 + ".repeat(100_000),
        format!("id {}", "LIKE 'a' ".repeat(100_000)),
        "EXISTS id = ".repeat(100_000),
    ];
    for expression in long {
        let error = compile(&expression).expect_err("long");
        assert!(error.reason.contains("1024 conditions"), "{error}");
    }
    let error = compile(&format!("id LIKE '{}'", "%a".repeat(100_000))).expect_err("wildcards");
    assert!(error.reason.contains("128 wildcards"), "{error}");
    assert_eq!(error.offset, Some(8));
}

#[test]
fn what_is_long_and_allowed_is_not_deep() {
    // On the stack of a thread that has little of it.
    let limits = FilterLimits {
        max_conditions: 200_000,
        ..FilterLimits::default()
    };
    let long = format!(
        "true{}{}",
        " AND 1 = 1".repeat(40_000),
        " OR 1 + 1 LIKE 'a' = 'b'".repeat(20_000)
    );
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(move || {
        let sql = Sql::compile(&long, "", &mut Budget::new(&limits)).expect("long");
        assert!(sql.matches(&Sample::event(), &Steps::new(STEPS)));
        sql.requirements().len()
    });
    assert_eq!(thread.expect("a thread").join().expect("no overflow"), 0);
}

#[test]
fn work_on_texts_ends() {
    let event = Sample::event().with("long", text(&"ä".repeat(20_000)));
    let all = ["UPPER(long)"; 60].join(", ");
    let steps = Steps::new(STEPS);
    let sql = compile(&format!("LENGTH(CONCAT({all})) > 0")).expect("calls");
    assert!(!sql.matches(&event, &steps));
    assert_eq!(steps.left(), 0);
    let (passes, reason) = sql.explain(&event, &Steps::new(STEPS));
    assert!(!passes && reason.contains("too long"), "{reason}");
    assert!(
        compile("LENGTH(long) = 20000")
            .expect("a call")
            .matches(&event, &Steps::new(STEPS))
    );
}

const PIECES: [&str; 40] = [
    "AND",
    "or",
    "XOR",
    "not",
    "LIKE",
    "EXISTS",
    "in",
    "true",
    "FALSE",
    "(",
    ")",
    ",",
    "=",
    "!=",
    "<>",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "0",
    "7",
    "2147483647",
    "'a%_b'",
    "\"7\"",
    "''",
    "'true'",
    "type",
    "missing",
    "count",
    "LENGTH(",
    "CONCAT_WS(",
    "SUBSTRING(",
    "LEFT(",
    "ABS(",
    "ä",
];

/// Expressions of which many can be read.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(
        &[
            "true",
            "7",
            "-1",
            "'a'",
            "'7'",
            "type",
            "count",
            "missing",
            "EXISTS id",
        ][..],
    );
    leaf.prop_map(str::to_owned).prop_recursive(5, 24, 3, |inner| {
        let operators = &["AND", "OR", "XOR", "=", "!=", "<", ">=", "+", "-", "*", "/", "%"][..];
        prop_oneof![
            (inner.clone(), prop::sample::select(operators), inner.clone())
                .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("NOT {inner}")),
            inner.clone().prop_map(|inner| format!("-{inner}")),
            inner.clone().prop_map(|inner| format!("{inner} NOT LIKE 'a%_'")),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| format!("{left} IN ({right}, 'a')")),
            (inner.clone(), inner).prop_map(|(one, other)| format!("SUBSTRING({one}, {other}, 1)")),
        ]
    })
}

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => "[ -~ä]{1,3}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

/// Expressions that can be read, with something in them changed.
fn mutated() -> impl Strategy<Value = String> {
    (
        expression(),
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        prop::sample::select(&PIECES[..]),
    )
        .prop_map(|(expression, at, piece, inserted)| {
            let characters: Vec<char> = expression.chars().collect();
            let (at, end) = (at.index(characters.len()), piece.index(characters.len()));
            let (start, end) = (at.min(end), at.max(end));
            let part = |characters: &[char]| characters.iter().collect::<String>();
            format!(
                "{}{inserted}{}",
                part(&characters[..start]),
                part(&characters[end..])
            )
        })
}

#[test]
fn nonsense_ends_without_a_panic() {
    let event = Sample::event().with("count", crate::sample::number("7"));
    // A fixed seed: the same nonsense each time.
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases: 20_000,
            failure_persistence: None,
            ..Config::default()
        },
        TestRng::deterministic_rng(RngAlgorithm::ChaCha),
    );
    let read = std::cell::Cell::new(0);
    let outcome = runner.run(&prop_oneof![soup(), expression(), mutated()], |expression| {
        match compile(&expression) {
            Ok(sql) => {
                read.set(read.get() + 1);
                let steps = Steps::new(STEPS);
                let passes = sql.matches(&event, &steps);
                prop_assert!(STEPS - steps.left() <= 64 * expression.len() * 64);
                prop_assert_eq!(sql.explain(&event, &Steps::new(STEPS)).0, passes);
            }
            Err(error) => {
                let offset = error.offset.expect("an offset");
                prop_assert!(offset <= expression.chars().count(), "{}", error);
            }
        }
        Ok(())
    });
    outcome.expect("no panic");
    assert!(read.get() > 4_000, "{} of 20,000 were expressions", read.get());
}
