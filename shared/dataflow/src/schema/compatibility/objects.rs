//! Objects.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::Policy;
use super::conjunction::Conjunction;
use super::members::members;
use super::numbers::{count, whole};
use super::types::Types;
use super::walk::{Accepting, Inside, Walk};

impl<'a> Walk<'a> {
    pub(super) fn accepts_object(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        if !given.types().has(Types::OBJECT) {
            return true;
        }
        let given = &given.only(Types::OBJECT);
        let mut all = self.accepts_required(given, by, object);
        all &= self.accepts_counts_of_members(given, by, object);
        all &= self.accepts_properties(given, by, object);
        all &= self.accepts_other_members(given, by, object);
        if let Some(names) = object.get("propertyNames") {
            let given_names = Conjunction::of(given.all("propertyNames")).only(Types::STRING);
            all &= self.inside(
                given,
                Inside::Name,
                &given_names,
                &by.below("propertyNames", names),
            );
        }
        for keyword in ["dependencies", "dependentRequired", "dependentSchemas"] {
            for (name, wanted) in members(object, keyword).into_iter().flatten() {
                all &= self.accepts_dependency(given, by, keyword, (name, wanted));
            }
        }
        all
    }

    fn accepts_required(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let required = given.required();
        let mut all = true;
        for name in object
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if required.binary_search(&name).is_err() {
                let candidates = self.sampler.objects_without(given, name);
                all &= self.refuse(
                    "required",
                    given,
                    by,
                    &format!("\"{name}\" is required"),
                    candidates,
                );
            }
        }
        all
    }

    fn accepts_counts_of_members(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let mut all = true;
        let required = given.required().len() as u64;
        if let Some(least) = object.get("minProperties").and_then(whole)
            && count(given, "minProperties").unwrap_or_default().max(required) < least
        {
            let candidates = self.sampler.objects_of(given, least.saturating_sub(1));
            all &= self.refuse(
                "minProperties",
                given,
                by,
                &format!("at least {least} members are needed"),
                candidates,
            );
        }
        if let Some(most) = object.get("maxProperties").and_then(whole) {
            let is_closed = given.other_members().is_impossible() && given.name_patterns().is_empty();
            let names = is_closed.then(|| given.names().len() as u64);
            let has = count(given, "maxProperties").into_iter().chain(names).min();
            if has.is_none_or(|has| has > most) {
                let candidates = self.sampler.objects_of(given, most.saturating_add(1));
                all &= self.refuse(
                    "maxProperties",
                    given,
                    by,
                    &format!("at most {most} members are allowed"),
                    candidates,
                );
            }
        }
        all
    }

    fn accepts_properties(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let mut all = true;
        for (name, schema) in members(object, "properties").into_iter().flatten() {
            let member = given.member(name, &self.sampler.patterns);
            // Nobody who writes such objects knows of the member.
            let is_new = !member.is_known && self.policy == Policy::Lenient;
            if !is_new {
                let accepting = by.part("properties", name, schema);
                all &= self.inside(given, Inside::Member(name.clone(), true), &member.all, &accepting);
            }
        }
        for (pattern, schema) in members(object, "patternProperties").into_iter().flatten() {
            let accepting = by.part("patternProperties", pattern, schema);
            for name in given.names() {
                if self.sampler.patterns.matches(by.node.budget, pattern, name) != Some(false) {
                    let member = given.member(name, &self.sampler.patterns);
                    all &= self.inside(
                        given,
                        Inside::Member(name.to_owned(), true),
                        &member.all,
                        &accepting,
                    );
                }
            }
            let like = given.members_like(pattern);
            let name = self.sampler.name_like(by.node.budget, pattern);
            all &= self.inside(given, Inside::Member(name, false), &like, &accepting);
        }
        all
    }

    /// Members that the accepting schema does not name.
    fn accepts_other_members(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let (keyword, known) = if object.contains_key("additionalProperties") {
            (
                "additionalProperties",
                Conjunction::of([by.node.at(by.node.value)]),
            )
        } else if object.contains_key("unevaluatedProperties") {
            ("unevaluatedProperties", Conjunction::of([by.node]))
        } else {
            return true;
        };
        let Some(schema) = object.get(keyword).filter(|schema| **schema != Value::Bool(true)) else {
            return true;
        };
        if keyword == "unevaluatedProperties" && !known.evaluates_plainly() {
            return self.refuse(
                keyword,
                given,
                by,
                "members that nothing else looks at are bound",
                Vec::new(),
            );
        }
        let (names, patterns) = if keyword == "additionalProperties" {
            let own = members(object, "properties")
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str());
            let patterns = members(object, "patternProperties").into_iter().flatten();
            (
                own.collect(),
                patterns.map(|(pattern, _)| pattern.as_str()).collect(),
            )
        } else {
            let patterns = known.name_patterns().into_iter().map(|(pattern, _)| pattern);
            (known.names(), patterns.collect::<Vec<_>>())
        };
        let accepting = by.below(keyword, schema);
        let own: HashSet<&str> = names.iter().copied().collect();
        let mut all = true;
        for name in given.names() {
            let is_matched = || {
                patterns
                    .iter()
                    .any(|pattern| self.sampler.patterns.matches(by.node.budget, pattern, name) == Some(true))
            };
            if !own.contains(name) && !is_matched() {
                let member = given.member(name, &self.sampler.patterns);
                all &= self.inside(
                    given,
                    Inside::Member(name.to_owned(), true),
                    &member.all,
                    &accepting,
                );
            }
        }
        for (pattern, node) in given.name_patterns() {
            if by.node.budget.spend(patterns.len()) && !patterns.contains(&pattern) {
                let name = self.sampler.name_like(by.node.budget, pattern);
                all &= self.inside(
                    given,
                    Inside::Member(name, false),
                    &Conjunction::of([node]),
                    &accepting,
                );
            }
        }
        let taken: Vec<_> = names.iter().copied().chain(given.names()).collect();
        let name = self.sampler.new_name(&taken, given);
        all & self.inside(
            given,
            Inside::Member(name, false),
            &given.other_members(),
            &accepting,
        )
    }

    fn accepts_dependency(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        keyword: &str,
        (name, wanted): (&'a str, &'a Value),
    ) -> bool {
        if given.member(name, &self.sampler.patterns).all.is_impossible() {
            return true;
        }
        let mut having = given.having(name);
        let mut required: HashSet<&str> = having.required().into_iter().collect();
        for keyword in ["dependencies", "dependentRequired", "dependentSchemas"] {
            let wanted: Vec<_> = given
                .all(keyword)
                .filter_map(|node| Some(node.at(node.value.get(name)?)))
                .collect();
            for node in wanted {
                match node.value {
                    Value::Array(names) => required.extend(names.iter().filter_map(Value::as_str)),
                    _ => having = having.with(node),
                }
            }
        }
        required.extend(having.required());
        let Value::Array(names) = wanted else {
            return self.accepts(&having, &by.part(keyword, name, wanted));
        };
        let mut all = true;
        for other in names
            .iter()
            .filter_map(Value::as_str)
            .filter(|other| !required.contains(*other))
        {
            let candidates = self.sampler.objects_without(&having, other);
            all &= self.refuse(
                keyword,
                given,
                by,
                &format!("with \"{name}\", \"{other}\" is required"),
                candidates,
            );
        }
        all
    }
}
