//! How often one value is looked at: branches that look at the same member multiply on the way down.

use std::collections::HashMap;

use serde_json::Value;

use super::document::{Document, Step};
use super::keywords::Place;
use super::{SchemaError, SchemaFault, SchemaLimits};

/// How many subschemas are visited to find out.
const MOST_VISITS: usize = 200_000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Looks {
    /// By how many subschemas a member or element is looked at, at most, each time that its parent is.
    pub(super) branches: usize,
    /// How many times a value is looked at, at most, as far as the schema does not refer to itself.
    pub(super) most: usize,
    /// Whether a subschema refers to one that it is part of: data decides how deep that goes.
    pub(super) is_recursive: bool,
}

/// Looks below a subschema, on the way or done.
#[derive(Debug, Clone, Copy)]
enum Below {
    InProgress,
    Of(usize),
}

/// Subschemas of members and elements, by what they look at.
#[derive(Default)]
struct Children<'a> {
    named: HashMap<&'a str, Vec<(String, &'a Value)>>,
    members: Vec<(String, &'a Value)>,
    elements: Vec<(String, &'a Value)>,
    /// Of elements that have a schema of their own, by their place.
    at: HashMap<usize, Vec<(String, &'a Value)>>,
}

impl Looks {
    pub(super) fn of(document: &Document, limits: &SchemaLimits) -> Result<Self, SchemaError> {
        let mut found = Self::default();
        let mut known: HashMap<String, Below> = HashMap::new();
        let mut visits = 0;
        let mut waiting = vec![(String::new(), document.root())];
        while let Some((pointer, value)) = waiting.last().cloned() {
            if matches!(known.get(&pointer), Some(Below::Of(_))) {
                waiting.pop();
                continue;
            }
            let too_many = || SchemaError::at(&pointer, SchemaFault::TooManyLooks(limits.looks));
            let children = children(document, &pointer, value, &mut visits).ok_or_else(too_many)?;
            if known.insert(pointer.clone(), Below::InProgress).is_none() {
                let open = children.all().filter(|(child, _)| match known.get(child) {
                    Some(Below::InProgress) => {
                        found.is_recursive = true;
                        false
                    }
                    Some(Below::Of(_)) => false,
                    None => true,
                });
                waiting.extend(open.map(|(child, value)| (child.clone(), *value)));
                continue;
            }
            waiting.pop();
            let looks = children.most(&|child| match known.get(child) {
                Some(Below::Of(looks)) => *looks,
                // What refers to itself is remembered while data is checked.
                _ => 1,
            });
            if looks > limits.looks {
                return Err(too_many());
            }
            found.most = found.most.max(looks);
            found.branches = found.branches.max(children.most(&|_| 1));
            known.insert(pointer, Below::Of(looks.max(1)));
        }
        Ok(found)
    }
}

/// What looks inside the value that a subschema looks at, with all that look at the same one. `None`: too much to visit.
fn children<'a>(
    document: &'a Document,
    pointer: &str,
    value: &'a Value,
    visits: &mut usize,
) -> Option<Children<'a>> {
    let mut all = Children::default();
    let mut waiting = vec![(pointer.to_owned(), value)];
    // Circles have been refused.
    while let Some((pointer, value)) = waiting.pop() {
        *visits += 1;
        if *visits > MOST_VISITS {
            return None;
        }
        let Value::Object(object) = value else { continue };
        waiting.extend(document.referred(object));
        for held in document.held(object) {
            let child = (held.pointer(&pointer), held.value);
            match (held.place, held.keyword, held.name) {
                (Place::Here, ..) => waiting.push(child),
                // What takes all or nothing does not go on.
                _ if held.value.is_boolean() => {}
                (Place::Inside, "properties", Some(Step::Name(name))) => {
                    all.named.entry(name).or_default().push(child);
                }
                (
                    Place::Inside,
                    "patternProperties" | "additionalProperties" | "unevaluatedProperties",
                    _,
                ) => {
                    all.members.push(child);
                }
                (Place::Inside, "propertyNames", _) | (Place::Nowhere, ..) => {}
                (Place::Inside, _, Some(Step::Index(at))) => all.at.entry(at).or_default().push(child),
                (Place::Inside, ..) => all.elements.push(child),
            }
        }
    }
    Some(all)
}

impl<'a> Children<'a> {
    fn all(&self) -> impl Iterator<Item = &(String, &'a Value)> {
        let placed = self.named.values().chain(self.at.values()).flatten();
        placed.chain(&self.members).chain(&self.elements)
    }

    /// The sum of what a member or an element gets, where it is the highest.
    fn most(&self, of: &dyn Fn(&str) -> usize) -> usize {
        let sum = |list: &[(String, &Value)]| {
            list.iter()
                .fold(0_usize, |sum, (child, _)| sum.saturating_add(of(child)))
        };
        let named = self
            .named
            .values()
            .map(|list| sum(list))
            .max()
            .unwrap_or_default();
        let placed = self.at.values().map(|list| sum(list)).max().unwrap_or_default();
        let members = named.saturating_add(sum(&self.members));
        members.max(placed.saturating_add(sum(&self.elements)))
    }
}
