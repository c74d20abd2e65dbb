//! Whether nothing can be both of two.

use super::conjunction::Conjunction;
use super::numbers::{End, bound};
use super::patterns::Patterns;
use super::types::Types;
use super::value_set::ValueSet;

impl Conjunction<'_> {
    /// Whether no value is all of both. `false` where that cannot be said.
    pub(super) fn is_disjoint(&self, other: &Self, patterns: &Patterns) -> bool {
        self.is_disjoint_within(other, patterns, 8)
    }

    fn is_disjoint_within(&self, other: &Self, patterns: &Patterns, depth: usize) -> bool {
        if self.is_impossible() || other.is_impossible() {
            return true;
        }
        let common = self.types().and(other.types());
        if common.is_empty() {
            return true;
        }
        if depth == 0 {
            return false;
        }
        if let (Some(one), Some(list)) = (self.listed(), other.listed()) {
            let Some(part) = self.parts.first() else {
                return false;
            };
            let list = ValueSet::of(list, part.budget);
            return !one.into_iter().any(|value| list.contains(value));
        }
        if common.is_within(Types::NUMBER) && (below(self, other) || below(other, self)) {
            return true;
        }
        if common == Types::OBJECT {
            let required = [self.required(), other.required()].concat();
            let differs = |name: &&str| {
                let (one, another) = (self.member(name, patterns).all, other.member(name, patterns).all);
                one.is_disjoint_within(&another, patterns, depth - 1)
            };
            if required.iter().any(differs) {
                return true;
            }
        }
        match other.branches() {
            Some(branches) => branches
                .iter()
                .all(|branch| self.is_disjoint_within(branch, patterns, depth - 1)),
            None => self.branches().is_some_and(|branches| {
                branches
                    .iter()
                    .all(|branch| branch.is_disjoint_within(other, patterns, depth - 1))
            }),
        }
    }
}

/// Whether all numbers of the one are less than all of the other.
fn below(one: &Conjunction<'_>, other: &Conjunction<'_>) -> bool {
    let (Some(upper), Some(lower)) = (bound(one, End::Upper), bound(other, End::Lower)) else {
        return false;
    };
    match super::number_order::compare(&upper.at, &lower.at) {
        std::cmp::Ordering::Less => true,
        std::cmp::Ordering::Equal => upper.is_exclusive || lower.is_exclusive,
        std::cmp::Ordering::Greater => false,
    }
}
