//! How values are shown in explanations: no more than a few, and of each no more than its beginning.

use crate::Scalar;
use crate::shown::{beginning, shown_text};

/// Values of a list that are shown.
const MOST_VALUES: usize = 4;

/// A value as JSON has it.
pub(super) fn shown_scalar(value: &Scalar<'_>) -> String {
    match value {
        Scalar::Null => "null".to_owned(),
        Scalar::Bool(value) => value.to_string(),
        Scalar::Number(number) => beginning(number),
        Scalar::String(text) => shown_text(text),
    }
}

/// The first of some values, of which no others are written.
pub(super) fn listed<T>(values: &[T], shown: impl FnMut(&T) -> String, separator: &str) -> String {
    let mut shown: Vec<_> = values.iter().take(MOST_VALUES).map(shown).collect();
    if values.len() > MOST_VALUES {
        shown.push(format!("{} more", values.len() - MOST_VALUES));
    }
    shown.join(separator)
}
