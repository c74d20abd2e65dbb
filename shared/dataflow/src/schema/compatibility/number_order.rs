//! The order of JSON numbers: by what they are, not by how they are written.

use std::cmp::Ordering;

use serde_json::Number;

/// Which number is less.
pub(super) fn compare(one: &Number, other: &Number) -> Ordering {
    let whole = |number: &Number| {
        number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
    };
    if let (Some(one), Some(other)) = (whole(one), whole(other)) {
        return one.cmp(&other);
    }
    let float = |number: &Number| number.as_f64().unwrap_or_default();
    float(one).total_cmp(&(float(other) + 0.0))
}
