//! Values of CESQL and how they are cast.

use std::borrow::Cow;

use super::error::EvaluationError;
use super::types::Type;
use crate::Scalar;

/// Bytes of the longest text that is an integer: zeros may stand before it, and all that look at it go through them.
const LONGEST_INTEGER: usize = 1024;

fn integer(text: &str) -> Option<i32> {
    (text.len() <= LONGEST_INTEGER)
        .then(|| text.parse().ok())
        .flatten()
}

/// A value: texts of events and literals are borrowed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value<'a> {
    /// A String.
    Text(Cow<'a, str>),
    /// An Integer.
    Integer(i32),
    /// A Boolean.
    Boolean(bool),
}

impl<'a> Value<'a> {
    /// The value of an attribute. What is no type of CESQL is a text; `null` is no value.
    pub(super) fn of(scalar: Scalar<'a>) -> Option<Self> {
        match scalar {
            Scalar::Null => None,
            Scalar::Bool(value) => Some(Self::Boolean(value)),
            Scalar::Number(text) => match integer(&text) {
                Some(value) => Some(Self::Integer(value)),
                None => Some(Self::Text(text)),
            },
            Scalar::String(text) => Some(Self::Text(text)),
        }
    }

    /// What a type has where there is no value.
    pub(super) fn zero(of: Type) -> Self {
        match of {
            Type::String => Self::Text(Cow::Borrowed("")),
            Type::Integer => Self::Integer(0),
            Type::Boolean => Self::Boolean(false),
        }
    }

    /// The value as a text.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        match self {
            Self::Text(text) => text,
            Self::Integer(value) => Cow::Owned(value.to_string()),
            Self::Boolean(true) => Cow::Borrowed("true"),
            Self::Boolean(false) => Cow::Borrowed("false"),
        }
    }

    /// The value as an integer.
    pub(super) fn integer(&self) -> Result<i32, EvaluationError<'static>> {
        match self {
            Self::Text(text) => integer(text).ok_or(EvaluationError::Cast(Type::Integer)),
            Self::Integer(value) => Ok(*value),
            Self::Boolean(value) => Ok(i32::from(*value)),
        }
    }

    /// The value as a boolean.
    pub(super) fn boolean(&self) -> Result<bool, EvaluationError<'static>> {
        match self {
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Self::Text(_) => Err(EvaluationError::Cast(Type::Boolean)),
            Self::Integer(value) => Ok(*value != 0),
            Self::Boolean(value) => Ok(*value),
        }
    }

    /// Whether two values are equal, after this one was cast to the type of `target`.
    pub(super) fn equals(&self, target: &Self) -> Result<bool, EvaluationError<'static>> {
        Ok(match target {
            Self::Integer(value) => self.integer()? == *value,
            Self::Boolean(value) => self.boolean()? == *value,
            Self::Text(text) => match self {
                Self::Text(own) => own == text,
                Self::Integer(value) => value.to_string() == **text,
                Self::Boolean(value) => **text == *if *value { "true" } else { "false" },
            },
        })
    }
}
