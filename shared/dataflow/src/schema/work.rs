//! What subschemas do with one value.

use serde_json::{Map, Value};

/// What is done with a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Work {
    /// How many subschemas look at it.
    pub(super) subschemas: usize,
    /// How many comparisons that makes.
    pub(super) steps: usize,
    /// How many violations there can be of it.
    pub(super) violations: usize,
}

impl Work {
    /// Of `true` and `false`.
    pub(super) fn of_boolean() -> Self {
        Self {
            subschemas: 1,
            steps: 1,
            violations: 1,
        }
    }

    /// Of an object by itself.
    pub(super) fn of(object: &Map<String, Value>) -> Self {
        let own = object.iter().map(|(keyword, value)| of_keyword(keyword, value));
        let mut all = own.fold(Self::default(), Self::and);
        all.subschemas = 1;
        all.steps += 1;
        all
    }

    /// Both.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            subschemas: self.subschemas.saturating_add(other.subschemas),
            steps: self.steps.saturating_add(other.steps),
            violations: self.violations.saturating_add(other.violations),
        }
    }

    /// The more of each.
    pub(super) fn most(self, other: Self) -> Self {
        Self {
            subschemas: self.subschemas.max(other.subschemas),
            steps: self.steps.max(other.steps),
            violations: self.violations.max(other.violations),
        }
    }
}

fn of_keyword(keyword: &str, value: &Value) -> Work {
    let (steps, violations) = match (keyword, value) {
        ("$schema" | "$id" | "id" | "$comment" | "title" | "description" | "$defs" | "definitions", _) => {
            (0, 0)
        }
        ("required", Value::Array(names)) => (names.len(), names.len()),
        // Texts are looked up; others are compared with one after another.
        ("enum", Value::Array(values)) if values.iter().all(Value::is_string) => (1, 1),
        ("enum", Value::Array(values)) => (values.iter().map(size).sum(), 1),
        ("const", value) => (size(value), 1),
        // Each is looked for, or tried on each member.
        ("properties" | "patternProperties" | "dependentSchemas", Value::Object(schemas)) => {
            (schemas.len(), 1)
        }
        ("dependentRequired" | "dependencies", Value::Object(lists)) => {
            let names = lists.values().filter_map(Value::as_array).map(Vec::len).sum();
            (lists.len().saturating_add(names), names)
        }
        _ => (1, 1),
    };
    Work {
        subschemas: 0,
        steps,
        violations,
    }
}

/// How many values there are in a value.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(size).sum(),
        Value::Object(members) => members.values().map(size).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_lists_that_are_compared_with() {
        for (schema, steps, violations) in [
            (json!({"title": "t"}), 1, 0),
            (json!({"enum": ["a", "b", "c"]}), 2, 1),
            (json!({"enum": [1, "b", [2]]}), 5, 1),
            (json!({"required": ["a", "b"], "type": "object"}), 4, 3),
            (json!({"properties": {"a": true, "b": true}}), 3, 1),
            (json!({"dependentRequired": {"a": ["b", "c"]}}), 4, 2),
        ] {
            let work = Work::of(schema.as_object().unwrap());
            assert_eq!((work.steps, work.violations), (steps, violations), "{schema}");
        }
    }
}
