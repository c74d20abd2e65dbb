//! CloudEvents 0.3 and 1.0. They pass through in the version and the very text they came in; whether they keep their
//! specification is for [`super::attributes`] to say.

use std::borrow::Cow;
use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::attributes::Attributes;
use super::charset::Charset;
use super::cloud_event_error::CloudEventError;
use super::content_type::is_json_format;
use crate::authorizer::Authorization;
use crate::hops::{HOPS_EXTENSION, Hops};
use crate::ids::{DeliveryId, SubscriptionId};
use crate::json::{Json, Object, kind, raw_value};

/// Extension attribute with what an authorizer said, as JSON text: attributes of these versions are scalars.
const AUTHORIZATION: &str = "eventgatewayauth";

/// Extension attributes that tell a delivery: its id and its subscription, as texts, and the attempt, as a number.
const DELIVERY_ID: &str = "eventgatewaydeliveryid";
const SUBSCRIPTION_ID: &str = "eventgatewaysubscriptionid";
const ATTEMPT: &str = "eventgatewayattempt";

/// A CloudEvent of version 0.3 or 1.0: its members in the order they came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudEvent {
    event_type: String,
    id: String,
    members: Vec<(String, Json)>,
}

/// Bytes of the signs around a member as JSON.
const MEMBER_BYTES: usize = 4;

impl CloudEvent {
    /// Bytes of its JSON, about.
    pub(super) fn json_bytes(&self) -> usize {
        let members = self.members.iter();
        members
            .map(|(name, value)| name.len() + value.get().len() + MEMBER_BYTES)
            .sum()
    }

    /// Bytes of its data as JSON.
    pub(super) fn data_bytes(&self) -> usize {
        let is_data = |name: &str| matches!(name, "data" | "data_base64");
        let data = self.members.iter().filter(|(name, _)| is_data(name));
        data.map(|(_, value)| value.get().len()).sum()
    }

    /// Whether an object says that it is of these versions.
    pub(super) fn is_one(object: &Object<'_>) -> bool {
        object.members().any(|(name, _)| name == "specversion")
    }

    /// Type of the event.
    pub fn event_type(&self) -> &str {
        &self.event_type
    }

    /// Identifier given by the producer.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads an event from its JSON.
    pub(super) fn from_object(object: &Object<'_>) -> Result<Self, CloudEventError> {
        Self::from_members(members_of(object))
    }

    /// Reads an event that was accepted once, without a look at whether it should have been.
    pub(super) fn from_stored(object: &Object<'_>) -> Result<Self, CloudEventError> {
        let members = members_of(object);
        let text = |name: &'static str| {
            let member = members.iter().find(|(known, _)| known == name);
            member
                .and_then(|(_, json)| json.scalar_text())
                .map(Cow::into_owned)
                .ok_or(CloudEventError::Unstored(name))
        };
        let (event_type, id) = (text("type")?, text("id")?);
        Ok(Self {
            event_type,
            id,
            members,
        })
    }

    /// Makes an event of the attributes and the body of a request in binary mode. The names of the attributes are all
    /// different, and none is one of the payload. `media_type` is that of the content type.
    pub(super) fn from_binary(
        attributes: Vec<(String, Json)>,
        content_type: Option<&str>,
        media_type: &str,
        body: &[u8],
    ) -> Result<Self, CloudEventError> {
        let mut members = attributes;
        let is_old = members
            .iter()
            .any(|(name, value)| name == "specversion" && value.get() == "\"0.3\"");
        members.extend(content_type.map(|text| ("datacontenttype".to_owned(), Json::from_value(text))));
        let mut add = |name: &str, value: Json| members.push((name.to_owned(), value));
        match payload(content_type.unwrap_or_default(), media_type, body) {
            Payload::None => {}
            Payload::Value(json) => add("data", json),
            Payload::Base64(text) if is_old => {
                add("datacontentencoding", Json::from_value("base64"));
                add("data", Json::from_value(&text));
            }
            Payload::Base64(text) => add("data_base64", Json::from_value(&text)),
        }
        let Attributes { event_type, id, .. } = Attributes::of(&members)?;
        Ok(Self {
            event_type: event_type.into_owned(),
            id: id.into_owned(),
            members,
        })
    }

    fn from_members(members: Vec<(String, Json)>) -> Result<Self, CloudEventError> {
        let Attributes {
            event_type,
            id,
            is_v0_3,
        } = Attributes::of(&members)?;
        check_payload(&members, is_v0_3)?;
        Ok(Self {
            event_type: event_type.into_owned(),
            id: id.into_owned(),
            members,
        })
    }

    /// An event of attributes that are known to be in order.
    pub(super) fn of_checked(event_type: &str, id: &str, members: Vec<(String, Json)>) -> Self {
        Self {
            event_type: event_type.to_owned(),
            id: id.to_owned(),
            members,
        }
    }

    /// A member by its very name: names of attributes are in lower case.
    pub(super) fn member(&self, name: &str) -> Option<&Json> {
        let mut members = self.members.iter();
        members.find(|(known, _)| known == name).map(|(_, json)| json)
    }

    /// The member at a place among [`Self::members`].
    pub(super) fn member_at(&self, at: usize) -> Option<&Json> {
        self.members.get(at).map(|(_, json)| json)
    }

    /// The members in the order they came in.
    pub(super) fn members(&self) -> impl ExactSizeIterator<Item = (&str, &Json)> {
        self.members.iter().map(|(name, json)| (name.as_str(), json))
    }

    pub(super) fn set_authorization(&mut self, authorization: &Authorization) {
        self.set_authorization_text(Json::from_value(authorization).get());
    }

    /// The same, of what is JSON text already.
    pub(super) fn set_authorization_text(&mut self, authorization: &str) {
        self.set(AUTHORIZATION, Json::from_value(authorization));
    }

    pub(super) fn set_delivery(&mut self, id: &DeliveryId, subscription: &SubscriptionId, attempt: u32) {
        self.set(DELIVERY_ID, Json::from_value(id));
        self.set(SUBSCRIPTION_ID, Json::from_value(subscription));
        self.set(ATTEMPT, Json::from_value(&attempt));
    }

    pub(super) fn set_hops(&mut self, hops: Hops) {
        self.set(HOPS_EXTENSION, hops.to_json());
    }

    /// Takes a member out.
    pub(super) fn remove(&mut self, name: &str) {
        self.members.retain(|(known, _)| known != name);
    }

    /// Sets a member, at the end.
    pub(super) fn set(&mut self, name: &str, value: Json) {
        self.remove(name);
        self.members.push((name.to_owned(), value));
    }
}

/// Whether there is one payload at most, and what is said to be base64 is.
fn check_payload(members: &[(String, Json)], is_v0_3: bool) -> Result<(), CloudEventError> {
    let get = |name: &str| {
        let member = members.iter().find(|(known, _)| known == name);
        member
            .map(|(_, json)| json)
            .filter(|json| name == "data" || kind(json.as_raw()) != "null")
    };
    let check = |name: &'static str, json: &Json| {
        let text: String = serde_json::from_str(json.get()).map_err(|_| CloudEventError::NotBase64(name))?;
        let bytes = STANDARD.decode(text);
        bytes.map(drop).map_err(|_| CloudEventError::NotBase64(name))
    };
    if is_v0_3 {
        let encoding = get("datacontentencoding").and_then(Json::scalar_text);
        let is_base64 = encoding.is_some_and(|encoding| encoding.eq_ignore_ascii_case("base64"));
        if is_base64 && let Some(data) = get("data") {
            check("data", data)?;
        }
    }
    let Some(base64) = get("data_base64") else {
        return Ok(());
    };
    if get("data").is_some() {
        return Err(CloudEventError::TwoPayloads);
    }
    check("data_base64", base64)
}

/// Fewest members that are worth an index of their names.
const MANY: usize = 16;

fn members_of(object: &Object<'_>) -> Vec<(String, Json)> {
    let members = object.members();
    without_repetitions(
        members
            .map(|(name, raw)| (name.to_owned(), Json::from_raw(raw)))
            .collect(),
    )
}

/// Of members with the same name the last one, in its place. Takes time in proportion to their number.
fn without_repetitions(mut members: Vec<(String, Json)>) -> Vec<(String, Json)> {
    let is_repeated = |at: usize| members[at + 1..].iter().any(|(name, _)| *name == members[at].0);
    if members.len() < MANY && !(0..members.len()).any(is_repeated) {
        return members;
    }
    let mut later = HashSet::with_capacity(members.len());
    let backwards = members.iter().rev();
    let mut is_last: Vec<bool> = backwards.map(|(name, _)| later.insert(name.as_str())).collect();
    members.retain(|_| is_last.pop().unwrap_or(true));
    members
}

enum Payload {
    None,
    Value(Json),
    Base64(String),
}

/// How a body stands in the JSON format: JSON as it is, text as a text, the rest in base64, text in other charsets too.
fn payload(content_type: &str, media_type: &str, body: &[u8]) -> Payload {
    if body.is_empty() {
        return Payload::None;
    }
    if is_json_format(media_type)
        && let Some(raw) = raw_value(body)
    {
        return Payload::Value(Json::from_raw(raw));
    }
    let text = || match Charset::of(content_type) {
        charset @ (Charset::Utf8 | Charset::Ascii) => charset.text_of(body),
        Charset::Latin1 | Charset::Extended | Charset::Foreign => None,
    };
    if media_type.starts_with("text/")
        && let Some(text) = text()
    {
        return Payload::Value(Json::from_value(text));
    }
    Payload::Base64(STANDARD.encode(body))
}

impl Serialize for CloudEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for (name, value) in &self.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
