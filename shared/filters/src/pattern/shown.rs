//! How values are shown in explanations: no more than their beginning, and no more than a few.

use std::fmt::Display;

use crate::Scalar;

/// Characters of a value that are shown.
const MOST_CHARACTERS: usize = 64;

/// Values of a list that are shown.
const MOST_VALUES: usize = 4;

/// A text in quotes.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}

/// A value as JSON has it.
pub(super) fn shown_scalar(value: &Scalar<'_>) -> String {
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => number.chars().take(MOST_CHARACTERS).collect(),
        Scalar::String(text) => shown(text),
    }
}

/// The first of some values.
pub(super) fn listed(values: &[impl Display], separator: &str) -> String {
    let mut shown: Vec<_> = values.iter().take(MOST_VALUES).map(ToString::to_string).collect();
    if values.len() > MOST_VALUES {
        shown.push(format!("{} more", values.len() - MOST_VALUES));
    }
    shown.join(separator)
}
