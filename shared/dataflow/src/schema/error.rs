//! Why a text is no schema that data can be checked against, and where in it.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::Error;

use super::violation::cut;

/// Longest text that is taken over from a library.
const REASON: usize = 256;

/// A refused schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {fault}", if pointer.is_empty() { "at the root" } else { pointer })]
pub struct SchemaError {
    /// JSON pointer into the schema; empty for the root.
    pub pointer: String,
    /// What is wrong there.
    pub fault: SchemaFault,
}

/// What is wrong with a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaFault {
    /// It takes too many bytes.
    #[error("the schema has {bytes} bytes, at most {most} are taken")]
    TooLarge {
        /// Bytes of its text.
        bytes: usize,
        /// How many are taken.
        most: usize,
    },
    /// It is no JSON.
    #[error("the schema is no JSON: {reason} (line {line}, column {column})")]
    NotJson {
        /// What the reader expected.
        reason: String,
        /// Line of the text, from 1.
        line: usize,
        /// Column of the line, from 1.
        column: usize,
    },
    /// It is nested too deeply.
    #[error("the schema is nested deeper than {0} levels")]
    TooDeep(usize),
    /// Its names are long, and stand above many parts.
    #[error("the names are too long for so many parts below them: their places take more than {0} bytes")]
    LongPlaces(usize),
    /// Following references leads back to the same subschema without going into the data.
    #[error("the reference leads back to itself")]
    Circular,
    /// Too many subschemas look at the same value.
    #[error("more than {0} subschemas apply to one value")]
    TooWide(usize),
    /// Branches within branches look too often at the same value.
    #[error("the branches multiply: a value would be looked at more than {0} times")]
    TooManyLooks(usize),
    /// A reference leads nowhere in the document; others are not followed.
    #[error("the reference \"{0}\" leads nowhere in this schema")]
    Unresolved(String),
    /// A pattern is no regular expression, or none that is matched in linear time.
    #[error(
        "the pattern is no regular expression that is matched in linear time: no look-around, no references back"
    )]
    Pattern,
    /// A keyword has a value that its draft does not allow.
    #[error("{0}")]
    Invalid(String),
}

impl SchemaError {
    pub(super) fn at_root(fault: SchemaFault) -> Self {
        Self::at("", fault)
    }

    pub(super) fn at(pointer: &str, fault: SchemaFault) -> Self {
        Self {
            pointer: pointer.to_owned(),
            fault,
        }
    }

    pub(super) fn not_json(err: &Error) -> Self {
        let text = err.to_string();
        let reason = text.split(" at line ").next().unwrap_or_default();
        Self::at_root(SchemaFault::NotJson {
            reason: cut(reason, REASON),
            line: err.line(),
            column: err.column(),
        })
    }

    /// What the library says of a schema: an error of the schema as an instance of that of its draft.
    pub(super) fn of_build(err: &ValidationError<'_>) -> Self {
        let fault = match err.kind() {
            ValidationErrorKind::Referencing(err) => SchemaFault::Invalid(cut(&err.to_string(), REASON)),
            ValidationErrorKind::Format { format } if format == "regex" => SchemaFault::Pattern,
            _ => SchemaFault::Invalid(cut(&err.masked_with("the value").to_string(), REASON)),
        };
        Self::at(err.instance_path().as_str(), fault)
    }
}
