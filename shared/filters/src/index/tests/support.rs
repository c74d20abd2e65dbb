//! Events and filters of the tests.

use std::{borrow::Cow, sync::Arc};

use serde_json::value::RawValue;

use crate::{FilterIndex, FilterLimits, Filters, Scalar, Subject};

/// An event with these attributes and this data.
#[derive(Debug, Clone, Default)]
pub(super) struct Event {
    pub(super) attributes: Vec<(String, String)>,
    pub(super) data: Option<String>,
}

impl Event {
    pub(super) fn with(attributes: &[(&str, &str)]) -> Self {
        Self {
            attributes: attributes
                .iter()
                .map(|&(name, value)| (name.into(), value.into()))
                .collect(),
            data: None,
        }
    }

    pub(super) fn of_data(data: impl Into<String>) -> Self {
        Self {
            data: Some(data.into()),
            ..Self::with(&[("type", "t")])
        }
    }
}

fn scalar(value: &str) -> Scalar<'_> {
    match value {
        "true" => Scalar::Bool(true),
        number if number.parse::<i32>().is_ok() => Scalar::Number(Cow::Borrowed(number)),
        text => Scalar::String(Cow::Borrowed(text)),
    }
}

impl Subject for Event {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        let (_, value) = self.attributes.iter().find(|(other, _)| other == name)?;
        Some(scalar(value))
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        self.attributes
            .iter()
            .for_each(|(name, value)| visit(name, scalar(value)));
    }

    fn data(&self) -> Option<&RawValue> {
        serde_json::from_str(self.data.as_deref()?).ok()
    }
}

pub(super) fn compile(json: &str) -> Arc<Filters> {
    let filters = Filters::compile(json, &FilterLimits::default());
    Arc::new(filters.unwrap_or_else(|error| panic!("{json}: {error}")))
}

/// An index of these filters, with their places in the list as keys.
pub(super) fn index(filters: &[&str]) -> FilterIndex<usize> {
    let mut index = FilterIndex::default();
    for (key, json) in filters.iter().enumerate() {
        index.insert(key, compile(json));
    }
    index
}

/// The keys that are found, in order. A key that is found twice stands twice.
pub(super) fn found<K: Clone + Ord>(index: &FilterIndex<K>, event: &Event) -> Vec<K> {
    let mut found = Vec::new();
    index.matches(event, &mut |key| found.push(key.clone()));
    found.sort();
    found
}
