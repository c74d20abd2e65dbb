//! How much a comparison may take, all of it together: what a pair of subschemas costs depends on how long their lists are and
//! how alike they look, so that counting pairs alone bounds nothing.

use std::cell::Cell;

use serde_json::Value;

use super::number_order::compare;
use crate::schema::limits::COMPARE_STEPS;

/// Bytes of a compiled schema that are made in the time of a step, with much room.
const BYTES_A_STEP: usize = 8;

/// What is left of the work that comparisons may take. Several, such as those of all event types of a document, can have one
/// together. Once it is spent nothing more is seen of a schema, and whatever is compared is refused.
#[derive(Debug)]
pub struct CompareBudget(Cell<u64>);

impl CompareBudget {
    /// What all comparisons of a request take together, in steps of some nanoseconds: by far more than schemas of people need.
    pub const DEFAULT: u64 = COMPARE_STEPS;

    /// So many steps.
    pub fn new(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// How many are left.
    #[cfg(test)]
    pub(super) fn left(&self) -> u64 {
        self.0.get()
    }

    /// Takes steps; `false` where so many are not left, and then there are none any more.
    pub(super) fn spend(&self, steps: usize) -> bool {
        let left = self.0.get().checked_sub(steps as u64);
        self.0.set(left.unwrap_or_default());
        left.is_some_and(|left| left > 0)
    }

    /// Takes the steps that it took to compile a schema, which has so many bytes in memory; `false` if there is nothing left for
    /// others.
    pub fn has_compiled(&self, bytes: usize) -> bool {
        self.spend(bytes / BYTES_A_STEP)
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.0.get() == 0
    }

    /// Whether two values are the same JSON: numbers by what they are, not by how they are written. `false` once nothing is
    /// left.
    pub(super) fn are_equal(&self, one: &Value, other: &Value) -> bool {
        self.spend(1)
            && match (one, other) {
                (Value::Number(a), Value::Number(b)) => compare(a, b).is_eq(),
                (Value::String(a), Value::String(b)) => {
                    a.len() == b.len() && self.spend(a.len() / 64) && a == b
                }
                (Value::Array(a), Value::Array(b)) => {
                    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.are_equal(a, b))
                }
                (Value::Object(a), Value::Object(b)) => {
                    let is_in_b = |(name, a): (&String, &Value)| {
                        self.spend(name.len() / 64) && b.get(name).is_some_and(|b| self.are_equal(a, b))
                    };
                    a.len() == b.len() && a.iter().all(is_in_b)
                }
                (one, other) => one == other,
            }
    }
}

impl Default for CompareBudget {
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_spent_stays_so() {
        let budget = CompareBudget::new(3);
        assert!(budget.spend(2) && !budget.is_spent());
        assert!(!budget.spend(5) && budget.is_spent() && !budget.spend(0));
        assert!(!budget.are_equal(&json!(1), &json!(1)));
    }

    #[test]
    fn values_are_equal_by_what_they_are() {
        let budget = CompareBudget::default();
        for (one, other, want) in [
            (json!(1), json!(1.0), true),
            (
                json!({"a": [1, "x"], "b": null}),
                json!({"b": null, "a": [1.0, "x"]}),
                true,
            ),
            (json!({"a": 1}), json!({"b": 1}), false),
            (json!([1, 2]), json!([1]), false),
            (json!("1"), json!(1), false),
        ] {
            assert_eq!(budget.are_equal(&one, &other), want, "{one} {other}");
        }
        assert!(CompareBudget::DEFAULT - budget.left() < 100);
    }
}
