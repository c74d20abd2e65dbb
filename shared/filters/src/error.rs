//! Why filters cannot be compiled.

use std::fmt;

/// A filter that cannot be compiled: where, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterError {
    /// Where in `filters`, as a JSON pointer: `/0/all/1/sql`.
    pub pointer: String,
    /// The character at which it went wrong, in the text of an expression; from 0.
    pub offset: Option<usize>,
    /// What is wrong, and what would be right.
    pub reason: String,
}

impl FilterError {
    pub(crate) fn at(pointer: &str, reason: impl Into<String>) -> Self {
        Self {
            pointer: pointer.to_owned(),
            offset: None,
            reason: reason.into(),
        }
    }

    pub(crate) fn at_character(self, offset: usize) -> Self {
        Self {
            offset: Some(offset),
            ..self
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filters{}", self.pointer)?;
        if let Some(offset) = self.offset {
            write!(f, " at character {offset}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for FilterError {}
