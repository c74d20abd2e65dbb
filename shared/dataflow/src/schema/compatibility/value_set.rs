//! The values of a list, to be looked up: lists of a schema can be as long as that.

use std::collections::{HashMap, HashSet};

use serde_json::{Number, Value};

use super::budget::CompareBudget;
use super::number_order::compare;

/// Values, by what they are.
pub(super) struct ValueSet<'v> {
    budget: &'v CompareBudget,
    texts: HashSet<&'v str>,
    /// By their bits as a float: those that are the same are among those with the same bits.
    numbers: HashMap<u64, Vec<&'v Number>>,
    others: Vec<&'v Value>,
}

impl<'v> ValueSet<'v> {
    /// Those of a list; none once nothing is left of the budget.
    pub(super) fn of(list: impl IntoIterator<Item = &'v Value>, budget: &'v CompareBudget) -> Self {
        let mut set = Self {
            budget,
            texts: HashSet::new(),
            numbers: HashMap::new(),
            others: Vec::new(),
        };
        for value in list {
            if !budget.spend(4) {
                break;
            }
            match value {
                Value::String(text) => drop(set.texts.insert(text)),
                Value::Number(number) => set.numbers.entry(bits(number)).or_default().push(number),
                other => set.others.push(other),
            }
        }
        set
    }

    /// Whether a value is one of them.
    pub(super) fn contains(&self, value: &Value) -> bool {
        if !self.budget.spend(2) {
            return false;
        }
        match value {
            Value::String(text) => self.texts.contains(text.as_str()),
            Value::Number(number) => self.numbers.get(&bits(number)).is_some_and(|alike| {
                let is_same = |one: &&Number| self.budget.spend(1) && compare(one, number).is_eq();
                alike.iter().any(is_same)
            }),
            other => self.others.iter().any(|one| self.budget.are_equal(one, other)),
        }
    }
}

/// Zero has one form.
fn bits(number: &Number) -> u64 {
    (number.as_f64().unwrap_or_default() + 0.0).to_bits()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_by_what_they_are() {
        let list = [
            json!("a"),
            json!(1),
            json!(9_007_199_254_740_993_i64),
            json!(null),
            json!([1]),
        ];
        let budget = CompareBudget::default();
        let set = ValueSet::of(&list, &budget);
        for (value, want) in [
            (json!("a"), true),
            (json!("b"), false),
            (json!(1.0), true),
            (json!(9_007_199_254_740_993_i64), true),
            (json!(9_007_199_254_740_992_i64), false),
            (json!(-0.0), false),
            (json!(null), true),
            (json!(false), false),
            (json!([1.0]), true),
            (json!([2]), false),
        ] {
            assert_eq!(set.contains(&value), want, "{value}");
        }
    }
}
