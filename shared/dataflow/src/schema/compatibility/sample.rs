//! Values that keep what is known of the data. They are attempts: whoever shows one tries it on the schemas first.

use std::cell::Cell;

use serde_json::{Map, Value};

use super::budget::CompareBudget;
use super::conjunction::{Conjunction, Node};
use super::pattern_sample::text_like;
use super::patterns::Patterns;
use super::types::Types;

/// How deep values are made.
const DEPTH: usize = 8;
/// How many samples are made of one conjunction.
const MOST: usize = 16;
/// How many elements and members are made.
const MOST_INSIDE: u64 = 512;

/// Makes values, with a bound on all of its work.
#[derive(Debug)]
pub(super) struct Sampler {
    pub(super) patterns: Patterns,
    left: Cell<usize>,
    is_resting: Cell<bool>,
}

impl Sampler {
    pub(super) fn new(steps: usize) -> Self {
        Self {
            patterns: Patterns::default(),
            left: Cell::new(steps),
            is_resting: Cell::new(false),
        }
    }

    /// Makes no samples for as long as nobody is shown any.
    pub(super) fn rest(&self, is_resting: bool) {
        self.is_resting.set(is_resting);
    }

    /// Takes a step; `false` when there is none left.
    pub(super) fn spend(&self) -> bool {
        if self.is_resting.get() {
            return false;
        }
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Values of all types and branches, a few of each.
    pub(super) fn samples(&self, all: &Conjunction<'_>) -> Vec<Value> {
        let mut found = Vec::new();
        self.collect(all, DEPTH, &mut found);
        found.truncate(MOST);
        found
    }

    fn one(&self, all: &Conjunction<'_>, depth: usize) -> Option<Value> {
        // The first type is enough, and does without those that hold others.
        let mut found = Vec::new();
        for types in [Types::ALL.without(Types::OBJECT.or(Types::ARRAY)), Types::ALL] {
            self.collect(&all.only(types), depth, &mut found);
            if let Some(first) = found.into_iter().next() {
                return Some(first);
            }
            found = Vec::new();
        }
        None
    }

    fn collect(&self, all: &Conjunction<'_>, depth: usize, found: &mut Vec<Value>) {
        if depth == 0 || found.len() >= MOST || !self.spend() || all.is_impossible() {
            return;
        }
        if let Some(listed) = all.listed() {
            return found.extend(listed.into_iter().take(4).cloned());
        }
        let types = all.types();
        let is_possible = |value: &&Value| types.has(Types::of(value));
        let given = all
            .all("examples")
            .filter_map(|node| node.value.as_array())
            .flatten();
        found.extend(given.filter(is_possible).take(2).cloned());
        for branch in all.branches().into_iter().flatten().take(4) {
            self.collect(&branch, depth - 1, found);
        }
        for one in types.each() {
            match one {
                Types::OBJECT => found.extend(self.object(all, depth - 1).map(Value::Object)),
                Types::ARRAY => found.extend(self.arrays(all, None, depth - 1)),
                Types::STRING => found.extend(self.texts(all).into_iter().take(4)),
                Types::INTEGER => found.extend(self.numbers(all, true).into_iter().take(3)),
                Types::FRACTION => found.extend(self.numbers(all, false).into_iter().take(3)),
                Types::BOOLEAN => found.extend([Value::Bool(true), Value::Bool(false)]),
                _ => found.push(Value::Null),
            }
        }
    }

    /// An object with what is required.
    fn object(&self, all: &Conjunction<'_>, depth: usize) -> Option<Map<String, Value>> {
        let mut object = Map::new();
        self.require(&mut object, all, all.required(), depth)?;
        let least = super::numbers::count(all, "minProperties")
            .unwrap_or_default()
            .min(MOST_INSIDE);
        self.fill(&mut object, all, least, depth);
        Some(object)
    }

    fn require(
        &self,
        object: &mut Map<String, Value>,
        all: &Conjunction<'_>,
        names: Vec<&str>,
        depth: usize,
    ) -> Option<()> {
        let mut waiting: Vec<String> = names.into_iter().map(str::to_owned).collect();
        while let Some(name) = waiting.pop() {
            if !object.contains_key(&name) {
                let member = self.one(&all.member(&name, &self.patterns).all, depth)?;
                object.insert(name.clone(), member);
            }
            for keyword in ["dependencies", "dependentRequired"] {
                let lists = all
                    .all(keyword)
                    .filter_map(|node| node.value.get(&name)?.as_array());
                let others = lists.flatten().filter_map(Value::as_str);
                waiting.extend(
                    others
                        .filter(|other| !object.contains_key(*other))
                        .map(str::to_owned),
                );
            }
        }
        Some(())
    }

    /// Adds members until there are so many.
    fn fill(&self, object: &mut Map<String, Value>, all: &Conjunction<'_>, count: u64, depth: usize) {
        for name in all.names() {
            if object.len() as u64 >= count {
                return;
            }
            if !object.contains_key(name)
                && let Some(member) = self.one(&all.member(name, &self.patterns).all, depth)
            {
                object.insert(name.to_owned(), member);
            }
        }
        let patterned = all.name_patterns().into_iter().next();
        for at in 0..count {
            if object.len() as u64 >= count || !self.spend() {
                return;
            }
            let name = match patterned {
                Some((pattern, node)) => text_like(node.budget, pattern, 1)
                    .map(|name| format!("{name}{at}"))
                    .unwrap_or_default(),
                None => format!("{}{at}", self.new_name(&[], all)),
            };
            if let Some(member) = self.one(&all.member(&name, &self.patterns).all, depth) {
                object.insert(name, member);
            }
        }
    }

    /// An object with this member.
    pub(super) fn object_with(&self, all: &Conjunction<'_>, name: &str, value: Value) -> Option<Value> {
        let all = all.only(Types::OBJECT);
        let given = all
            .branches()
            .and_then(|branches| branches.into_iter().next())
            .unwrap_or(all);
        let mut object = Map::from_iter([(name.to_owned(), value)]);
        let mut required = given.required();
        required.push(name);
        self.require(&mut object, &given, required, DEPTH - 1)?;
        let least = super::numbers::count(&given, "minProperties")
            .unwrap_or_default()
            .min(MOST_INSIDE);
        self.fill(&mut object, &given, least, DEPTH - 1);
        Some(Value::Object(object))
    }

    /// Objects without a member.
    pub(super) fn objects_without(&self, all: &Conjunction<'_>, name: &str) -> Vec<Value> {
        let mut found = self.samples(&all.only(Types::OBJECT));
        for value in &mut found {
            if let Value::Object(object) = value {
                object.remove(name);
            }
        }
        found
    }

    /// Objects of so many members.
    pub(super) fn objects_of(&self, all: &Conjunction<'_>, count: u64) -> Vec<Value> {
        let mut object = self.object(all, DEPTH).unwrap_or_default();
        self.fill(&mut object, all, count.min(MOST_INSIDE), DEPTH);
        vec![Value::Object(object)]
    }

    /// Arrays of so many elements.
    pub(super) fn arrays_of(&self, all: &Conjunction<'_>, count: u64) -> Vec<Value> {
        self.arrays(all, Some(count), DEPTH)
    }

    fn arrays(&self, all: &Conjunction<'_>, count: Option<u64>, depth: usize) -> Vec<Value> {
        let least = super::numbers::count(all, "minItems").unwrap_or_default();
        let contains: Vec<_> = all.all("contains").collect();
        let count = count
            .unwrap_or_else(|| least.max(contains.len() as u64))
            .min(MOST_INSIDE);
        let mut elements = Vec::new();
        for at in 0..usize::try_from(count).unwrap_or_default() {
            let mut element = all.element(at);
            if let Some(contained) = contains.get(at) {
                element = element.with(*contained);
            }
            let Some(one) = self.one(&element, depth) else {
                break;
            };
            elements.push(differing(one, at, all));
        }
        vec![Value::Array(elements)]
    }

    /// An array with this element.
    pub(super) fn array_with(&self, all: &Conjunction<'_>, at: usize, value: Value) -> Option<Value> {
        let all = &all.only(Types::ARRAY);
        let least = super::numbers::count(all, "minItems")
            .unwrap_or_default()
            .max(at as u64 + 1);
        let Value::Array(mut elements) = self.arrays_of(all, least).pop()? else {
            return None;
        };
        *elements.get_mut(at)? = value;
        for contained in all.all("contains").take(1) {
            let contained = all.element(elements.len()).with(contained);
            elements.extend(self.one(&contained, DEPTH));
        }
        Some(Value::Array(elements))
    }

    /// A member that no schema names.
    pub(super) fn unknown_member(&self, all: &Conjunction<'_>) -> Option<Value> {
        self.one(&all.other_members(), DEPTH)
    }

    /// A name that a pattern matches.
    pub(super) fn name_like(&self, budget: &CompareBudget, pattern: &str) -> String {
        self.spend();
        text_like(budget, pattern, 1).unwrap_or_else(|| pattern.to_owned())
    }

    /// A name that is none of these, and that no pattern of names matches.
    pub(super) fn new_name(&self, taken: &[&str], all: &Conjunction<'_>) -> String {
        let names = Conjunction::of(all.all("propertyNames")).only(Types::STRING);
        let own = if names.parts.is_empty() {
            Vec::new()
        } else {
            self.texts(&names)
        };
        let own = own
            .into_iter()
            .filter_map(|name| name.as_str().map(str::to_owned));
        let usual = ["other", "another", "x", "_", "0", "~"].map(str::to_owned);
        let patterns = all.name_patterns();
        let is_free = |name: &String| {
            let matched = |(pattern, node): &(&str, Node<'_>)| {
                self.patterns.matches(node.budget, pattern, name) == Some(true)
            };
            !taken.contains(&name.as_str()) && !patterns.iter().any(matched)
        };
        own.chain(usual)
            .find(is_free)
            .unwrap_or_else(|| "other".to_owned())
    }
}

/// Another value than those of the elements before, where they have to differ.
fn differing(value: Value, at: usize, all: &Conjunction<'_>) -> Value {
    if !all
        .all("uniqueItems")
        .any(|node| node.value == &Value::Bool(true))
    {
        return value;
    }
    match value {
        Value::Number(number) => match (number.as_i64(), i64::try_from(at)) {
            (Some(number), Ok(at)) => Value::from(number.saturating_add(at)),
            _ => Value::Number(number),
        },
        Value::String(text) if at > 0 => Value::from(format!("{text}{at}")),
        other => other,
    }
}
