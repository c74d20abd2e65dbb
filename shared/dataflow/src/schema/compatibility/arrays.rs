//! Arrays.

use serde_json::{Map, Value};

use super::conjunction::Conjunction;
use super::members::Elements;
use super::numbers::{count, whole};
use super::types::Types;
use super::walk::{Accepting, Inside, Walk};

impl<'a> Walk<'a> {
    pub(super) fn accepts_array(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        if !given.types().has(Types::ARRAY) {
            return true;
        }
        let given = &given.only(Types::ARRAY);
        let mut all = self.accepts_counts_of_elements(given, by, object);
        all &= self.accepts_elements(given, by, object);
        if let Some(wanted) = object.get("contains") {
            all &= self.accepts_contained(given, by, object, wanted);
        }
        if object
            .get("unevaluatedItems")
            .is_some_and(|value| value != &Value::Bool(true))
        {
            let message = "elements that nothing else looks at are bound";
            all &= self.refuse("unevaluatedItems", given, by, message, Vec::new());
        }
        all
    }

    fn accepts_counts_of_elements(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let mut all = true;
        if let Some(least) = object.get("minItems").and_then(whole)
            && count(given, "minItems").unwrap_or_default() < least
        {
            let candidates = self.sampler.arrays_of(given, least.saturating_sub(1));
            all &= self.refuse(
                "minItems",
                given,
                by,
                &format!("at least {least} elements are needed"),
                candidates,
            );
        }
        if let Some(most) = object.get("maxItems").and_then(whole)
            && given.most_elements().is_none_or(|has| has > most)
        {
            let candidates = self.sampler.arrays_of(given, most.saturating_add(1));
            all &= self.refuse(
                "maxItems",
                given,
                by,
                &format!("at most {most} elements are allowed"),
                candidates,
            );
        }
        let is_unique = given
            .all("uniqueItems")
            .any(|node| node.value == &Value::Bool(true));
        if object.get("uniqueItems") == Some(&Value::Bool(true))
            && !is_unique
            && given.most_elements().is_none_or(|most| most > 1)
        {
            let candidates = self.sampler.arrays_of(given, 2);
            all &= self.refuse("uniqueItems", given, by, "elements must differ", candidates);
        }
        all
    }

    fn accepts_elements(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let elements = Elements::of(object);
        let most = given.most_elements();
        let own = elements.first.len().max(given.first_elements());
        let mut all = true;
        for at in 0..own {
            if most.is_some_and(|most| most <= at as u64) {
                return all;
            }
            let accepting = match elements.first.get(at) {
                Some(schema) => by.part(elements.first_keyword, &at.to_string(), schema),
                None => match elements.rest {
                    Some(rest) => by.below(elements.rest_keyword, rest),
                    None => break,
                },
            };
            all &= self.inside(given, Inside::Element(at, true), &given.element(at), &accepting);
        }
        if let Some(rest) = elements.rest
            && most.is_none_or(|most| most > own as u64)
        {
            let accepting = by.below(elements.rest_keyword, rest);
            all &= self.inside(
                given,
                Inside::Element(own, false),
                &given.element(own),
                &accepting,
            );
        }
        all
    }

    fn accepts_contained(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
        wanted: &'a Value,
    ) -> bool {
        let accepting = by.below("contains", wanted);
        let least = object.get("minContains").and_then(whole).unwrap_or(1);
        let contained: Vec<_> = given
            .objects()
            .filter_map(|(node, object)| Some((node.at(object.get("contains")?), object)))
            .collect();
        let mut is_implied = least == 0;
        for (node, has) in &contained {
            let has_least = has.get("minContains").and_then(whole).unwrap_or(1);
            is_implied |= has_least >= least
                && self.attempt(|walk| walk.accepts(&Conjunction::of([*node]), &accepting));
        }
        let at_least = count(given, "minItems").unwrap_or_default();
        if !is_implied && at_least >= least && given.first_elements() == 0 {
            is_implied = self.attempt(|walk| walk.accepts(&given.element(0), &accepting));
        }
        let mut all = true;
        if !is_implied {
            let candidates = self.sampler.arrays_of(given, at_least);
            all = self.refuse(
                "contains",
                given,
                by,
                "an element is missing that has to be there",
                candidates,
            );
        }
        if let Some(most) = object.get("maxContains").and_then(whole) {
            let is_bound = contained.iter().any(|(node, has)| {
                node.same(accepting.node)
                    && has
                        .get("maxContains")
                        .and_then(whole)
                        .is_some_and(|has| has <= most)
            });
            if !is_bound && given.most_elements().is_none_or(|has| has > most) {
                let candidates = self.sampler.arrays_of(given, most.saturating_add(1));
                all &= self.refuse(
                    "maxContains",
                    given,
                    by,
                    &format!("at most {most} such elements are allowed"),
                    candidates,
                );
            }
        }
        all
    }
}
