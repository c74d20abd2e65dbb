//! What filters want to know of an event, read once for all of them.

mod place;
mod seen;
mod text;

use std::sync::Arc;

pub(crate) use place::Place;
pub(crate) use seen::Seen;

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

impl<'e> Reading<'e> {
    /// Reads what is wanted of an event, and nothing else.
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

    /// The same without data, which is not read then.
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
        scalars: vec![Seen::of(event.attribute(key)?)],
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
    text::read(data, wanted, &mut place);
    (!place.is_empty()).then(|| (key.clone(), place))
}

#[cfg(test)]
mod tests;
