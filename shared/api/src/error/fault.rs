//! Errors of which there are several at once: what of an event does not fit a schema, what of a schema is not compatible. Each
//! is an error in the list, with more than its message.

use dataflow::schema::Violation;
use dataflow::schema::compatibility::Refusal;
use serde::Serialize;
use serde_json::Value;

/// The body of such errors.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FaultErrors {
    /// One or more.
    errors: Vec<Fault>,
}

/// One of several things that are wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fault {
    /// For people to read.
    message: String,
    /// JSON pointer into the data; empty for all of it.
    path: String,
    /// JSON pointer to the keyword in the schema.
    schema_path: String,
    /// The keyword, of schemas that are not compatible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rule: Option<String>,
    /// `backward` if the new schema refuses what the old one takes, `forward` the other way round.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    direction: Option<&'static str>,
    /// Of data: what stands there, as JSON text, cut. Of schemas: a value that the one takes and the other does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Value, required = false)]
    value: Option<Value>,
}

impl FaultErrors {
    /// Each with what is said of all before it.
    pub(super) fn of(message: &str, mut errors: Vec<Fault>) -> Self {
        for fault in &mut errors {
            fault.message = fault.after(message);
        }
        Self { errors }
    }
}

impl Fault {
    /// Its message with its path, after what is said of all.
    fn after(&self, message: &str) -> String {
        let at = if self.path.is_empty() {
            String::new()
        } else {
            format!(" {}", self.path)
        };
        format!("{message}:{at} {}", self.message)
    }

    /// All of it as one text, after what is said of all.
    pub(super) fn as_text(&self, message: &str) -> String {
        let text = self.after(message);
        match &self.value {
            Some(value) => format!("{text}, as of {value}"),
            None => text,
        }
    }
}

impl From<Violation> for Fault {
    fn from(violation: Violation) -> Self {
        Self {
            message: violation.message,
            path: violation.path,
            schema_path: violation.schema_path,
            rule: None,
            direction: None,
            value: Some(Value::String(violation.value)),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self {
            message: refusal.message,
            path: refusal.path,
            schema_path: refusal.schema_path,
            rule: Some(refusal.rule),
            direction: Some(refusal.direction.as_str()),
            value: refusal.value,
        }
    }
}
