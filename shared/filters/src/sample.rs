//! An event for tests.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::{Scalar, Subject};

/// Attributes, and data that is JSON.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    attributes: Vec<(String, Scalar<'static>)>,
    data: Option<String>,
}

impl Sample {
    /// An event with the attributes that every event has.
    pub(crate) fn event() -> Self {
        Self::default()
            .with("specversion", text("1.0"))
            .with("id", text("myId"))
            .with("source", text("/orders"))
            .with("type", text("order.created"))
    }

    /// The event with an attribute, in place of another of its name.
    pub(crate) fn with(mut self, name: &str, value: Scalar<'static>) -> Self {
        self.attributes.retain(|(other, _)| other != name);
        self.attributes.push((name.to_owned(), value));
        self
    }

    /// The event with data.
    pub(crate) fn with_data(self, json: &str) -> Self {
        Self {
            data: Some(json.to_owned()),
            ..self
        }
    }
}

impl Subject for Sample {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| borrowed(value))
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        for (name, value) in &self.attributes {
            visit(name, borrowed(value));
        }
    }

    fn data(&self) -> Option<&RawValue> {
        serde_json::from_str(self.data.as_deref()?).ok()
    }
}

/// A text as a value.
pub(crate) fn text(text: &str) -> Scalar<'static> {
    Scalar::String(Cow::Owned(text.to_owned()))
}

/// A number as a value.
pub(crate) fn number(text: &str) -> Scalar<'static> {
    Scalar::Number(Cow::Owned(text.to_owned()))
}

fn borrowed<'a>(value: &'a Scalar<'static>) -> Scalar<'a> {
    match value {
        Scalar::Null => Scalar::Null,
        Scalar::Bool(value) => Scalar::Bool(*value),
        Scalar::Number(text) => Scalar::Number(Cow::Borrowed(text)),
        Scalar::String(text) => Scalar::String(Cow::Borrowed(text)),
    }
}
