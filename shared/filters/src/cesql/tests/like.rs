//! `LIKE` beside the simplest matcher that there is.

use proptest::prelude::*;

use crate::cesql::error::EvaluationError;
use crate::cesql::like::Like;
use crate::steps::Steps;

fn matches(pattern: &str, text: &str) -> bool {
    let steps = Steps::new(usize::MAX);
    Like::new(pattern).0.matches(text, &steps).expect("enough steps")
}

#[test]
fn patterns() {
    let table = [
        ("", "", true),
        ("", "a", false),
        ("%", "", true),
        ("%%", "ä", true),
        ("_", "ä", true),
        ("_", "", false),
        ("__", "ä", false),
        ("%_", "", false),
        ("_%_", "a", false),
        ("ab%ba", "aba", false),
        ("ab%ba", "abba", true),
        ("%a_c%", "xaabcx", true),
        ("%_b%", "b", false),
        ("%_b%", "äb", true),
        ("%__ä%", "ääääb", true),
        ("%ab%ab%", "abab", true),
        ("%ab%ab%", "aba", false),
        ("\\%\\_", "%_", true),
        ("\\%", "a", false),
        ("a\\b", "a\\b", true),
        ("\\\\%", "\\%", true),
        ("\\\\%", "\\a", false),
        ("a\\", "a\\", true),
        ("A%", "ab", false),
    ];
    for (pattern, text, wanted) in table {
        assert_eq!(matches(pattern, text), wanted, "{text} LIKE {pattern}");
    }
}

/// A pattern's meaning, tried in every way.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['%', rest @ ..], _) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
        (['\\', escaped @ ('%' | '_'), rest @ ..], _) => {
            text.first() == Some(escaped) && naive(rest, &text[1..])
        }
        (['_', rest @ ..], _) => !text.is_empty() && naive(rest, &text[1..]),
        ([first, rest @ ..], _) => text.first() == Some(first) && naive(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn as_the_simplest_matcher(pattern in "[abä%_\\\\]{0,9}", text in "[abä%_\\\\]{0,12}") {
        let characters = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(matches(&pattern, &text), naive(&characters(&pattern), &characters(&text)));
    }
}

#[test]
fn steps_are_few_and_end() {
    let text = "a".repeat(20_000);
    // What may be anywhere, with a place for any character in it: the worst that there is.
    let pattern = format!("%{}_{}b%", "a".repeat(30), "a".repeat(30));
    let like = Like::new(&pattern).0;
    let steps = |length: usize| {
        let steps = Steps::new(usize::MAX);
        assert_eq!(like.matches(&text[..length], &steps), Ok(false));
        usize::MAX - steps.left()
    };
    let (small, large) = (steps(1_000), steps(16_000));
    assert!(large <= small * 17, "{small} {large}");
    assert_eq!(
        like.matches(&text, &Steps::new(100_000)),
        Err(EvaluationError::TooMuchWork)
    );

    let many = Like::new(&"%a".repeat(64)).0;
    let steps = Steps::new(usize::MAX);
    assert_eq!(many.matches(&text, &steps), Ok(true));
    assert!(usize::MAX - steps.left() <= text.len());
}
