//! What filters want to know of an event, read once for all of them.

mod text;

use std::sync::Arc;

use serde::de::IgnoredAny;

use crate::wanted::{FieldId, Wanted};
use crate::{Scalar, Subject};

/// The member of an event that is not a context attribute.
const DATA: &str = "data";

/// So many attributes are asked for one by one.
const MOST_ASKED: usize = 16;

/// The part of an event's JSON form that somebody wants: context attributes at the top, `data` below.
#[derive(Debug, Default)]
pub(crate) struct Reading<'e> {
    top: Place<'e>,
}

/// What stands at one path of an event, or of an element of an array.
///
/// A key that stands twice counts twice, and `a.b` is what `b` in `a` is: all of it is in the one place of its path.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Place<'e> {
    /// The number of the path, if its values are wanted.
    field: Option<FieldId>,
    /// Values without parts. Those of an array count as if they stood here without it: nothing is to be known of which
    /// element they are.
    scalars: Vec<Scalar<'e>>,
    /// What is below, in the order of the keys, each of which is there once.
    below: Vec<(Arc<str>, Place<'e>)>,
    /// The elements of arrays that are objects or arrays, if something that is wanted is in them.
    elements: Vec<Place<'e>>,
}

impl<'e> Reading<'e> {
    /// Reads what is wanted of an event, and nothing else. Data that is no JSON is no data.
    pub(crate) fn of(event: &'e dyn Subject, wanted: &Wanted) -> Self {
        let mut reading = Self::of_attributes(event, wanted);
        let data = wanted
            .entry(DATA)
            .and_then(|(key, child)| data(event, key, child));
        if let Some(data) = data {
            let at = reading.top.below.partition_point(|(key, _)| &**key < DATA);
            reading.top.below.insert(at, data);
        }
        reading
    }

    /// The same without data, which is not parsed then.
    pub(crate) fn of_attributes(event: &'e dyn Subject, wanted: &Wanted) -> Self {
        let mut top = Place::default();
        if wanted.width() <= MOST_ASKED {
            for (key, child) in wanted.entries() {
                top.below.extend(attribute(event, key, child));
            }
        } else {
            // Many filters may name many attributes, of which an event has a few.
            event.each_attribute(&mut |name, _| {
                let named = wanted.entry(name);
                top.below
                    .extend(named.and_then(|(key, child)| attribute(event, key, child)));
            });
            top.settle();
        }
        Self { top }
    }

    /// The event itself, in which everything else is.
    pub(crate) fn top(&self) -> &Place<'e> {
        &self.top
    }

    /// Calls `visit` for every value at a path that is wanted, elements of arrays included.
    pub(crate) fn each_leaf(&self, visit: &mut dyn FnMut(FieldId, &Scalar<'_>)) {
        self.top.each_leaf(visit);
    }
}

/// What is wanted of an attribute, if the event has it.
fn attribute<'e>(event: &'e dyn Subject, key: &Arc<str>, wanted: &Wanted) -> Option<(Arc<str>, Place<'e>)> {
    let field = wanted.field().filter(|_| &**key != DATA)?;
    let place = Place {
        field: Some(field),
        scalars: vec![event.attribute(key)?],
        ..Place::default()
    };
    Some((key.clone(), place))
}

/// What is wanted of data, if the event has any of it.
fn data<'e>(event: &'e dyn Subject, key: &Arc<str>, wanted: &Wanted) -> Option<(Arc<str>, Place<'e>)> {
    let mut place = Place {
        field: wanted.field(),
        ..Place::default()
    };
    let data = event.data()?;
    serde_json::from_str::<IgnoredAny>(data).ok()?;
    text::read(data, wanted, &mut place);
    (!place.is_empty()).then(|| (key.clone(), place))
}

impl<'e> Place<'e> {
    /// Values without parts, those of an array included.
    pub(crate) fn scalars(&self) -> &[Scalar<'e>] {
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

    fn is_empty(&self) -> bool {
        self.scalars.is_empty() && self.below.is_empty() && self.elements.is_empty()
    }

    fn each_leaf(&self, visit: &mut dyn FnMut(FieldId, &Scalar<'_>)) {
        if let Some(field) = self.field {
            self.scalars.iter().for_each(|scalar| visit(field, scalar));
        }
        self.below.iter().for_each(|(_, place)| place.each_leaf(visit));
        self.elements.iter().for_each(|place| place.each_leaf(visit));
    }

    /// Puts what is below in order, and what stands at the same key into one place.
    fn settle(&mut self) {
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

#[cfg(test)]
mod tests;
