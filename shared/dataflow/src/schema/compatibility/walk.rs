//! The way through two schemas side by side.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::super::Schema;
use super::super::measure::Measure;
use super::super::pointer::push_name;
use super::budget::CompareBudget;
use super::conjunction::{Conjunction, ConjunctionKey, Node};
use super::sample::Sampler;
use super::{CompareLimits, Direction, Policy, Refusal};

/// The subschema that has to accept what the other side allows.
#[derive(Debug, Clone)]
pub(super) struct Accepting<'a> {
    pub(super) node: Node<'a>,
    /// Its JSON pointer.
    pub(super) pointer: String,
}

/// A member or element on the way to where the comparison is.
struct Frame<'a> {
    around: Conjunction<'a>,
    inside: Inside,
}

/// What of a value is looked at.
#[derive(Debug, Clone)]
pub(super) enum Inside {
    /// A member. `false`: any of its kind, of which this is an example.
    Member(String, bool),
    /// An element, `false` likewise.
    Element(usize, bool),
    /// The name of a member.
    Name,
}

const TOO_INVOLVED: &str = "the schemas are too involved to compare";

/// Steps of a check that the most it could take come to as a rule: one.
const MOST_STEPS_SAVED: usize = 8;
/// Steps that are taken to try one value.
const MOST_STEPS_TRIED: usize = 1_000_000;

type Key<'a> = (usize, ConjunctionKey<'a>);

/// A comparison under way.
pub(super) struct Walk<'a> {
    giving: &'a Schema,
    accepting: &'a Schema,
    direction: Direction,
    pub(super) policy: Policy,
    limits: CompareLimits,
    steps: usize,
    frames: Vec<Frame<'a>>,
    budget: &'a CompareBudget,
    /// What was compared or is being compared: true unless something is found against it, which is how what refers to
    /// itself comes to an end.
    assumed: HashSet<Key<'a>>,
    assumed_in_order: Vec<Key<'a>>,
    /// More than zero: an attempt, of which only the outcome counts.
    pub(super) attempts: usize,
    pub(super) sampler: Sampler,
    refusals: Vec<Refusal>,
}

/// What of what the one schema allows the other does not accept.
pub(super) fn refusals(
    direction: Direction,
    policy: Policy,
    giving: &Schema,
    accepting: &Schema,
    limits: &CompareLimits,
    budget: &CompareBudget,
) -> Vec<Refusal> {
    let mut walk = Walk {
        giving,
        accepting,
        direction,
        policy,
        limits: *limits,
        steps: 0,
        frames: Vec::new(),
        budget,
        assumed: HashSet::new(),
        assumed_in_order: Vec::new(),
        attempts: 0,
        sampler: Sampler::new(limits.steps),
        refusals: Vec::new(),
    };

    let accepted = Accepting {
        node: root_of(accepting, budget),
        pointer: String::new(),
    };
    walk.accepts(&Conjunction::of([root_of(giving, budget)]), &accepted);
    if budget.is_spent() && walk.refusals.is_empty() {
        walk.refusals.push(Refusal {
            direction,
            path: String::new(),
            schema_path: String::new(),
            rule: "schema".to_owned(),
            message: TOO_INVOLVED.to_owned(),
            value: None,
        });
    }
    walk.refusals
}

impl<'a> Accepting<'a> {
    /// The value of a keyword.
    pub(super) fn below(&self, keyword: &str, value: &'a Value) -> Self {
        Self {
            node: self.node.at(value),
            pointer: format!("{}/{keyword}", self.pointer),
        }
    }

    /// A part of the value of a keyword.
    pub(super) fn part(&self, keyword: &str, name: &str, value: &'a Value) -> Self {
        let mut below = self.below(keyword, value);
        push_name(&mut below.pointer, name);
        below
    }
}

impl<'a> Walk<'a> {
    /// Whether the subschema accepts all values of the conjunction.
    pub(super) fn accepts(&mut self, given: &Conjunction<'a>, by: &Accepting<'a>) -> bool {
        self.steps += 1;
        if self.budget.is_spent() {
            return false;
        }
        if self.steps > self.limits.steps || self.frames.len() > 64 {
            return self.refuse("schema", given, by, TOO_INVOLVED, Vec::new());
        }
        if given.is_impossible() || given.parts.iter().any(|part| part.same(by.node)) {
            return true;
        }
        let object = match by.node.value {
            Value::Object(object) => object,
            Value::Bool(false) => {
                return self.refuse("false", given, by, "nothing is allowed here any more", Vec::new());
            }
            _ => return true,
        };
        let key = (by.node.address(), given.key());
        if !self.assumed.insert(key.clone()) {
            return true;
        }
        let before = self.assumed_in_order.len();
        self.assumed_in_order.push(key);
        let accepted = self.accepts_somehow(given, by, object);
        if !accepted {
            // What was found on this assumption may not hold.
            for key in self.assumed_in_order.drain(before..) {
                self.assumed.remove(&key);
            }
        }
        accepted
    }

    /// As a whole, or else branch by branch of what is given.
    fn accepts_somehow(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let Some(branches) = given.branches() else {
            return self.accepts_keywords(given, by, object);
        };
        if self.attempt(|walk| walk.accepts_keywords(given, by, object)) {
            return true;
        }
        let mut all = true;
        for branch in branches {
            all &= self.accepts(&branch, by);
            if !all && self.attempts > 0 {
                break;
            }
        }
        all
    }

    fn accepts_keywords(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let mut all = true;
        let referred: Vec<_> = by.node.document.referred(object).collect();
        for (pointer, value) in referred {
            let node = by.node.at(value);
            all &= self.accepts(given, &Accepting { node, pointer });
        }
        if object.contains_key("$ref") && !by.node.document.siblings_of_ref_apply() {
            return all;
        }
        let rules = [
            Self::accepts_type,
            Self::accepts_listed,
            Self::accepts_numbers,
            Self::accepts_strings,
            Self::accepts_array,
            Self::accepts_object,
            Self::accepts_combined,
        ];
        for rule in rules {
            if !all && self.attempts > 0 {
                return false;
            }
            all &= rule(self, given, by, object);
        }
        all
    }

    /// Tries something of which no refusal is listed.
    pub(super) fn attempt(&mut self, attempt: impl FnOnce(&mut Self) -> bool) -> bool {
        self.attempts += 1;
        // Nobody is shown what would break it.
        self.sampler.rest(true);
        let outcome = attempt(self);
        self.attempts -= 1;
        self.sampler.rest(self.attempts > 0);
        outcome
    }

    /// Compares what is inside a value.
    pub(super) fn inside(
        &mut self,
        around: &Conjunction<'a>,
        inside: Inside,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
    ) -> bool {
        let around = around.clone();
        self.frames.push(Frame { around, inside });
        let accepted = self.accepts(given, by);
        self.frames.pop();
        accepted
    }

    /// Notes that a keyword does not accept all of what is given. What may show it are the candidates, and samples.
    pub(super) fn refuse(
        &mut self,
        rule: &str,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        message: &str,
        candidates: Vec<Value>,
    ) -> bool {
        // What is left out because nothing is left to look at it with is no reason.
        if self.attempts > 0 || self.budget.is_spent() || self.refusals.len() >= self.limits.refusals {
            return false;
        }
        let samples = self.sampler.samples(given);
        let value = candidates
            .into_iter()
            .chain(samples)
            .find_map(|value| self.breaking(value));
        let mut path = String::new();
        for frame in &self.frames {
            match &frame.inside {
                Inside::Member(name, true) => push_name(&mut path, name),
                Inside::Element(at, true) => push_name(&mut path, &at.to_string()),
                Inside::Member(_, false) | Inside::Element(_, false) => path.push_str("/*"),
                Inside::Name => {}
            }
        }
        let schema_path = if by.node.get(rule).is_some() {
            format!("{}/{rule}", by.pointer)
        } else {
            by.pointer.clone()
        };
        self.refusals.push(Refusal {
            direction: self.direction,
            path,
            schema_path,
            rule: rule.to_owned(),
            message: message.to_owned(),
            value,
        });
        false
    }

    /// Data with this value where the comparison is, if one schema allows it and the other does not.
    fn breaking(&self, value: Value) -> Option<Value> {
        let mut value = value;
        for frame in self.frames.iter().rev() {
            value = match &frame.inside {
                Inside::Member(name, _) => self.sampler.object_with(&frame.around, name, value)?,
                Inside::Element(at, _) => self.sampler.array_with(&frame.around, *at, value)?,
                Inside::Name => {
                    let member = self.sampler.unknown_member(&frame.around)?;
                    self.sampler.object_with(&frame.around, value.as_str()?, member)?
                }
            };
        }
        if !self.is_tried(&value) {
            return None;
        }
        let breaks = self.giving.accepts_value(&value) && !self.accepting.accepts_value(&value);
        let is_small = || serde_json::to_vec(&value).is_ok_and(|text| text.len() <= self.limits.value_bytes);
        (breaks && is_small()).then_some(value)
    }

    /// Whether a value is tried on both schemas: not if that could take long.
    fn is_tried(&self, value: &Value) -> bool {
        let data = Measure::of(value);
        let steps = [self.giving, self.accepting].map(|schema| schema.shape.steps(&data));
        let steps = steps[0].saturating_add(steps[1]) / MOST_STEPS_SAVED;
        steps <= MOST_STEPS_TRIED && self.budget.spend(steps)
    }
}

fn root_of<'a>(schema: &'a Schema, budget: &'a CompareBudget) -> Node<'a> {
    Node {
        document: &schema.document,
        value: schema.document.root(),
        budget,
    }
}
