//! How much work a schema makes of a value: references that lead in a circle are refused, and so is what has too many
//! subschemas look at the same value.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::document::Document;
use super::keywords::Place;
use super::looks::Looks;
use super::{SchemaError, SchemaFault, SchemaLimits};

/// How often a list of reasons may look at parts of the data, as a power of two.
const LISTED_LOOKS: f64 = 16.0;
/// How many subschemas may lead from one to the next without going into the data.
const LONGEST_CHAIN: usize = 128;

/// What is known of the work before there is data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// By how many subschemas a member or element is looked at, at most, each time that its parent is.
    branches: usize,
    is_recursive: bool,
}

/// Work of a subschema, on the way or done.
enum Width {
    InProgress,
    Of(usize),
}

impl Shape {
    pub(super) fn of(document: &Document, limits: &SchemaLimits) -> Result<Self, SchemaError> {
        let mut widths = Widths {
            document,
            limits,
            known: HashMap::new(),
        };
        let mut seen = HashSet::new();
        let mut waiting = vec![(String::new(), document.root())];
        while let Some((pointer, value)) = waiting.pop() {
            if !seen.insert(pointer.clone()) {
                continue;
            }
            widths.width(&pointer, value, 0)?;
            let Value::Object(object) = value else { continue };
            waiting.extend(document.referred(object));
            for held in document.held(object) {
                waiting.push((held.pointer(&pointer), held.value));
            }
        }
        let looks = Looks::of(document, limits)?;
        Ok(Self {
            branches: looks.branches,
            is_recursive: looks.is_recursive,
        })
    }

    /// Whether listing all reasons would look too often at the same parts of this value. What does not refer to itself has
    /// its bound.
    pub(super) fn branches_often(self, value: &Value) -> bool {
        if !self.is_recursive || self.branches < 2 {
            return false;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let looks = (self.branches as f64).log2() * depth(value) as f64;
        looks > LISTED_LOOKS
    }
}

/// Works out how many subschemas look at a value.
struct Widths<'a> {
    document: &'a Document,
    limits: &'a SchemaLimits,
    known: HashMap<String, Width>,
}

impl Widths<'_> {
    /// How many subschemas look at the value that this one looks at.
    fn width(&mut self, pointer: &str, value: &Value, chain: usize) -> Result<usize, SchemaError> {
        let Value::Object(object) = value else {
            return Ok(1);
        };
        let too_wide = || SchemaError::at(pointer, SchemaFault::TooWide(self.limits.width));
        match self.known.get(pointer) {
            Some(Width::InProgress) => return Err(SchemaError::at(pointer, SchemaFault::Circular)),
            Some(Width::Of(width)) => return Ok(*width),
            None => {}
        }
        if chain > LONGEST_CHAIN {
            return Err(too_wide());
        }
        self.known.insert(pointer.to_owned(), Width::InProgress);
        let document = self.document;
        let mut sum = 1_usize;
        for (target, value) in document.referred(object) {
            sum = sum.saturating_add(self.width(&target, value, chain + 1)?);
        }
        for held in document.held(object) {
            if held.place == Place::Here {
                sum = sum.saturating_add(self.width(&held.pointer(pointer), held.value, chain + 1)?);
            }
        }
        if sum > self.limits.width {
            return Err(SchemaError::at(pointer, SchemaFault::TooWide(self.limits.width)));
        }
        self.known.insert(pointer.to_owned(), Width::Of(sum));
        Ok(sum)
    }
}

/// How deep a value is nested.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
