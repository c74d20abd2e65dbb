//! The input transformer of EventBridge: paths into the event, and a template with their values in it.
//!
//! Values are copied as text, so numbers keep their digits.

mod form;
mod path;
mod template;
mod tree;

use serde_json::value::RawValue;

use super::context::TransformContext;
use super::error::{TransformError, code};
use super::limits::TransformLimits;
use form::Form;
use path::Path;
use template::{Piece, Template};
use tree::Tree;

/// One of the forms, compiled.
#[derive(Debug)]
pub(super) enum InputTransformer {
    /// `input`: always the same.
    Constant(String),
    /// `inputPath`: a part of the event.
    Path(Path),
    /// `inputTransformer`.
    Template { paths: Vec<Path>, template: Template },
}

impl InputTransformer {
    /// Compiles `{"inputPathsMap": {…}, "inputTemplate": "…"}`.
    pub(super) fn compile(form: &str, limits: &TransformLimits) -> Result<Self, TransformError> {
        let form = Form::read(form)?;
        if form.template.len() > limits.max_source_bytes {
            return Err(TransformError::too_large(code::SOURCE, limits.max_source_bytes));
        }
        let names: Vec<&str> = form.paths.iter().map(|(name, _)| name.as_str()).collect();
        let template = Template::compile(&form.template, &names)?;
        let paths = form.paths.iter().map(|(_, path)| Path::compile(path));
        Ok(Self::Template {
            paths: paths.collect::<Result<_, _>>()?,
            template,
        })
    }

    /// The same value for each event: a JSON value, or JSON in a text as EventBridge has it.
    pub(super) fn constant(json: &str, limits: &TransformLimits) -> Result<Self, TransformError> {
        if json.len() > limits.max_source_bytes {
            return Err(TransformError::too_large(code::SOURCE, limits.max_source_bytes));
        }
        let inner = serde_json::from_str::<String>(json)
            .ok()
            .filter(|text| serde_json::from_str::<&RawValue>(text).is_ok());
        Ok(Self::Constant(inner.unwrap_or_else(|| json.to_owned())))
    }

    pub(super) fn path(path: &str) -> Result<Self, TransformError> {
        Path::compile(path).map(Self::Path)
    }

    pub(super) fn apply(
        &self,
        json: &str,
        context: &TransformContext<'_>,
        limits: &TransformLimits,
    ) -> Result<String, TransformError> {
        let raw: &RawValue = serde_json::from_str(json)
            .map_err(|_| TransformError::new(code::JSON, "what is to be transformed is not JSON"))?;
        let event = Tree::of(raw);
        match self {
            Self::Constant(json) => Ok(json.clone()),
            Self::Path(path) => path
                .value(&event)
                .map(|value| value.json().into_owned())
                .ok_or_else(|| TransformError::new(code::NOTHING, "the event has nothing at this path")),
            Self::Template { paths, template } => {
                let values: Vec<_> = paths.iter().map(|path| path.value(&event)).collect();
                let filled = template.fill(limits.max_output_bytes, |piece| match piece {
                    Piece::Path(index) => values.get(index).cloned().flatten(),
                    Piece::Reserved(reserved) => Some(reserved.value(&event, context)),
                })?;
                Ok(filled)
            }
        }
    }
}
