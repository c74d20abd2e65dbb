//! Reads the JSON of an event pattern.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::json::{Kind, elements};
use super::leaf::Leaf;
use super::value::ValueTest;
use super::values::{Operators, value_test};
use crate::FilterError;
use crate::budget::Budget;
use crate::members::{Members, below};

/// A part of a pattern, in the order in which they stand.
#[derive(Debug, Clone)]
pub(super) enum Item {
    Leaf(Arc<Leaf>),
    /// Branches, at least one of which has to hold.
    Or(Vec<Vec<Item>>),
}

/// The key of alternatives.
const OR: &str = "$or";

/// Names of operators, which no field in `$or` may have: Event Ruler keeps them to itself, some for times to come.
const RESERVED: [&str; 24] = [
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// Reads a pattern, and all of its leaves.
pub(super) fn items(
    json: &RawValue,
    pointer: &str,
    budget: &mut Budget,
) -> Result<(Vec<Item>, Vec<Arc<Leaf>>), FilterError> {
    let before = budget.clone();
    let mut reader = Reader::new(budget, pointer.len(), OrKey::IsOperator);
    let refused = match reader.object(json, pointer, false) {
        Ok(items) => return Ok((items, reader.leaves)),
        Err(refused) => refused,
    };
    if !reader.has_or {
        return Err(refused);
    }
    // A pattern that makes no sense otherwise may mean a field that is called so.
    *budget = before;
    let mut reader = Reader::new(budget, pointer.len(), OrKey::IsField);
    match reader.object(json, pointer, false) {
        Ok(items) => Ok((items, reader.leaves)),
        Err(_) => Err(refused),
    }
}

/// What the key `$or` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OrKey {
    IsOperator,
    IsField,
}

struct Reader<'b> {
    budget: &'b mut Budget,
    /// The keys down to where it reads.
    keys: Vec<String>,
    /// Characters of pointers that lead to the pattern.
    above: usize,
    or_key: OrKey,
    has_or: bool,
    leaves: Vec<Arc<Leaf>>,
}

impl<'b> Reader<'b> {
    fn new(budget: &'b mut Budget, above: usize, or_key: OrKey) -> Self {
        Self {
            budget,
            keys: Vec::new(),
            above,
            or_key,
            has_or: false,
            leaves: Vec::new(),
        }
    }

    fn object(&mut self, json: &RawValue, pointer: &str, in_or: bool) -> Result<Vec<Item>, FilterError> {
        let expected = "expected a pattern, an object whose values are objects or arrays";
        let Members(members) = Members::of(json, pointer, expected)?;
        if members.is_empty() {
            return Err(FilterError::at(
                pointer,
                "is an empty object; it names at least one field",
            ));
        }
        let mut items = Vec::new();
        for (key, value) in members {
            self.member(&key, value, &below(pointer, &key), in_or, &mut items)?;
        }
        Ok(items)
    }

    fn member(
        &mut self,
        key: &str,
        json: &RawValue,
        pointer: &str,
        in_or: bool,
        items: &mut Vec<Item>,
    ) -> Result<(), FilterError> {
        if key == OR && self.or_key == OrKey::IsOperator {
            self.has_or = true;
            items.push(self.or(json, pointer)?);
            return Ok(());
        }
        if in_or && RESERVED.contains(&key) {
            return Err(FilterError::at(
                pointer,
                "is the name of an operator, which no field in $or may have",
            ));
        }
        // Dots in a key lead down as keys of their own do.
        let depth = key.split('.').count();
        for _ in 0..depth {
            self.budget.enter(pointer)?;
        }
        self.keys.push(key.to_owned());
        match Kind::of(json) {
            Kind::Object => items.append(&mut self.object(json, pointer, in_or)?),
            Kind::Array => items.push(self.leaf(json, pointer)?),
            other => {
                let is_value = matches!(other, Kind::Text | Kind::Number | Kind::Bool | Kind::Null);
                let instead = if is_value { "; write [ ] around it" } else { "" };
                return Err(FilterError::at(
                    pointer,
                    format!(
                        "is {} where an array or an object is wanted{instead}",
                        other.name()
                    ),
                ));
            }
        }
        self.keys.pop();
        for _ in 0..depth {
            self.budget.leave();
        }
        Ok(())
    }

    fn leaf(&mut self, json: &RawValue, pointer: &str) -> Result<Item, FilterError> {
        let operators = match self.or_key {
            OrKey::IsOperator => Operators::All,
            OrKey::IsField => Operators::Old,
        };
        let mut tests = Vec::new();
        for (i, element) in elements(json).unwrap_or_default().into_iter().enumerate() {
            let pointer = format!("{pointer}/{i}");
            self.budget.condition(&pointer)?;
            tests.push(value_test(element, &pointer, operators, self.budget)?);
        }
        if tests.is_empty() {
            return Err(FilterError::at(
                pointer,
                "is an empty array, which no value is in",
            ));
        }
        if !tests.iter().any(ValueTest::is_numeric) {
            tests = tests
                .into_iter()
                .map(|test| match test {
                    ValueTest::Cidr(block) => ValueTest::CidrOrDigits(block),
                    other => other,
                })
                .collect();
        }
        let in_pattern = pointer.get(self.above..).unwrap_or_default();
        let leaf = Arc::new(Leaf::new(self.keys.join("."), in_pattern, tests));
        self.leaves.push(Arc::clone(&leaf));
        Ok(Item::Leaf(leaf))
    }

    fn or(&mut self, json: &RawValue, pointer: &str) -> Result<Item, FilterError> {
        let wrong = || {
            FilterError::at(
                pointer,
                "is no $or: that is an array of at least two objects, each of them a pattern",
            )
        };
        let branches = match Kind::of(json) {
            Kind::Array => elements(json).unwrap_or_default(),
            _ => return Err(wrong()),
        };
        if branches.len() < 2 {
            return Err(wrong());
        }
        self.budget.enter(pointer)?;
        let mut read = Vec::new();
        for (i, branch) in branches.into_iter().enumerate() {
            if Kind::of(branch) != Kind::Object {
                return Err(wrong());
            }
            read.push(self.object(branch, &format!("{pointer}/{i}"), true)?);
        }
        self.budget.leave();
        Ok(Item::Or(read))
    }
}
