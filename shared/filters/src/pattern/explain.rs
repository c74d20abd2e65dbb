//! Why an event pattern lets an event pass, or does not.

use std::sync::Arc;

use super::leaf::Leaf;
use super::shown::{listed, shown_scalar};
use crate::Condition;
use crate::reading::{Place, Seen};
use crate::steps::Steps;

/// Adds a condition for every leaf. A leaf is looked at alone; `matches` says what comes of all together.
pub(super) fn leaves(
    leaves: &[Arc<Leaf>],
    matches: bool,
    (top, steps): (&Place<'_>, &Steps),
    pointer: &str,
    conditions: &mut Vec<Condition>,
) {
    let mut all_pass = true;
    for leaf in leaves {
        let mut values = Vec::new();
        collect(&leaf.keys_behind(0), top, &mut values);
        let passes = match &*values {
            [] => leaf.may_be_absent(),
            values => values
                .iter()
                .any(|value| leaf.passes(std::slice::from_ref(*value), steps)),
        };
        all_pass &= passes;
        let wanted = listed(&leaf.tests, ToString::to_string, " or ");
        let seen = match &*values {
            [] => "is missing".to_owned(),
            values => {
                format!(
                    "is {}",
                    listed(values, |value| shown_scalar(value.scalar()), ", ")
                )
            }
        };
        let verb = if passes { "wanted" } else { "but wanted is" };
        conditions.push(Condition {
            pointer: format!("{pointer}{}", leaf.pointer()),
            passes,
            reason: format!("{} {seen}, {verb} {wanted}", leaf.path),
        });
    }
    if all_pass != matches {
        let reason = if matches {
            "one of the branches of each $or is enough"
        } else {
            "no element of an array has all that is wanted"
        };
        conditions.push(Condition {
            pointer: pointer.to_owned(),
            passes: matches,
            reason: reason.to_owned(),
        });
    }
}

/// The values at the end of a path, in whatever elements of arrays.
fn collect<'p, 'e, 'k>(
    keys: &(impl Iterator<Item = &'k str> + Clone),
    place: &'p Place<'e>,
    values: &mut Vec<&'p Seen<'e>>,
) {
    let mut rest = keys.clone();
    match rest.next() {
        None => values.extend(place.scalars()),
        Some(key) => {
            if let Some(child) = place.child(key) {
                collect(&rest, child, values);
            }
        }
    }
    for element in place.elements() {
        collect(keys, element, values);
    }
}
