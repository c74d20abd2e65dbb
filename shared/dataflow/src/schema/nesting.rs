//! How deep a schema is nested, and how long the places of its parts are: each is remembered by its place.

use serde_json::Value;

use super::pointer::push_name;
use super::{SchemaError, SchemaFault, SchemaLimits};

/// Refuses what is nested too deeply, and what has places that take too many bytes together.
pub(super) fn check(root: &Value, limits: &SchemaLimits) -> Result<(), SchemaError> {
    let mut walk = Walk {
        limits,
        bytes: 0,
        above: Vec::new(),
    };
    walk.visit(root, 0)
}

/// A step on the way to a part.
enum Above<'v> {
    Name(&'v str),
    Index(usize),
}

struct Walk<'v, 'l> {
    limits: &'l SchemaLimits,
    /// Of all places so far.
    bytes: usize,
    above: Vec<Above<'v>>,
}

impl<'v> Walk<'v, '_> {
    fn visit(&mut self, value: &'v Value, pointer: usize) -> Result<(), SchemaError> {
        self.bytes = self.bytes.saturating_add(pointer);
        if self.bytes > self.limits.pointer_bytes {
            return Err(SchemaError::at_root(SchemaFault::LongPlaces(
                self.limits.pointer_bytes,
            )));
        }
        let is_inner = value.is_object() || value.is_array();
        if is_inner && self.above.len() >= self.limits.depth {
            return Err(SchemaError::at(
                &self.pointer(),
                SchemaFault::TooDeep(self.limits.depth),
            ));
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.above.push(Above::Name(name));
                    self.visit(member, pointer + 1 + name.len())?;
                    self.above.pop();
                }
            }
            Value::Array(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    let digits = at.checked_ilog10().unwrap_or_default() as usize + 1;
                    self.above.push(Above::Index(at));
                    self.visit(element, pointer + 1 + digits)?;
                    self.above.pop();
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.above {
            match step {
                Above::Name(name) => push_name(&mut pointer, name),
                Above::Index(at) => push_name(&mut pointer, &at.to_string()),
            }
        }
        pointer
    }
}
