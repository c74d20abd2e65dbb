//! How large data is, in what a check of it and a list of what it breaks take.

use serde_json::Value;

/// Bytes of a value in memory, and of a violation besides its path.
const VALUE_BYTES: usize = 72;
const VIOLATION_BYTES: usize = 256;

/// The size of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Measure {
    /// How many values it has, itself included.
    pub(super) values: usize,
    /// How deep it is nested.
    pub(super) depth: usize,
    /// Bytes of one violation at each of its values: a path to it, and a copy of it, as branches make them.
    pub(super) violation_bytes: usize,
    bytes: usize,
}

impl Measure {
    pub(super) fn of(value: &Value) -> Self {
        Self::below(value, 0)
    }

    fn below(value: &Value, pointer: usize) -> Self {
        let mut all = Self {
            values: 1,
            bytes: VALUE_BYTES,
            ..Self::default()
        };
        match value {
            Value::String(text) => all.bytes += text.len(),
            Value::Array(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    let digits = at.checked_ilog10().unwrap_or_default() as usize + 1;
                    all.add(Self::below(element, pointer + 1 + digits));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    all.bytes += name.len();
                    all.add(Self::below(member, pointer + 1 + name.len()));
                }
            }
            _ => {}
        }
        let own = VIOLATION_BYTES + pointer + all.bytes;
        all.violation_bytes = all.violation_bytes.saturating_add(own);
        all
    }

    fn add(&mut self, inner: Self) {
        self.values += inner.values;
        self.bytes += inner.bytes;
        self.depth = self.depth.max(inner.depth + 1);
        self.violation_bytes = self.violation_bytes.saturating_add(inner.violation_bytes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_values_within_values() {
        let measure = Measure::of(&json!({"ab": [1, "xyz"]}));
        assert_eq!((measure.values, measure.depth), (4, 2));
        let leaves = 2 * (VIOLATION_BYTES + VALUE_BYTES + 5) + 3;
        let list = VIOLATION_BYTES + 3 + 3 * VALUE_BYTES + 3;
        let root = VIOLATION_BYTES + 4 * VALUE_BYTES + 3 + 2;
        assert_eq!(measure.violation_bytes, leaves + list + root);
    }
}
