//! What goes wrong while an expression is evaluated.

use std::fmt;

use super::types::Type;

/// The error types of CESQL 1.0 but `ParseError`. An expression with an error lets no event pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EvaluationError<'a> {
    /// `MissingAttributeError`: the event does not have the attribute.
    MissingAttribute(&'a str),
    /// `MissingFunctionError`. Filters with such a call are refused when they are compiled.
    MissingFunction(&'a str),
    /// `CastError`: a value is none of this type.
    Cast(Type),
    /// `MathError`: why there is no result.
    Math(&'static str),
    /// `FunctionEvaluationError`: what is wrong with the arguments.
    Function(&'static str),
    /// `GenericError`: more work than `FilterLimits::max_steps`.
    TooMuchWork,
}

impl fmt::Display for EvaluationError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingAttribute(name) => write!(f, "the event has no attribute `{name}`"),
            Self::MissingFunction(name) => write!(f, "there is no function {name} with as many arguments"),
            Self::Cast(to) => write!(f, "a value cannot be read as {to}"),
            Self::Math(reason) | Self::Function(reason) => f.write_str(reason),
            Self::TooMuchWork => f.write_str("texts are too long to be looked at by all functions and LIKE"),
        }
    }
}
