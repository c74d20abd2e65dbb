//! JSONata, by the crate `jlens-core` (docs/adr, "JSONata by a vendored jlens-core").

use jlens_core::{Bindings, Document, Options, memory};

mod checks;
mod errors;
mod text;

use super::context::TransformContext;
use super::error::{TransformError, code};
use super::limits::TransformLimits;
use errors::{of_compiling, of_evaluating};
use text::Text;

/// A compiled expression.
#[derive(Debug)]
pub(super) struct Expression {
    compiled: jlens_core::Expression,
}

impl Expression {
    pub(super) fn compile(source: &str, limits: &TransformLimits) -> Result<Self, TransformError> {
        if source.len() > limits.max_source_bytes {
            return Err(TransformError::too_large(code::SOURCE, limits.max_source_bytes));
        }
        let compiled =
            jlens_core::Expression::compile(source).map_err(|error| of_compiling(source, &error))?;
        let compiled = checks::check(compiled, source)?;
        Ok(Self { compiled })
    }

    pub(super) fn apply(
        &self,
        json: &str,
        context: &TransformContext<'_>,
        limits: &TransformLimits,
    ) -> Result<String, TransformError> {
        let made = self.evaluate(json, context, limits);
        // Nothing else on this thread is bounded by what was left of it.
        memory::allow(usize::MAX);
        made
    }

    fn evaluate(
        &self,
        json: &str,
        context: &TransformContext<'_>,
        limits: &TransformLimits,
    ) -> Result<String, TransformError> {
        memory::allow(limits.max_memory_bytes);
        let document = Document::parse(json).map_err(|_| {
            TransformError::new(
                code::JSON,
                "what is to be transformed is not JSON, or nested too deep",
            )
        })?;
        let mut options = Options::new()
            .timeout(limits.max_time)
            .max_depth(limits.max_depth)
            .max_array_length(limits.max_sequence)
            .max_string_length(limits.max_output_bytes)
            .max_result_size(limits.max_output_bytes);
        if let Some(now) = context.now {
            options = options.now(now);
        }
        let mut text = Text::default();
        let written = self
            .compiled
            .evaluate_document_to(&document, &Bindings::new(), &options, |output| {
                output.write(&mut text)
            });
        let made = written.map_err(|error| of_evaluating(self.compiled.source(), &error))?;
        if text.is_too_deep {
            return Err(TransformError::new(
                code::NESTING,
                "what the transform makes is nested too deep",
            ));
        }
        let made = made.ok_or_else(|| TransformError::new(code::NOTHING, "the expression gives nothing"))?;
        // What the crate counts leaves out what is escaped.
        if made.len() > limits.max_output_bytes {
            return Err(TransformError::too_large(code::OUTPUT, limits.max_output_bytes));
        }
        Ok(made)
    }
}
