//! What is known of the data: subschemas that all apply to it.

use serde_json::{Map, Value};

use super::super::document::Document;
use super::budget::CompareBudget;
use super::types::Types;
use super::value_set::ValueSet;

/// A subschema and the document that its references lead to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    pub(super) document: &'a Document,
    pub(super) value: &'a Value,
    /// What whoever looks at it has to spend.
    pub(super) budget: &'a CompareBudget,
}

/// Subschemas that all apply to a value, with `$ref` and `allOf` resolved.
#[derive(Debug, Clone)]
pub(super) struct Conjunction<'a> {
    pub(super) parts: Vec<Node<'a>>,
    /// A restriction besides that of the parts.
    only: Types,
    /// Names of members that are there.
    present: Vec<&'a str>,
    /// Lists of `anyOf` and `oneOf` of which a branch is among the parts.
    chosen: Vec<usize>,
}

/// What tells a conjunction from others.
pub(super) type ConjunctionKey<'a> = (Vec<usize>, Types, Vec<&'a str>, Vec<usize>);

/// How many parts are looked at.
const MOST_PARTS: usize = 256;

impl<'a> Node<'a> {
    pub(super) fn address(self) -> usize {
        std::ptr::from_ref(self.value).addr()
    }

    /// The same document's other value.
    pub(super) fn at(self, value: &'a Value) -> Self {
        Self { value, ..self }
    }

    pub(super) fn object(self) -> Option<&'a Map<String, Value>> {
        self.value.as_object()
    }

    pub(super) fn get(self, keyword: &str) -> Option<&'a Value> {
        self.value.get(keyword)
    }

    /// Whether both say the same: the same text, which refers to the same.
    pub(super) fn same(self, other: Self) -> bool {
        if self.address() == other.address() {
            return true;
        }
        if !self.budget.are_equal(self.value, other.value) {
            return false;
        }
        let [own, others] = [self, other].map(|node| node.document.root());
        let is_alike = |name| match (own.get(name), others.get(name)) {
            (Some(own), Some(other)) => self.budget.are_equal(own, other),
            (own, other) => own.is_none() && other.is_none(),
        };
        let are_defined_alike = || {
            ["$defs", "definitions", "$id", "id", "$schema"]
                .into_iter()
                .all(is_alike)
        };
        // What is alike was looked at as a whole already, and is looked at once or twice more.
        !mentions_reference(self.value) || are_defined_alike() && refers_to_definitions(self.value)
    }
}

fn mentions_reference(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| super::super::keywords::refers(name) || mentions_reference(value)),
        Value::Array(elements) => elements.iter().any(mentions_reference),
        _ => false,
    }
}

/// Whether all references lead to definitions of the root.
fn refers_to_definitions(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().all(|(name, value)| match value {
            Value::String(target) if super::super::keywords::refers(name) => {
                target.starts_with("#/$defs/") || target.starts_with("#/definitions/")
            }
            value => refers_to_definitions(value),
        }),
        Value::Array(elements) => elements.iter().all(refers_to_definitions),
        _ => true,
    }
}

impl<'a> Conjunction<'a> {
    pub(super) fn of(nodes: impl IntoIterator<Item = Node<'a>>) -> Self {
        let mut all = Self {
            parts: Vec::new(),
            only: Types::ALL,
            present: Vec::new(),
            chosen: Vec::new(),
        };
        for node in nodes {
            all.add(node);
        }
        all
    }

    /// It, and one more.
    pub(super) fn with(&self, node: Node<'a>) -> Self {
        let mut all = self.copied();
        all.add(node);
        all
    }

    /// It for values of these types.
    pub(super) fn only(&self, types: Types) -> Self {
        Self {
            only: self.only.and(types),
            ..self.copied()
        }
    }

    /// It for objects that have a member.
    pub(super) fn having(&self, name: &'a str) -> Self {
        let mut all = self.copied();
        all.present.push(name);
        all
    }

    fn copied(&self) -> Self {
        self.affords(self.parts.len() + self.present.len() + self.chosen.len());
        self.clone()
    }

    /// Takes steps for what is looked at; `false` if nothing is left, and nothing is to be seen.
    pub(super) fn affords(&self, steps: usize) -> bool {
        self.parts.first().is_none_or(|part| part.budget.spend(steps))
    }

    /// Names of members that are always there.
    pub(super) fn required(&self) -> Vec<&'a str> {
        let lists = self.all("required").filter_map(|node| node.value.as_array());
        let mut names: Vec<_> = lists
            .flatten()
            .filter_map(Value::as_str)
            .chain(self.present.iter().copied())
            .collect();
        if !self.affords(2 * names.len()) {
            return Vec::new();
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    fn add(&mut self, node: Node<'a>) {
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            if !node.budget.spend(self.parts.len() + 1) {
                return;
            }
            let is_known = self.parts.iter().any(|part| part.address() == node.address());
            if is_known || self.parts.len() >= MOST_PARTS {
                continue;
            }
            self.parts.push(node);
            let Some(object) = node.object() else { continue };
            waiting.extend(node.document.referred(object).map(|(_, value)| node.at(value)));
            if let (Some(Value::Array(all)), true) = (object.get("allOf"), node.keywords_apply()) {
                waiting.extend(all.iter().map(|value| node.at(value)));
            }
        }
    }

    /// Objects of the parts whose keywords count.
    pub(super) fn objects(&self) -> impl Iterator<Item = (Node<'a>, &'a Map<String, Value>)> {
        let seen = if self.affords(self.parts.len()) {
            &*self.parts
        } else {
            &[]
        };
        seen.iter()
            .filter(|part| part.keywords_apply())
            .filter_map(|part| Some((*part, part.object()?)))
    }

    /// Values of a keyword of all parts.
    pub(super) fn all<'s>(&'s self, keyword: &'s str) -> impl Iterator<Item = Node<'a>> + 's {
        self.objects()
            .filter_map(move |(node, object)| Some(node.at(object.get(keyword)?)))
    }

    /// The types that values can have.
    pub(super) fn types(&self) -> Types {
        let named = self
            .objects()
            .fold(self.only, |types, (_, object)| types.and(Types::named_by(object)));
        match self.listed() {
            Some(values) => values
                .iter()
                .fold(Types::NONE, |all, value| all.or(Types::of(value)))
                .and(named),
            None => named,
        }
    }

    /// Whether no value can be all of it, as far as is seen at a glance.
    pub(super) fn is_impossible(&self) -> bool {
        self.parts.iter().any(|part| part.value == &Value::Bool(false)) || self.types().is_empty()
    }

    /// The values that can be at all, where they are listed.
    pub(super) fn listed(&self) -> Option<Vec<&'a Value>> {
        let budget = self.parts.first()?.budget;
        let lists = self.all("enum").filter_map(|node| node.value.as_array());
        let mut lists: Vec<_> = lists.collect();
        let all: Vec<&Value> = match self.all("const").next() {
            Some(constant) => vec![constant.value],
            None if lists.is_empty() => return None,
            None => lists.remove(0).iter().collect(),
        };
        if !budget.spend(2 * all.len()) {
            return None;
        }
        let named = self
            .objects()
            .fold(self.only, |types, (_, object)| types.and(Types::named_by(object)));
        let others: Vec<_> = lists.into_iter().map(|list| ValueSet::of(list, budget)).collect();
        let is_in_others = |value: &Value| others.iter().all(|list| list.contains(value));
        let possible = all
            .into_iter()
            .filter(|value| named.has(Types::of(value)) && is_in_others(value));
        Some(possible.collect())
    }

    /// The branches of a list of which none is chosen yet, and what it is when one is.
    pub(super) fn branches(&self) -> Option<Vec<Self>> {
        let lists = self.all("anyOf").chain(self.all("oneOf"));
        let mut open = lists.filter(|list| !self.chosen.contains(&list.address()));
        let list = open.next()?;
        let branches = list.value.as_array()?.iter().map(|branch| {
            let mut all = self.with(list.at(branch));
            all.chosen.push(list.address());
            all
        });
        Some(branches.collect())
    }

    /// What tells it from others.
    pub(super) fn key(&self) -> ConjunctionKey<'a> {
        self.affords(2 * (self.parts.len() + self.present.len() + self.chosen.len()));
        let mut parts: Vec<_> = self.parts.iter().map(|part| part.address()).collect();
        parts.sort_unstable();
        (parts, self.only, self.present.clone(), self.chosen.clone())
    }
}

impl Node<'_> {
    /// Whether its keywords count: not beside a `$ref` of an old draft.
    fn keywords_apply(self) -> bool {
        let refers = self.get("$ref").is_some_and(Value::is_string);
        !refers || self.document.siblings_of_ref_apply()
    }
}
