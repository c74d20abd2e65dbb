//! Bounds of numbers, lengths and counts.

use serde_json::{Map, Number, Value};

use super::conjunction::Conjunction;
use super::number_order::compare;
use super::types::Types;

/// A bound of numbers.
#[derive(Debug, Clone)]
pub(super) struct Bound {
    pub(super) at: Number,
    pub(super) is_exclusive: bool,
}

/// Which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Lower,
    Upper,
}

impl End {
    /// The keywords of numbers: of the bound, and of the one that does not belong.
    pub(super) fn keywords(self) -> (&'static str, &'static str) {
        match self {
            Self::Lower => ("minimum", "exclusiveMinimum"),
            Self::Upper => ("maximum", "exclusiveMaximum"),
        }
    }

    /// Of two, the one that allows less.
    fn stricter(self, one: Bound, other: Bound) -> Bound {
        if self.implies(&one, &other) { one } else { other }
    }

    /// Whether what keeps a bound keeps another one too.
    pub(super) fn implies(self, bound: &Bound, other: &Bound) -> bool {
        let order = compare(&bound.at, &other.at);
        let order = if self == Self::Lower {
            order
        } else {
            order.reverse()
        };
        order.is_gt() || order.is_eq() && (bound.is_exclusive || !other.is_exclusive)
    }
}

/// The bound that an object sets.
pub(super) fn bound_of(object: &Map<String, Value>, end: End) -> Option<Bound> {
    let (inclusive, exclusive) = end.keywords();
    let number = |keyword| match object.get(keyword) {
        Some(Value::Number(number)) => Some(number.clone()),
        _ => None,
    };
    // In draft 4 it is a mark on the other keyword.
    let is_marked = object.get(exclusive) == Some(&Value::Bool(true));
    let inclusive = number(inclusive).map(|at| Bound {
        at,
        is_exclusive: is_marked,
    });
    let exclusive = number(exclusive).map(|at| Bound {
        at,
        is_exclusive: true,
    });
    match (inclusive, exclusive) {
        (Some(one), Some(other)) => Some(end.stricter(one, other)),
        (one, other) => one.or(other),
    }
}

/// The bound of all parts.
pub(super) fn bound(all: &Conjunction<'_>, end: End) -> Option<Bound> {
    let set = all.objects().filter_map(|(_, object)| bound_of(object, end));
    let mut strictest = set.reduce(|one, other| end.stricter(one, other));
    if let Some(values) = all.listed() {
        let numbers = values.into_iter().filter_map(|value| match value {
            Value::Number(at) => Some(Bound {
                at: at.clone(),
                is_exclusive: false,
            }),
            _ => None,
        });
        // Of what is listed, the least strict.
        let widest = numbers.reduce(|one, other| if end.implies(&one, &other) { other } else { one });
        strictest = widest.or(strictest);
    }
    let mut bound = strictest?;
    let is_whole = !all.types().has(Types::FRACTION);
    if is_whole
        && bound.is_exclusive
        && let Some(at) = bound.at.as_i64()
    {
        let next = if end == End::Lower {
            at.checked_add(1)
        } else {
            at.checked_sub(1)
        };
        if let Some(at) = next {
            bound = Bound {
                at: at.into(),
                is_exclusive: false,
            };
        }
    }
    Some(bound)
}

/// The strictest of a keyword that counts something: the highest of minima, the lowest of maxima.
pub(super) fn count(all: &Conjunction<'_>, keyword: &str) -> Option<u64> {
    let counts = all.all(keyword).filter_map(|node| whole(node.value));
    if keyword.starts_with("min") {
        counts.max()
    } else {
        counts.min()
    }
}

/// A count as drafts write it, 2.0 included.
pub(super) fn whole(value: &Value) -> Option<u64> {
    let from_float = || {
        let float = value
            .as_f64()
            .filter(|float| float.fract() == 0.0 && (0.0..1e15).contains(float))?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and in range"
        )]
        Some(float as u64)
    };
    value.as_u64().or_else(from_float)
}
