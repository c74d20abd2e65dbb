//! Keywords that combine schemas.

use serde_json::{Map, Value};

use super::conjunction::Conjunction;
use super::walk::{Accepting, Walk};

impl<'a> Walk<'a> {
    pub(super) fn accepts_combined(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
    ) -> bool {
        let branches = |keyword: &str| -> Option<Vec<Accepting<'a>>> {
            let list = object.get(keyword)?.as_array()?.iter().enumerate();
            Some(
                list.map(|(at, schema)| by.part(keyword, &at.to_string(), schema))
                    .collect(),
            )
        };
        let mut all = true;
        for branch in branches("allOf").into_iter().flatten() {
            all &= self.accepts(given, &branch);
        }
        if let Some(branches) = branches("anyOf") {
            all &= self.accepts_choice(given, by, "anyOf", &branches);
        }
        if let Some(branches) = branches("oneOf") {
            all &= self.accepts_choice(given, by, "oneOf", &branches);
        }
        if let Some(not) = object.get("not") {
            all &= self.accepts_not(given, by, &by.below("not", not));
        }
        if let Some(condition) = object.get("if") {
            all &= self.accepts_conditional(given, by, object, condition);
        }
        all
    }

    /// One branch for all that is given, or one for each type of it.
    fn accepts_choice(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        rule: &str,
        branches: &[Accepting<'a>],
    ) -> bool {
        let is_same = |has: super::conjunction::Node<'a>| {
            let list = has.value.as_array().map(Vec::as_slice).unwrap_or_default();
            let is_in_list = |branch: &Accepting<'a>| list.iter().any(|one| has.at(one).same(branch.node));
            list.len() == branches.len() && branches.iter().all(is_in_list)
        };
        if given.all(rule).any(is_same) || self.fits_a_branch(given, rule, branches) {
            return true;
        }
        let types = given.types();
        let fits = types.count() > 1
            && types
                .each()
                .all(|one| self.fits_a_branch(&given.only(one), rule, branches));
        if fits {
            return true;
        }
        let mut candidates = Vec::new();
        for branch in branches {
            candidates.extend(self.sampler.samples(&given.with(branch.node)));
        }
        let message = if rule == "oneOf" {
            "it does not fit exactly one branch"
        } else {
            "it fits no branch"
        };
        self.refuse(rule, given, by, message, candidates)
    }

    fn fits_a_branch(&mut self, given: &Conjunction<'a>, rule: &str, branches: &[Accepting<'a>]) -> bool {
        let mut fits =
            (0..branches.len()).filter(|at| self.attempt(|walk| walk.accepts(given, &branches[*at])));
        if rule == "anyOf" {
            return fits.next().is_some();
        }
        let Some(fit) = fits.next() else { return false };
        drop(fits);
        let others = branches.iter().enumerate().filter(|(at, _)| *at != fit);
        others
            .into_iter()
            .all(|(_, other)| given.is_disjoint(&Conjunction::of([other.node]), &self.sampler.patterns))
    }

    fn accepts_not(&mut self, given: &Conjunction<'a>, by: &Accepting<'a>, not: &Accepting<'a>) -> bool {
        let excluded = Conjunction::of([not.node]);
        if given.is_disjoint(&excluded, &self.sampler.patterns) {
            return true;
        }
        // What is excluded now was excluded before.
        let before: Vec<_> = given.all("not").collect();
        for node in before {
            let wider = Accepting {
                node,
                pointer: String::new(),
            };
            if self.attempt(|walk| walk.accepts(&excluded, &wider)) {
                return true;
            }
        }
        let candidates = self.sampler.samples(&excluded);
        self.refuse(
            "not",
            given,
            by,
            "what is excluded is not excluded by the other",
            candidates,
        )
    }

    fn accepts_conditional(
        &mut self,
        given: &Conjunction<'a>,
        by: &Accepting<'a>,
        object: &'a Map<String, Value>,
        condition: &'a Value,
    ) -> bool {
        let condition = by.node.at(condition);
        let same = given
            .objects()
            .find(|(node, object)| object.get("if").is_some_and(|has| node.at(has).same(condition)));
        let mut all = true;
        for keyword in ["then", "else"] {
            let Some(wanted) = object.get(keyword) else {
                continue;
            };
            let mut given = given.clone();
            if keyword == "then" {
                given = given.with(condition);
            }
            if let Some(has) = same.and_then(|(node, object)| Some(node.at(object.get(keyword)?))) {
                given = given.with(has);
            }
            all &= self.accepts(&given, &by.below(keyword, wanted));
        }
        all
    }
}
