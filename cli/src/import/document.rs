//! What an import makes: a document that `eg apply` takes, and what it has no place for.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// A configuration, and what is not in it.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    pub(crate) document: Document,
    pub(crate) unmapped: Vec<Unmapped>,
}

/// Something that was not carried over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unmapped {
    /// Where it stands.
    pub(crate) place: String,
    pub(crate) reason: String,
}

/// The document, with members in the order in which people look for them.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) event_types: Vec<EventType>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) functions: Vec<Function>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) subscriptions: Vec<Subscription>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) cors: Vec<Cors>,
}

/// Labels of a resource.
pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Debug, Default, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventType {
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) authorizer_id: Option<String>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub(crate) metadata: Labels,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Function {
    #[serde(rename = "functionId")]
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) type_name: &'static str,
    pub(crate) provider: Value,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub(crate) metadata: Labels,
}

#[derive(Debug, Default, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscription {
    #[serde(rename = "type")]
    pub(crate) mode: String,
    pub(crate) event_type: String,
    pub(crate) function_id: String,
    pub(crate) path: String,
    pub(crate) method: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) filters: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transform: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry: Option<Value>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub(crate) metadata: Labels,
}

#[derive(Debug, Default, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Cors {
    pub(crate) method: String,
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_origins: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_methods: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_headers: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allow_credentials: Option<Value>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub(crate) metadata: Labels,
}

impl Imported {
    /// Says that something is left out.
    pub(crate) fn leave_out(&mut self, place: impl Into<String>, reason: impl Into<String>) {
        self.unmapped.push(Unmapped {
            place: place.into(),
            reason: reason.into(),
        });
    }

    /// Makes sure that an event type is there.
    pub(crate) fn need_event_type(&mut self, name: &str, labels: &Labels) {
        let types = &mut self.document.event_types;
        if !types.iter().any(|known| known.name == name) {
            types.push(EventType {
                name: name.to_owned(),
                metadata: labels.clone(),
                ..EventType::default()
            });
        }
    }
}

/// Whether a text can be the name of an event type or the id of a function.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || ".-_".contains(character))
}

/// A text as a name: what cannot stand in one is a hyphen.
pub(crate) fn name_of(text: &str) -> String {
    let replaced = text.chars().map(|character| {
        if is_name(character.encode_utf8(&mut [0; 4])) {
            character
        } else {
            '-'
        }
    });
    let name: String = replaced.collect();
    name.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_what_names_may_have() {
        assert!(is_name("a.b-c_9"));
        assert!(!is_name("EC2 State") && !is_name(""));
        assert_eq!(name_of("My Shop: v1/"), "My-Shop--v1");
    }

    #[test]
    fn a_document_has_what_is_set() {
        let mut imported = Imported::default();
        imported.need_event_type("a", &Labels::new());
        imported.need_event_type("a", &Labels::new());
        let json = serde_json::to_string(&imported.document).unwrap();
        assert_eq!(json, r#"{"eventTypes":[{"name":"a"}]}"#);
    }
}
