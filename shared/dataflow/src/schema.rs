//! JSON Schemas of the data of events: what is no schema is refused with its position, data is checked within bounds,
//! versions are compared, and a schema is made of samples.
//!
//! Drafts 2020-12, 2019-09, 7, 6 and 4; without `$schema` it is 2020-12. Nothing is fetched: a `$ref` leads into the same
//! document. Patterns are matched in linear time; what such an engine cannot do (look-around, references back) is refused.

use std::fmt;
use std::sync::Arc;

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

pub mod compatibility;
mod document;
mod error;
mod ids;
pub mod infer;
mod keywords;
mod limits;
mod looks;
mod measure;
mod nesting;
mod pointer;
mod shape;
mod violation;
mod work;

#[cfg(test)]
mod tests;

pub use error::{SchemaError, SchemaFault};
pub use limits::SchemaLimits;
pub use violation::{Violation, ViolationLimits};

use document::Document;
use measure::Measure;
use shape::Shape;

/// A schema that data can be checked against.
pub struct Schema {
    validator: Validator,
    document: Arc<Document>,
    shape: Shape,
    limits: SchemaLimits,
    bytes: usize,
}

impl Schema {
    /// Compiles the text of a schema.
    pub fn compile(text: &str, limits: &SchemaLimits) -> Result<Self, SchemaError> {
        if text.len() > limits.bytes {
            let (bytes, most) = (text.len(), limits.bytes);
            return Err(SchemaError::at_root(SchemaFault::TooLarge { bytes, most }));
        }
        let value: Value = serde_json::from_str(text).map_err(|err| SchemaError::not_json(&err))?;
        let document = Document::new(value, limits)?;
        let shape = Shape::of(&document, limits)?;
        let patterns = document.patterns();
        let each = limits.each_pattern(patterns, text.len());
        let (validator, pattern_bytes) = build(document.root(), patterns, each)?;
        let bytes = text.len().saturating_mul(BYTES_PER_BYTE);
        let bytes = bytes.saturating_add(patterns.saturating_mul(pattern_bytes));
        Ok(Self {
            validator,
            document: Arc::new(document),
            shape,
            limits: *limits,
            bytes,
        })
    }

    /// Whether data, as JSON text, is what the schema describes. `None`: it is no JSON.
    pub fn accepts(&self, data: &str) -> Option<bool> {
        let value: Value = serde_json::from_str(data).ok()?;
        Some(self.validator.is_valid(&value))
    }

    /// Whether a value is what the schema describes.
    pub fn accepts_value(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    /// What of the data, as JSON text, breaks the schema; at most as many as the limits say. Nothing: the data is valid.
    pub fn violations(&self, data: &str, limits: &ViolationLimits) -> Vec<Violation> {
        match serde_json::from_str(data) {
            Ok(value) => self.violations_of(&value, limits),
            Err(err) => vec![Violation::not_json(&err)],
        }
    }

    /// What of a value breaks the schema.
    pub fn violations_of(&self, value: &Value, limits: &ViolationLimits) -> Vec<Violation> {
        let measure = Measure::of(value);
        if self.shape.takes_too_long(&measure, &self.limits) {
            return vec![Violation::unchecked(value, limits)];
        }
        // The answer alone remembers what it has seen, and keeps nothing; the list of reasons is made whole before its first
        // one is had, and looks at each value as often as branches of the schema do.
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        if self.shape.lists_too_much(&measure, &self.limits) {
            return vec![Violation::unlisted(value, limits)];
        }
        let errors = self.validator.iter_errors(value).take(limits.count);
        errors.map(|err| Violation::of(&err, limits)).collect()
    }

    /// How many bytes it takes in memory, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The JSON of the schema.
    pub fn value(&self) -> &Value {
        self.document.root()
    }

    /// URI of the draft that it is written in.
    pub fn draft_uri(&self) -> &'static str {
        match self.validator.draft() {
            Draft::Draft4 => "http://json-schema.org/draft-04/schema#",
            Draft::Draft6 => "http://json-schema.org/draft-06/schema#",
            Draft::Draft7 => "http://json-schema.org/draft-07/schema#",
            Draft::Draft201909 => "https://json-schema.org/draft/2019-09/schema",
            _ => "https://json-schema.org/draft/2020-12/schema",
        }
    }
}

/// Bytes of a compiled schema without its patterns, for each byte of its text.
const BYTES_PER_BYTE: usize = 8;

/// Sizes of compiled patterns that are tried before the largest that is allowed: a few characters can make much of a pattern,
/// and how much is not to be known otherwise.
const PATTERN_SIZES: [usize; 3] = [4 * 1024, 32 * 1024, 128 * 1024];

/// Bytes of the tables that a pattern makes while it matches, for each byte that it is compiled to, at most.
const TABLES_PER_BYTE: usize = 16;

/// Compiles a schema, with the least size that its patterns have room in each, and says how many bytes each may take.
fn build(root: &Value, patterns: usize, most: usize) -> Result<(Validator, usize), SchemaError> {
    let smaller = PATTERN_SIZES
        .into_iter()
        .filter(|size| patterns > 0 && *size < most);
    for size in smaller {
        let tables = size.saturating_mul(TABLES_PER_BYTE).min(most);
        if let Ok(validator) = build_within(root, size, tables) {
            return Ok((validator, size + tables));
        }
    }
    let validator = build_within(root, most, most).map_err(|err| SchemaError::of_build(&err))?;
    Ok((validator, 2 * most))
}

fn build_within(
    root: &Value,
    size: usize,
    tables: usize,
) -> Result<Validator, jsonschema::ValidationError<'static>> {
    let patterns = PatternOptions::regex().size_limit(size).dfa_size_limit(tables);
    jsonschema::options().with_pattern_options(patterns).build(root)
}

/// Whether a value is a schema of draft 7, which other formats take schemas in; nothing is said of references and patterns.
pub fn is_draft_7(schema: &Value) -> bool {
    jsonschema::draft7::meta::is_valid(schema)
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema")
            .field("draft", &self.draft_uri())
            .finish()
    }
}
