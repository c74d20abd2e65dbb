//! The CloudEvents 0.1 envelope (docs/contract.md §2.3).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::EventError;
use super::coercion::Coerced;
use super::content_type::{is_form, is_json};
use super::time::canonical;
use crate::authorizer::Authorization;
use crate::hops::{HOPS_EXTENSION, Hops};
use crate::ids::{DeliveryId, SubscriptionId};
use crate::json::{Json, JsonError, Object, kind};
use crate::validation::{self, Violations};

/// Version of the envelope that the gateway makes.
const VERSION: &str = "0.1";

/// Source of the events that the gateway makes.
const SOURCE: &str = "https://serverless.com/event-gateway/#transformationVersion=0.1";

/// Member of `extensions` that is the gateway's own.
pub(super) const GATEWAY: &str = "eventgateway";

/// Extension with which 0.3 and 0.1 say that data is a text in base64, and its value.
pub(super) const ENCODING: &str = "datacontentencoding";
const BASE64: &str = "base64";

/// An event in the 0.1 envelope. Empty texts are not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Type of the event.
    pub event_type: String,
    /// Version of the type.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event_type_version: String,
    /// Version of the envelope; any text.
    pub cloud_events_version: String,
    /// URI of the producer.
    pub source: String,
    /// Identifier given by the producer.
    #[serde(rename = "eventID")]
    pub event_id: String,
    /// When it happened, RFC 3339.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub event_time: String,
    /// Schema of the data.
    #[serde(rename = "schemaURL", skip_serializing_if = "String::is_empty")]
    pub schema_url: String,
    /// Extension attributes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: BTreeMap<String, Json>,
    /// Content type of the data.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub content_type: String,
    /// The payload, as the text it came in.
    pub data: Option<Json>,
    /// Whether somebody put another payload in the place of the one that the gateway made. Not stored: what comes out of the
    /// queue has no request beside it.
    #[serde(skip)]
    pub(super) is_replaced: bool,
}

/// What the gateway puts on an event it makes: an id and a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventStamp {
    /// A random UUID, version 4, in lower case.
    pub id: String,
    /// Now, RFC 3339.
    pub time: String,
}

/// What consumers learn of a delivery.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryMark<'a> {
    id: &'a DeliveryId,
    subscription_id: &'a SubscriptionId,
    attempt: u32,
}

/// Bytes of the names and signs around the members of an envelope as JSON, about, and of those around an extension.
const ENVELOPE_BYTES: usize = 256;
const MEMBER_BYTES: usize = 8;

impl Envelope {
    /// Bytes of its JSON, about.
    pub(super) fn json_bytes(&self) -> usize {
        let texts = [
            &self.event_type,
            &self.event_type_version,
            &self.cloud_events_version,
            &self.source,
            &self.event_id,
            &self.event_time,
            &self.schema_url,
            &self.content_type,
        ];
        let extensions = self.extensions.iter();
        let extensions = extensions.map(|(name, value)| name.len() + value.get().len() + MEMBER_BYTES);
        ENVELOPE_BYTES
            + texts.map(String::len).iter().sum::<usize>()
            + extensions.sum::<usize>()
            + self.data_bytes()
    }

    /// Bytes of its data as JSON.
    pub(super) fn data_bytes(&self) -> usize {
        self.data.as_ref().map_or(0, |data| data.get().len())
    }

    /// An event made by the gateway, with the generated fields.
    pub fn generated(stamp: EventStamp, event_type: &str, content_type: &str, data: Json) -> Self {
        let marks = Json::from_value(&BTreeMap::from([
            ("transformation-version", VERSION),
            ("transformed", "true"),
        ]));
        Self {
            event_type: event_type.to_owned(),
            cloud_events_version: VERSION.to_owned(),
            source: SOURCE.to_owned(),
            event_id: stamp.id,
            event_time: stamp.time,
            extensions: BTreeMap::from([(GATEWAY.to_owned(), marks)]),
            content_type: content_type.to_owned(),
            data: Some(data),
            ..Self::default()
        }
    }

    /// Whether the gateway made it, payload included.
    pub(super) fn is_generated(&self) -> bool {
        self.source == SOURCE && !self.is_replaced
    }

    /// An event made by the gateway of a body.
    pub fn of_body(stamp: EventStamp, event_type: &str, media_type: &str, body: Coerced) -> Self {
        let mut envelope = Self::generated(stamp, event_type, media_type, Json::null());
        envelope.set_body(body, media_type);
        envelope
    }

    /// Sets the data. What is in base64 although its media type is one of JSON or of a form is marked by an extension:
    /// of all others everything is.
    pub(super) fn set_body(&mut self, body: Coerced, media_type: &str) {
        if body.is_base64 && (is_json(media_type) || is_form(media_type)) {
            self.extensions
                .insert(ENCODING.to_owned(), Json::from_value(BASE64));
        }
        self.data = Some(body.json);
    }

    /// The data in bytes, if an extension says that it is a text in base64, and it is.
    pub(super) fn marked_bytes(&self) -> Option<Vec<u8>> {
        let encoding = self.extension(ENCODING)?.scalar_text()?;
        let data = self
            .data
            .as_ref()
            .filter(|data| kind(data.as_raw()) == "string")?;
        let is_base64 = encoding.eq_ignore_ascii_case(BASE64);
        STANDARD.decode(&*data.scalar_text().filter(|_| is_base64)?).ok()
    }

    /// Reads an event from its JSON; `extensions` have so many members at most.
    pub(super) fn from_object(object: &Object<'_>, max_attributes: usize) -> Result<Self, EventError> {
        let mut envelope = Self::members(object, max_attributes)?;
        if let Some(time) = object.string("eventTime")? {
            envelope.event_time = canonical(&time)?;
        }
        envelope.validate()?;
        Ok(envelope)
    }

    /// Reads an event that was accepted once, without a look at whether it should have been.
    pub(super) fn from_stored(object: &Object<'_>) -> Result<Self, EventError> {
        let mut envelope = Self::members(object, usize::MAX)?;
        envelope.event_time = object.string_or_empty("eventTime")?;
        let mut violations = Violations::of("Event");
        violations
            .check("EventType", validation::required(&envelope.event_type))
            .check("EventID", validation::required(&envelope.event_id));
        violations.into_result()?;
        Ok(envelope)
    }

    /// All members but the time.
    fn members(object: &Object<'_>, max_attributes: usize) -> Result<Self, JsonError> {
        let extensions = object.object_within("extensions", max_attributes)?;
        let extensions = extensions.iter().flat_map(Object::members);
        Ok(Self {
            event_type: object.string_or_empty("eventType")?,
            event_type_version: object.string_or_empty("eventTypeVersion")?,
            cloud_events_version: object.string_or_empty("cloudEventsVersion")?,
            source: object.string_or_empty("source")?,
            event_id: object.string_or_empty("eventID")?,
            event_time: String::new(),
            schema_url: object.string_or_empty("schemaURL")?,
            extensions: extensions
                .map(|(name, raw)| (name.to_owned(), Json::from_raw(raw)))
                .collect(),
            content_type: object.string_or_empty("contentType")?,
            data: object.get("data").map(Json::from_raw),
            is_replaced: false,
        })
    }

    /// Checks the required attributes.
    pub(super) fn validate(&self) -> Result<(), Violations> {
        let mut violations = Violations::of("Event");
        violations
            .check("EventType", validation::required(&self.event_type))
            .check(
                "CloudEventsVersion",
                validation::required(&self.cloud_events_version),
            )
            .check(
                "Source",
                (!validation::is_uri(&self.source, true)).then_some("uri"),
            )
            .check("EventID", validation::required(&self.event_id));
        violations.into_result()
    }

    /// The member of `extensions` with this very name, or else one that differs in case only.
    pub(super) fn extension(&self, name: &str) -> Option<&Json> {
        self.extensions.get(name).or_else(|| {
            let mut members = self.extensions.iter();
            members
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        })
    }

    /// Sets `extensions.eventgateway.authorization`, keeping what else is there.
    pub(super) fn set_authorization(&mut self, authorization: &Authorization) {
        self.set_gateway_member("authorization", Json::from_value(authorization));
    }

    /// Sets `extensions.eventgateway.delivery`, keeping what else is there.
    pub(super) fn set_delivery(&mut self, id: &DeliveryId, subscription: &SubscriptionId, attempt: u32) {
        let delivery = DeliveryMark {
            id,
            subscription_id: subscription,
            attempt,
        };
        self.set_gateway_member("delivery", Json::from_value(&delivery));
    }

    /// Sets the member of `extensions` with how often the event was passed on.
    pub(super) fn set_hops(&mut self, hops: Hops) {
        self.set_extension(HOPS_EXTENSION, hops.to_json());
    }

    /// Sets a member of `extensions`.
    pub(super) fn set_extension(&mut self, name: &str, value: Json) {
        self.extensions.insert(name.to_owned(), value);
    }

    fn set_gateway_member(&mut self, name: &str, value: Json) {
        let mut members: BTreeMap<String, Json> = BTreeMap::new();
        if let Some(present) = self.extensions.get(GATEWAY)
            && kind(present.as_raw()) == "object"
            && let Ok(object) = Object::from_raw(present.as_raw(), GATEWAY)
        {
            members.extend(
                object
                    .members()
                    .map(|(name, raw)| (name.to_owned(), Json::from_raw(raw))),
            );
        }
        members.insert(name.to_owned(), value);
        self.extensions
            .insert(GATEWAY.to_owned(), Json::from_value(&members));
    }
}
