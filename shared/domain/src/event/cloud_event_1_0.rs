//! Any event as a CloudEvent 1.0, for services that take no other version. Payloads keep their text, and numbers their
//! digits.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::content_type::media_type;
use super::envelope::GATEWAY;
use super::time::canonical;
use super::{CloudEvent, Envelope, Event};
use crate::json::{Json, Object, kind};
use crate::validation;

/// Names that no extension of a 0.1 event may take.
const TAKEN: [&str; 10] = [
    "specversion",
    "type",
    "source",
    "id",
    "time",
    "dataschema",
    "datacontenttype",
    "datacontentencoding",
    "eventtypeversion",
    "data",
];

impl Event {
    /// The event in version 1.0. Extensions of 0.1 events become attributes where 1.0 allows it: names in lower case
    /// without other signs than letters and digits, objects, lists and fractions as their JSON text.
    #[must_use]
    pub fn to_cloud_event_1_0(&self) -> CloudEvent {
        match self {
            Self::V0_1(envelope) => of_envelope(envelope, true),
            Self::CloudEvent(event) => of_later(event).into_owned(),
        }
    }

    /// Its attributes in version 1.0, with the data or without.
    pub(super) fn attributes_1_0(&self) -> Cow<'_, CloudEvent> {
        match self {
            Self::V0_1(envelope) => Cow::Owned(of_envelope(envelope, false)),
            Self::CloudEvent(event) => of_later(event),
        }
    }
}

fn of_envelope(envelope: &Envelope, with_data: bool) -> CloudEvent {
    let mut members = vec![("specversion".to_owned(), Json::from_value("1.0"))];
    let mut add = |name: &str, value: &str, is_valid: bool| {
        if is_valid && !value.is_empty() {
            members.push((name.to_owned(), Json::from_value(value)));
        }
    };
    add("type", &envelope.event_type, true);
    add("source", &envelope.source, true);
    add("id", &envelope.event_id, true);
    add("time", &envelope.event_time, true);
    // 0.1 takes any text for these.
    let schema = &envelope.schema_url;
    add("dataschema", schema, validation::is_uri(schema, false));
    let content_type = &envelope.content_type;
    let is_media_type = media_type(Some(content_type)).is_ok_and(|essence| essence.contains('/'));
    add("datacontenttype", content_type, is_media_type);
    add("eventtypeversion", &envelope.event_type_version, true);
    members.extend(extensions(&envelope.extensions));
    if with_data {
        let is_base64 = envelope.marked_bytes().is_some();
        let data_name = if is_base64 { "data_base64" } else { "data" };
        members.extend(envelope.data.clone().map(|data| (data_name.to_owned(), data)));
    }
    let mut event = CloudEvent::of_checked(&envelope.event_type, &envelope.event_id, members);
    set_gateway_attributes(envelope, &mut event);
    event
}

/// The extensions but the gateway's own; of several with the same name the first.
fn extensions(extensions: &BTreeMap<String, Json>) -> Vec<(String, Json)> {
    let mut attributes: Vec<(String, Json)> = Vec::new();
    let mut known = HashSet::new();
    for (name, value) in extensions {
        let name: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        let is_free = !name.is_empty() && name != GATEWAY && !TAKEN.contains(&name.as_str());
        if is_free
            && let Some(value) = attribute(value)
            && known.insert(name.clone())
        {
            attributes.push((name, value));
        }
    }
    attributes
}

/// A value of an extension as one of an attribute: a text, a truth value or an integer of 32 bits.
fn attribute(value: &Json) -> Option<Json> {
    let text = value.get();
    match kind(value.as_raw()) {
        "null" => None,
        "string" | "bool" => Some(value.clone()),
        "number" if text.parse::<i32>().is_ok() => Some(value.clone()),
        _ => Some(Json::from_value(text)),
    }
}

/// What the gateway says of the caller and of the delivery, under the names that later events have for it.
fn set_gateway_attributes(envelope: &Envelope, event: &mut CloudEvent) {
    let Some(own) = envelope.extensions.get(GATEWAY) else {
        return;
    };
    let Ok(own) = Object::from_raw(own.as_raw(), GATEWAY) else {
        return;
    };
    if let Some(authorization) = own.get("authorization") {
        event.set_authorization_text(authorization.get());
    }
    let Ok(Some(delivery)) = own.object("delivery") else {
        return;
    };
    let text = |name| delivery.string(name).ok().flatten();
    let attempt = delivery.integer("attempt").ok().flatten();
    if let (Some(id), Some(subscription), Some(attempt)) = (
        text("id"),
        text("subscriptionId"),
        attempt.and_then(|attempt| u32::try_from(attempt).ok()),
    ) {
        event.set_delivery(&(*id).into(), &(*subscription).into(), attempt);
    }
}

/// 0.3 differs in the names of two attributes, in how it marks base64, and has maps.
fn of_later(event: &CloudEvent) -> Cow<'_, CloudEvent> {
    let is_base64 = event
        .member("datacontentencoding")
        .and_then(Json::scalar_text)
        .is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
    let is_old = event
        .member("specversion")
        .is_some_and(|version| version.get() == "\"0.3\"");
    if !is_old {
        return Cow::Borrowed(event);
    }
    let members = event.members().filter_map(|(name, value)| match name {
        "specversion" => Some((name.to_owned(), Json::from_value("1.0"))),
        "schemaurl" => Some(("dataschema".to_owned(), value.clone())),
        "datacontentencoding" => None,
        "data" if is_base64 => Some(("data_base64".to_owned(), value.clone())),
        "data" => Some((name.to_owned(), value.clone())),
        _ if kind(value.as_raw()) == "object" => Some((name.to_owned(), Json::from_value(value.get()))),
        _ => Some((name.to_owned(), value.clone())),
    });
    Cow::Owned(CloudEvent::of_checked(
        event.event_type(),
        event.id(),
        members.collect(),
    ))
}

impl CloudEvent {
    /// When it happened, RFC 3339; `None` if it does not say.
    pub fn time(&self) -> Option<String> {
        canonical(&self.member("time")?.scalar_text()?).ok()
    }

    /// The content of a text attribute of this very name.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.member(name)?.scalar_text().map(Cow::into_owned)
    }

    /// The payload as JSON: of binary data its base64, as a text. `None` if there is none.
    pub fn data(&self) -> Option<&Json> {
        self.member("data").or_else(|| self.member("data_base64"))
    }
}
