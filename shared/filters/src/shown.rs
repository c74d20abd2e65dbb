//! How values of events are shown in explanations: no more than their beginning.

use crate::Scalar;

/// Characters of a value that are shown.
const MOST: usize = 64;

/// A text in quotes.
pub(crate) fn shown_text(text: &str) -> String {
    format!("\"{}\"", beginning(text))
}

/// A value as JSON has it; `is missing` if there is none.
pub(crate) fn shown_scalar(value: Option<&Scalar<'_>>) -> String {
    match value {
        None | Some(Scalar::Null) => "is missing".to_owned(),
        Some(Scalar::Bool(value)) => format!("is {value}"),
        Some(Scalar::Number(text)) => format!("is {}", beginning(text)),
        Some(Scalar::String(text)) => format!("is {}", shown_text(text)),
    }
}

/// The first characters of a text.
pub(crate) fn beginning(text: &str) -> String {
    if text.chars().nth(MOST).is_none() {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}
