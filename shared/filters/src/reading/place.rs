//! Places of an event: what is read of it, by path.

use std::sync::Arc;

use super::seen::Seen;
use crate::Scalar;
use crate::wanted::FieldId;

/// What stands at one path of an event, or of an element of an array.
///
/// A key that stands twice counts twice, and `a.b` is what `b` in `a` is: all of it is in the one place of its path.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Place<'e> {
    /// The number of the path, if its values are wanted.
    pub(super) field: Option<FieldId>,
    /// Values without parts. Those of an array count as if they stood here without it: nothing is to be known of which
    /// element they are.
    pub(super) scalars: Vec<Seen<'e>>,
    /// What is below, in the order of the keys, each of which is there once.
    pub(super) below: Vec<(Arc<str>, Place<'e>)>,
    /// The elements of arrays that are objects or arrays, if something that is wanted is in them.
    pub(super) elements: Vec<Place<'e>>,
}

impl<'e> Place<'e> {
    /// Values without parts, those of an array included.
    pub(crate) fn scalars(&self) -> &[Seen<'e>] {
        &self.scalars
    }

    /// The place of a key.
    pub(crate) fn child(&self, key: &str) -> Option<&Place<'e>> {
        let at = match &*self.below {
            // Few keys are found faster one after the other.
            few if few.len() <= 8 => few.iter().position(|(other, _)| &**other == key)?,
            many => many.binary_search_by(|(other, _)| (**other).cmp(key)).ok()?,
        };
        self.below.get(at).map(|(_, place)| place)
    }

    /// The elements of arrays that are objects or arrays.
    pub(crate) fn elements(&self) -> &[Place<'e>] {
        &self.elements
    }

    pub(super) fn is_empty(&self) -> bool {
        self.scalars.is_empty() && self.below.is_empty() && self.elements.is_empty()
    }

    pub(super) fn each_leaf(&self, visit: &mut dyn FnMut(FieldId, &Scalar<'_>)) {
        if let Some(field) = self.field {
            self.scalars.iter().for_each(|seen| visit(field, seen.scalar()));
        }
        self.below.iter().for_each(|(_, place)| place.each_leaf(visit));
        self.elements.iter().for_each(|place| place.each_leaf(visit));
    }

    /// Puts what is below in order, and what stands at the same key into one place.
    pub(super) fn settle(&mut self) {
        if self.below.is_sorted_by(|(one, _), (other, _)| one < other) {
            return;
        }
        self.below.sort_by(|(one, _), (other, _)| one.cmp(other));
        let mut places = std::mem::take(&mut self.below).into_iter().peekable();
        while let Some((key, mut place)) = places.next() {
            let mut is_merged = false;
            while let Some((_, same)) = places.next_if(|(other, _)| *other == key) {
                place.scalars.extend(same.scalars);
                place.below.extend(same.below);
                place.elements.extend(same.elements);
                is_merged = true;
            }
            if is_merged {
                place.settle();
            }
            self.below.push((key, place));
        }
    }
}
