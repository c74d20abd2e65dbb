//! What is required of attributes, whose texts, numbers and booleans filters compare by their texts.
//!
//! An anchor of texts holds for texts alone, so that what a number or a boolean could be too has anchors for those as well.

use std::cmp::Reverse;

use serde_json::value::RawValue;

use crate::number::canonical;
use crate::{Anchor, Requirement, Test};

/// How many requirements of each alternative are looked at: those that find the fewest events.
const CONSIDERED: usize = 4;

/// There is a value.
pub(crate) fn present(path: &str) -> Requirement {
    vec![anchor(path, Test::Present)]
}

/// The value is one of these texts, or a number or boolean that is written or cast like one.
pub(crate) fn texts<'t>(path: &str, texts: impl IntoIterator<Item = &'t str>) -> Requirement {
    let mut anchors = Vec::new();
    for text in texts {
        if let Ok(number) = text.parse::<i32>() {
            anchors.push(anchor(path, Test::Number(canonical(&number.to_string()).into())));
        }
        if is_number(text) {
            anchors.push(anchor(path, Test::Number(canonical(text).into())));
        }
        for value in [true, false] {
            if text.eq_ignore_ascii_case(boolean(value)) {
                anchors.push(anchor(path, Test::Bool(value)));
            }
        }
        anchors.push(anchor(path, Test::Text(text.into())));
    }
    settled(anchors)
}

/// The value is equal to this integer after one of them was cast.
pub(crate) fn integer(path: &str, value: i32) -> Requirement {
    let text = value.to_string();
    let mut anchors = texts(path, [&*text]);
    anchors.push(anchor(path, Test::Bool(value != 0)));
    anchors
}

/// The text of the value begins so.
pub(crate) fn prefix(path: &str, text: &str) -> Requirement {
    vec![anchor(path, of_texts_only(text, Test::Prefix))]
}

/// The text of the value ends so.
pub(crate) fn suffix(path: &str, text: &str) -> Requirement {
    vec![anchor(path, of_texts_only(text, Test::Suffix))]
}

/// The text of the value has this in it.
pub(crate) fn contains(path: &str, text: &str) -> Requirement {
    vec![anchor(path, of_texts_only(text, Test::Contains))]
}

/// What is required if one of several alternatives is true, each of which requires all of its own.
pub(crate) fn of_any(mut alternatives: Vec<Vec<Requirement>>) -> Vec<Requirement> {
    if alternatives.len() < 2 {
        return alternatives.pop().unwrap_or_default();
    }
    for alternative in &mut alternatives {
        alternative.sort_by_cached_key(cost);
        alternative.truncate(CONSIDERED);
    }
    // Fields that each alternative looks at.
    let mut required = Vec::new();
    for path in alternatives.iter().take(1).flatten().filter_map(only_path) {
        let of_path = |alternative: &Vec<Requirement>| {
            let found = alternative
                .iter()
                .find(|requirement| only_path(requirement) == Some(path));
            found.cloned()
        };
        let same: Option<Vec<_>> = alternatives.iter().map(of_path).collect();
        required.extend(same.map(|same| settled(same.concat())));
    }
    if required.is_empty() {
        let best: Option<Vec<_>> = alternatives
            .into_iter()
            .map(|all| all.into_iter().next())
            .collect();
        required.extend(best.map(|best| settled(best.concat())));
    }
    required.dedup();
    required
}

fn anchor(path: &str, test: Test) -> Anchor {
    Anchor {
        path: path.into(),
        test,
    }
}

/// A test of texts, unless a number or a boolean could have this part too.
fn of_texts_only(part: &str, test: impl FnOnce(Box<str>) -> Test) -> Test {
    let in_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
    let in_boolean = [true, false].iter().any(|value| boolean(*value).contains(part));
    if in_boolean || part.chars().all(in_number) {
        return Test::Present;
    }
    test(part.into())
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Whether JSON has a number that is written so.
fn is_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && serde_json::from_str::<&RawValue>(text).is_ok()
}

fn settled(mut anchors: Requirement) -> Requirement {
    anchors.sort_unstable();
    anchors.dedup();
    anchors
}

fn only_path(requirement: &Requirement) -> Option<&str> {
    let path = &requirement.first()?.path;
    requirement
        .iter()
        .all(|anchor| anchor.path == *path)
        .then_some(path)
}

/// How many events a requirement finds, as far as can be told: by its weakest anchor, then by their number.
fn cost(requirement: &Requirement) -> (u8, usize, Reverse<usize>) {
    let weakness = |anchor: &Anchor| match &anchor.test {
        Test::Text(_) | Test::Number(_) | Test::TextIgnoringCase(_) => 0,
        Test::Prefix(_) | Test::Suffix(_) => 1,
        Test::Contains(_) => 2,
        Test::Bool(_) | Test::Null => 3,
        Test::Present => 4,
    };
    let length = |anchor: &Anchor| match &anchor.test {
        Test::Prefix(text) | Test::Suffix(text) | Test::Contains(text) => text.len(),
        _ => 0,
    };
    (
        requirement.iter().map(weakness).max().unwrap_or(u8::MAX),
        requirement.len(),
        Reverse(requirement.iter().map(length).min().unwrap_or(0)),
    )
}
