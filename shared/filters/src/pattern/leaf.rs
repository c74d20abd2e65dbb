//! A leaf of an event pattern: what is wanted at one path.

use std::borrow::Cow;
use std::iter::once;

use super::value::ValueTest;
use crate::reading::{Place, Seen};
use crate::steps::Steps;
use crate::{Anchor, Requirement};

/// An array of alternatives, of which at least one has to pass.
#[derive(Debug, PartialEq)]
pub(super) struct Leaf {
    /// The keys from the top of the event, joined by dots.
    pub(super) path: Box<str>,
    /// Where it stands in the pattern, unless the path says it.
    pointer: Option<Box<str>>,
    pub(super) tests: Box<[ValueTest]>,
}

impl Leaf {
    /// What is wanted at a path, and stands at a JSON pointer in its pattern.
    pub(super) fn new(path: String, pointer: &str, tests: Vec<ValueTest>) -> Self {
        let told = path.bytes().map(|byte| if byte == b'.' { b'/' } else { byte });
        let is_told = pointer.bytes().eq(once(b'/').chain(told));
        Self {
            path: path.into(),
            pointer: (!is_told).then(|| pointer.into()),
            tests: tests.into(),
        }
    }

    /// The keys of the path behind its first bytes: other keys with their dots. None behind all of it.
    pub(super) fn keys_behind(&self, start: usize) -> impl Iterator<Item = &str> + Clone {
        self.path
            .get(start..)
            .into_iter()
            .flat_map(|rest| rest.split('.'))
    }

    pub(super) fn key(&self, depth: usize) -> Option<&str> {
        self.path.split('.').nth(depth)
    }

    /// Where it stands in the pattern, as a JSON pointer.
    pub(super) fn pointer(&self) -> Cow<'_, str> {
        match &self.pointer {
            Some(pointer) => Cow::Borrowed(pointer),
            None => Cow::Owned(format!("/{}", self.path.replace('.', "/"))),
        }
    }

    /// Whether one of some values passes.
    pub(super) fn passes(&self, values: &[Seen<'_>], steps: &Steps) -> bool {
        let mut tests = self.tests.iter();
        tests.any(|test| values.iter().any(|value| test.passes(value, steps)))
    }

    /// Whether it is well when there is no value.
    pub(super) fn may_be_absent(&self) -> bool {
        self.tests.contains(&ValueTest::Absent)
    }

    /// What holds for every event that passes. `None` if nothing does.
    pub(super) fn requirement(&self) -> Option<Requirement> {
        let mut alternatives = Vec::new();
        for test in &self.tests {
            if !test.requires(&mut alternatives) {
                return None;
            }
        }
        let anchor = |test| Anchor {
            path: self.path.clone(),
            test,
        };
        Some(alternatives.into_iter().map(anchor).collect())
    }
}

/// Whether there is a value at the end of a path, in whatever elements of arrays.
pub(super) fn is_present<'k>(keys: &(impl Iterator<Item = &'k str> + Clone), place: &Place<'_>) -> bool {
    let mut rest = keys.clone();
    let outside = match rest.next() {
        None => !place.scalars().is_empty(),
        Some(key) => (place.child(key)).is_some_and(|child| is_present(&rest, child)),
    };
    outside || (place.elements().iter()).any(|element| is_present(keys, element))
}
