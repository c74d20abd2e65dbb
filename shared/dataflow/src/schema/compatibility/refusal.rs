//! A change that is not compatible: where, by which rule, and a value that shows it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::schema::violation::shown;

/// Which way a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// The new schema refuses what the old one allows.
    Backward,
    /// The old schema refuses what the new one allows.
    Forward,
}

impl Direction {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backward => "backward",
            Self::Forward => "forward",
        }
    }
}

/// A change that is not compatible.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// Which way it breaks.
    pub direction: Direction,
    /// JSON pointer into the data; empty for all of it. `*` stands for any element or member.
    pub path: String,
    /// JSON pointer to the keyword, in the schema that refuses.
    pub schema_path: String,
    /// The keyword.
    pub rule: String,
    /// What is wrong, in words.
    pub message: String,
    /// What one schema allows and the other refuses, tried on both. Without it none was found, and no proof either that
    /// there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

impl Refusal {
    /// It in one line.
    pub fn line(&self) -> String {
        let at = if self.path.is_empty() {
            "the data"
        } else {
            &self.path
        };
        match &self.value {
            Some(value) => format!("{at}: {} (for example {})", self.message, shown(value, 200)),
            None => format!(
                "{at}: {} (no value was found that breaks, and no proof that none does)",
                self.message
            ),
        }
    }
}
