//! What a conjunction says of the members of an object and of the elements of an array.

use serde_json::{Map, Value};

use super::conjunction::{Conjunction, Node};
use super::patterns::Patterns;

/// What applies to a member of a certain name.
pub(super) struct Member<'a> {
    pub(super) all: Conjunction<'a>,
    /// Whether any schema knows the name, or says what members are that it does not know.
    pub(super) is_known: bool,
}

/// What applies to the elements of an array.
#[derive(Debug, Clone)]
pub(super) struct Elements<'a> {
    /// Of the first ones, each with its keyword.
    pub(super) first: &'a [Value],
    pub(super) first_keyword: &'static str,
    /// Of the others.
    pub(super) rest: Option<&'a Value>,
    pub(super) rest_keyword: &'static str,
}

/// Keywords that make it hard to say what a schema has looked at.
const EVALUATING: [&str; 6] = ["anyOf", "oneOf", "if", "dependentSchemas", "dependencies", "not"];

impl<'a> Conjunction<'a> {
    /// What applies to a member.
    pub(super) fn member(&self, name: &str, patterns: &Patterns) -> Member<'a> {
        let mut nodes = Vec::new();
        let mut is_known = false;
        for (node, object) in self.objects() {
            let before = nodes.len();
            let mut is_named = false;
            if let Some(schema) = members(object, "properties").and_then(|all| all.get(name)) {
                nodes.push(node.at(schema));
                is_named = true;
            }
            for (pattern, schema) in members(object, "patternProperties").into_iter().flatten() {
                match patterns.matches(node.budget, pattern, name) {
                    Some(true) => nodes.push(node.at(schema)),
                    Some(false) => {}
                    // It might match: nothing is known of the member then.
                    None => is_named = true,
                }
            }
            if nodes.len() == before
                && !is_named
                && let Some(schema) = object.get("additionalProperties")
            {
                nodes.push(node.at(schema));
                is_named = schema != &Value::Bool(true);
            }
            is_known |= is_named
                || nodes.len() > before && object.get("additionalProperties") != Some(&Value::Bool(true));
        }
        if !is_known && let Some(schema) = self.unevaluated() {
            nodes.push(schema);
            is_known = true;
        }
        Member {
            all: Conjunction::of(nodes),
            is_known,
        }
    }

    /// What applies to members that no schema names.
    pub(super) fn other_members(&self) -> Conjunction<'a> {
        let mut nodes: Vec<_> = self.all("additionalProperties").collect();
        if nodes.is_empty() {
            nodes.extend(self.unevaluated());
        }
        Conjunction::of(nodes)
    }

    /// What applies to members whose names match a pattern that the parts may have.
    pub(super) fn members_like(&self, pattern: &str) -> Conjunction<'a> {
        let nodes = self.objects().filter_map(|(node, object)| {
            let schema = match members(object, "patternProperties") {
                Some(patterns) => patterns.get(pattern)?,
                None => object.get("additionalProperties")?,
            };
            Some(node.at(schema))
        });
        Conjunction::of(nodes)
    }

    /// Names that schemas have.
    pub(super) fn names(&self) -> Vec<&'a str> {
        let all = self
            .objects()
            .filter_map(|(_, object)| members(object, "properties"));
        let mut names: Vec<_> = all.flat_map(|all| all.keys().map(String::as_str)).collect();
        if !self.affords(2 * names.len()) {
            return Vec::new();
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Patterns of names that schemas have, with what they say.
    pub(super) fn name_patterns(&self) -> Vec<(&'a str, Node<'a>)> {
        let all = self
            .objects()
            .filter_map(|(node, object)| Some((node, members(object, "patternProperties")?)));
        let patterns = all.flat_map(|(node, all)| {
            all.iter()
                .map(move |(pattern, schema)| (pattern.as_str(), node.at(schema)))
        });
        let patterns: Vec<_> = patterns.collect();
        if !self.affords(patterns.len()) {
            return Vec::new();
        }
        patterns
    }

    /// `unevaluatedProperties`, where it is clear what it looks at.
    fn unevaluated(&self) -> Option<Node<'a>> {
        let is_clear = self
            .objects()
            .all(|(_, object)| !EVALUATING.iter().any(|keyword| object.contains_key(*keyword)));
        let has_others = self.all("additionalProperties").next().is_some();
        if !is_clear || has_others {
            return None;
        }
        self.all("unevaluatedProperties").next()
    }

    /// Whether all that is looked at is seen at a glance.
    pub(super) fn evaluates_plainly(&self) -> bool {
        self.objects()
            .all(|(_, object)| !EVALUATING.iter().any(|keyword| object.contains_key(*keyword)))
    }

    /// What applies to an element.
    pub(super) fn element(&self, at: usize) -> Conjunction<'a> {
        let nodes = self.objects().filter_map(|(node, object)| {
            let elements = Elements::of(object);
            let schema = elements.first.get(at).or(elements.rest)?;
            Some(node.at(schema))
        });
        Conjunction::of(nodes)
    }

    /// How many elements have a schema of their own.
    pub(super) fn first_elements(&self) -> usize {
        let counts = self.objects().map(|(_, object)| Elements::of(object).first.len());
        counts.max().unwrap_or_default()
    }

    /// How many elements there can be at most.
    pub(super) fn most_elements(&self) -> Option<u64> {
        let set = super::numbers::count(self, "maxItems");
        let impossible = (0..=self.first_elements()).find(|at| self.element(*at).is_impossible());
        match (set, impossible) {
            (Some(set), Some(at)) => Some(set.min(at as u64)),
            (set, at) => set.or(at.map(|at| at as u64)),
        }
    }
}

impl<'a> Elements<'a> {
    pub(super) fn of(object: &'a Map<String, Value>) -> Self {
        let list = |keyword| object.get(keyword).and_then(Value::as_array);
        if let Some(first) = list("prefixItems") {
            return Self {
                first,
                first_keyword: "prefixItems",
                rest: object.get("items"),
                rest_keyword: "items",
            };
        }
        if let Some(first) = list("items") {
            return Self {
                first,
                first_keyword: "items",
                rest: object.get("additionalItems"),
                rest_keyword: "additionalItems",
            };
        }
        Self {
            first: &[],
            first_keyword: "items",
            rest: object.get("items"),
            rest_keyword: "items",
        }
    }
}

/// The object that is the value of a keyword.
pub(super) fn members<'a>(object: &'a Map<String, Value>, keyword: &str) -> Option<&'a Map<String, Value>> {
    object.get(keyword).and_then(Value::as_object)
}
