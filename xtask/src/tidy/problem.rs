//! What a check reports.

use std::fmt;

/// One broken rule and where it is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(super) place: String,
    pub(super) message: String,
}

impl Problem {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.message)
    }
}
