//! How much work a schema makes of a value: references that lead in a circle are refused, and so is what has too many
//! subschemas look at the same value.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::document::{Document, Step};
use super::keywords::Place;
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
}

/// Work of a subschema, on the way or done.
enum Width {
    InProgress,
    Of(usize),
}

impl Shape {
    pub(super) fn of(document: &Document, limits: &SchemaLimits) -> Result<Self, SchemaError> {
        let mut widths = Widths { document, limits, known: HashMap::new() };
        let mut seen = HashSet::new();
        let mut branches = 0;
        let mut waiting = vec![(String::new(), document.root())];
        while let Some((pointer, value)) = waiting.pop() {
            if !seen.insert(pointer.clone()) {
                continue;
            }
            widths.width(&pointer, value, 0)?;
            branches = branches.max(branches_below(document, value));
            let Value::Object(object) = value else { continue };
            waiting.extend(document.referred(object));
            for held in document.held(object) {
                waiting.push((held.pointer(&pointer), held.value));
            }
        }
        Ok(Self { branches })
    }

    /// Whether listing all reasons would look too often at the same parts of this value.
    pub(super) fn branches_often(self, value: &Value) -> bool {
        if self.branches < 2 {
            return false;
        }
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let looks = (self.branches as f64).log2() * depth(value) as f64;
        looks > LISTED_LOOKS
    }
}

/// How many subschemas look at the value that this one looks at.
struct Widths<'a> {
    document: &'a Document,
    limits: &'a SchemaLimits,
    known: HashMap<String, Width>,
}

impl Widths<'_> {
    fn width(&mut self, pointer: &str, value: &Value, chain: usize) -> Result<usize, SchemaError> {
    let Value::Object(object) = value else { return Ok(1) };
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

/// By how many subschemas one and the same member or element is looked at.
fn branches_below(document: &Document, value: &Value) -> usize {
    let (mut elements, mut members) = (0_usize, 0_usize);
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    let mut waiting = vec![value];
    // Circles have been refused, and the width has its bound.
    while let Some(value) = waiting.pop() {
        let Value::Object(object) = value else { continue };
        waiting.extend(document.referred(object).map(|(_, value)| value));
        for held in document.held(object) {
            match (held.place, held.keyword, held.name) {
                (Place::Here, ..) => waiting.push(held.value),
                // What looks at all or nothing does not go on.
                _ if held.value.is_boolean() => {}
                (Place::Inside, "properties", Some(Step::Name(name))) => *by_name.entry(name).or_default() += 1,
                // Each of a list looks at an element of its own.
                (Place::Inside, "prefixItems" | "items", Some(Step::Index(at))) => elements += usize::from(at == 0),
                (Place::Inside, "items" | "additionalItems" | "contains" | "unevaluatedItems", _) => elements += 1,
                (Place::Inside, "patternProperties" | "additionalProperties" | "unevaluatedProperties", _) => {
                    members += 1;
                }
                _ => {}
            }
        }
    }
    let most_named = by_name.values().copied().max().unwrap_or_default();
    elements.max(members + most_named)
}

/// How deep a value is nested.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(elements) => 1 + elements.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}
