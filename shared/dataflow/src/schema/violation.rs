//! What of the data breaks a schema.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde::Serialize;
use serde_json::{Error, Value};

/// Bounds of a list of violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ViolationLimits {
    /// How many are listed.
    pub count: usize,
    /// Characters of a value that are shown.
    pub value: usize,
    /// Characters of a message, and of each pointer.
    pub text: usize,
}

impl Default for ViolationLimits {
    fn default() -> Self {
        Self {
            count: 100,
            value: 64,
            text: 256,
        }
    }
}

/// A part of the data that the schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// JSON pointer into the data; empty for all of it.
    pub path: String,
    /// JSON pointer to the keyword in the schema.
    pub schema_path: String,
    /// The rule in words, without the value.
    pub message: String,
    /// The value as JSON, cut.
    pub value: String,
}

impl Violation {
    pub(super) fn of(err: &ValidationError<'_>, limits: &ViolationLimits) -> Self {
        Self {
            path: cut(err.instance_path().as_str(), limits.text),
            schema_path: cut(err.schema_path().as_str(), limits.text),
            message: cut(&message(err), limits.text),
            value: shown(err.instance(), limits.value),
        }
    }

    /// One for all, where a list would take too long.
    pub(super) fn unlisted(value: &Value, limits: &ViolationLimits) -> Self {
        Self {
            path: String::new(),
            schema_path: String::new(),
            message: "the data does not fit the schema; it is too large, or branches too often, to say where"
                .to_owned(),
            value: shown(value, limits.value),
        }
    }

    /// Of data that would take too long to be checked.
    pub(super) fn unchecked(value: &Value, limits: &ViolationLimits) -> Self {
        Self {
            message: "the data is too large to be checked against this schema".to_owned(),
            ..Self::unlisted(value, limits)
        }
    }

    /// Of data that is bytes and no JSON.
    pub fn of_bytes() -> Self {
        Self {
            path: String::new(),
            schema_path: String::new(),
            message: "the data is bytes and no JSON".to_owned(),
            value: String::new(),
        }
    }

    pub(super) fn not_json(err: &Error) -> Self {
        Self {
            path: String::new(),
            schema_path: String::new(),
            message: format!(
                "the data is no JSON (line {}, column {})",
                err.line(),
                err.column()
            ),
            value: String::new(),
        }
    }
}

fn message(err: &ValidationError<'_>) -> String {
    match err.kind() {
        // These list what can be as long as the schema or the data.
        ValidationErrorKind::Enum { options } => {
            format!("the value is not one of {}", shown(options, 128))
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("{} was expected", shown(expected_value, 128))
        }
        ValidationErrorKind::Not { .. } => "the value is one that \"not\" excludes".to_owned(),
        _ => err.masked_with("the value").to_string(),
    }
}

/// A value as JSON, not written further than it is shown.
pub(super) fn shown(value: &Value, characters: usize) -> String {
    let mut writer = Bounded {
        written: Vec::new(),
        left: characters.saturating_mul(4),
    };
    // Ends early on purpose.
    let _ = serde_json::to_writer(&mut writer, value);
    cut(&String::from_utf8_lossy(&writer.written), characters)
}

/// Takes so many bytes, then refuses.
struct Bounded {
    written: Vec<u8>,
    left: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.left == 0 && !bytes.is_empty() {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        let taken = bytes.len().min(self.left);
        self.written.extend_from_slice(&bytes[..taken]);
        self.left -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The first characters of a text, with an ellipsis where it goes on.
pub(super) fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
