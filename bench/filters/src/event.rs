//! The event that is looked up: some 560 bytes in the JSON form.

use std::borrow::Cow;

use filters::{Scalar, Subject};
use serde_json::value::RawValue;

/// An event of a shop.
#[derive(Debug)]
pub struct Event {
    attributes: Vec<(&'static str, String)>,
    data: Box<RawValue>,
}

impl Event {
    /// The event of an order; `number` is in its type, its source, its subject and its customer.
    pub fn of_order(number: usize) -> Self {
        Self {
            attributes: vec![
                ("specversion", "1.0".into()),
                ("id", "5b0b4c8e-4d2b-4f1c-9d59-1f0a6f0c7a11".into()),
                ("type", format!("com.example.order.kind{number}")),
                ("source", format!("/shops/{number}")),
                ("subject", format!("tenants/{number}/orders/77")),
                ("time", "2026-11-30T08:00:00Z".into()),
                ("datacontenttype", "application/json".into()),
            ],
            data: json(format!(
                r#"{{"order":{{"id":"o-77","amount":129.5,"currency":"EUR","status":"paid","lines":[{{"sku":"A-1","count":2}},{{"sku":"B-7","count":1}}]}},"customer":{{"id":"c-{number}","name":"Ada Lovelace","country":"DE","tags":["vip","newsletter"]}},"note":"please leave it at the door of the neighbours, who are at home in the evenings, thank you","total":129.5}}"#
            )),
        }
    }

    /// The same with a subject of many words, as a hostile pattern would have it.
    pub fn with_subject(self, subject: String) -> Self {
        let attributes = self.attributes.into_iter().filter(|(name, _)| *name != "subject");
        Self {
            attributes: attributes.chain([("subject", subject)]).collect(),
            data: self.data,
        }
    }

    /// An event whose data is this.
    pub fn with_data(self, data: String) -> Self {
        Self {
            data: json(data),
            ..self
        }
    }

    /// About the bytes of its JSON form.
    pub fn len(&self) -> usize {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, value)| name.len() + value.len() + 6);
        attributes.sum::<usize>() + self.data.get().len() + r#"{"data":}"#.len()
    }
}

impl Subject for Event {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        let (_, value) = self.attributes.iter().find(|(known, _)| *known == name)?;
        Some(Scalar::String(Cow::Borrowed(value)))
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        for (name, value) in &self.attributes {
            visit(name, Scalar::String(Cow::Borrowed(value)));
        }
    }

    fn data(&self) -> Option<&RawValue> {
        Some(&self.data)
    }
}

fn json(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|error| panic!("data is no JSON: {error}"))
}
