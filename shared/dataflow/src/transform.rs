//! Transforms: what becomes of the JSON of an event before a function gets it, or of the JSON of an answer.
//!
//! Two languages: JSONata, and the input transformer of EventBridge. A transform is compiled once and shared by threads;
//! each application is bounded in time, depth, memory, input and output.

use serde::Deserialize;
use serde_json::value::RawValue;

mod context;
mod error;
mod input_transformer;
mod jsonata;
mod limits;

pub use context::TransformContext;
pub use error::TransformError;
pub use limits::TransformLimits;

use error::code;
use input_transformer::InputTransformer;
use jsonata::Expression;

/// A transform that can be applied.
#[derive(Debug)]
pub struct Transform {
    language: Language,
}

#[derive(Debug)]
enum Language {
    Jsonata(Expression),
    InputTransformer(Box<InputTransformer>),
}

/// The languages as a transform names them. Exactly one is given.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Source<'a> {
    jsonata: Option<String>,
    #[serde(borrow)]
    input_transformer: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    input_path: Option<String>,
}

impl Transform {
    /// Compiles `{"jsonata": "…"}`, `{"inputTransformer": {…}}`, `{"inputPath": "$.…"}` or `{"input": …}`. An error names the
    /// place in the expression where it has one.
    pub fn compile(json: &str, limits: &TransformLimits) -> Result<Self, TransformError> {
        if json.len() > limits.max_source_bytes.saturating_mul(8) {
            return Err(TransformError::too_large(code::SOURCE, limits.max_source_bytes));
        }
        let source: Source<'_> = serde_json::from_str(json).map_err(|error| TransformError::form(&error))?;
        let language = match source {
            Source {
                jsonata: Some(text),
                input_transformer: None,
                input: None,
                input_path: None,
            } => Language::Jsonata(Expression::compile(&text, limits)?),
            Source {
                jsonata: None,
                input_transformer: Some(form),
                input: None,
                input_path: None,
            } => InputTransformer::compile(form.get(), limits)?.into(),
            Source {
                jsonata: None,
                input_transformer: None,
                input: Some(value),
                input_path: None,
            } => InputTransformer::constant(value.get(), limits)?.into(),
            Source {
                jsonata: None,
                input_transformer: None,
                input: None,
                input_path: Some(path),
            } => InputTransformer::path(&path)?.into(),
            _ => return Err(TransformError::not_one()),
        };
        Ok(Self { language })
    }

    /// The JSON that it makes of a JSON text. What the expression makes of it costs no more than the limits allow.
    pub fn apply(
        &self,
        json: &str,
        context: &TransformContext<'_>,
        limits: &TransformLimits,
    ) -> Result<String, TransformError> {
        if json.len() > limits.max_input_bytes {
            return Err(TransformError::too_large(code::INPUT, limits.max_input_bytes));
        }
        match &self.language {
            Language::Jsonata(expression) => expression.apply(json, context, limits),
            Language::InputTransformer(transformer) => transformer.apply(json, context, limits),
        }
    }
}

impl From<InputTransformer> for Language {
    fn from(transformer: InputTransformer) -> Self {
        Self::InputTransformer(Box::new(transformer))
    }
}

#[cfg(test)]
mod tests;
