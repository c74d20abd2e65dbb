//! The types of CESQL.

use std::fmt;

/// A primitive type of CESQL 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Unicode characters.
    String,
    /// 32 bits with a sign.
    Integer,
    /// True or false.
    Boolean,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a text",
            Self::Integer => "an integer",
            Self::Boolean => "a boolean",
        })
    }
}
