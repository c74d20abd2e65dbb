//! Why something cannot be transformed. No text of it holds anything of the event.

use std::fmt;

/// Codes of errors that are not JSONata's own.
pub(super) mod code {
    /// The transform has not the form of one.
    pub(in crate::transform) const FORM: &str = "form";
    /// A template, or what it was filled to, is wrong.
    pub(in crate::transform) const TEMPLATE: &str = "template";
    /// A path is wrong.
    pub(in crate::transform) const PATH: &str = "path";
    /// The transform is too large.
    pub(in crate::transform) const SOURCE: &str = "sourceTooLarge";
    /// What it is applied to is too large.
    pub(in crate::transform) const INPUT: &str = "inputTooLarge";
    /// What it is applied to cannot be read.
    pub(in crate::transform) const JSON: &str = "inputNotRead";
    /// What it makes is too large.
    pub(in crate::transform) const OUTPUT: &str = "outputTooLarge";
    /// It makes nothing.
    pub(in crate::transform) const NOTHING: &str = "noResult";
    /// It uses what is not offered.
    pub(in crate::transform) const REFUSED: &str = "refused";
    /// JSONata's own: it took too long.
    pub(in crate::transform) const TIMEOUT: &str = "D1012";
    /// It is nested too deep.
    pub(in crate::transform) const NESTING: &str = "nesting";
}

/// A transform that cannot be compiled or applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransformError {
    /// JSONata's own code, such as `S0201`, or a word of the gateway's.
    pub code: String,
    /// Where in the expression, template or path: characters before it. `None` where it has no place.
    pub position: Option<usize>,
    /// What is wrong. It names parts of the transform, never of the event.
    pub message: String,
}

impl TransformError {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            position: None,
            message: message.into(),
        }
    }

    /// Whether it took longer than it may.
    pub fn is_timeout(&self) -> bool {
        self.code == code::TIMEOUT
    }

    pub(super) fn at(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    pub(super) fn too_large(code: &str, most: usize) -> Self {
        let what = match code {
            code::SOURCE => "the transform",
            code::INPUT => "what is to be transformed",
            _ => "what the transform makes",
        };
        Self::new(code, format!("{what} is larger than {most} bytes"))
    }

    pub(super) fn form(error: &serde_json::Error) -> Self {
        Self::new(code::FORM, format!("the transform is not one: {error}"))
    }

    pub(super) fn not_one() -> Self {
        let message = "a transform has exactly one of jsonata, inputTransformer, inputPath and input";
        Self::new(code::FORM, message)
    }
}

impl fmt::Display for TransformError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        match self.position {
            Some(position) => write!(f, " (at position {position})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for TransformError {}
