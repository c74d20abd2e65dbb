//! Ranges of numbers.

use std::cmp::Ordering;
use std::fmt;

use crate::number::Decimal;

/// A bound of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) number: Box<str>,
    /// Whether the number itself is in the range.
    pub(super) inclusive: bool,
}

/// Numbers between bounds, at least one of which is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) above: Option<Bound>,
    pub(super) below: Option<Bound>,
}

impl Range {
    pub(super) fn contains(&self, number: &Decimal<'_>) -> bool {
        let within = |bound: &Option<Bound>, outside: Ordering| {
            bound
                .as_ref()
                .is_none_or(|bound| match number.compare(&Decimal::of(&bound.number)) {
                    Ordering::Equal => bound.inclusive,
                    other => other != outside,
                })
        };
        within(&self.above, Ordering::Less) && within(&self.below, Ordering::Greater)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |bound: &Bound, sign| {
            format!(
                "{sign}{} {}",
                if bound.inclusive { "=" } else { "" },
                bound.number
            )
        };
        let above = self.above.iter().map(|bound| sign(bound, ">"));
        let below = self.below.iter().map(|bound| sign(bound, "<"));
        f.write_str(&above.chain(below).collect::<Vec<_>>().join(" and "))
    }
}
