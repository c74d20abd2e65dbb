//! Events: what every request becomes, and what functions receive.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::authorizer::Authorization;
use crate::hops::{HOPS_EXTENSION, Hops, HopsError};
use crate::ids::{DeliveryId, SubscriptionId};
use crate::json::{Json, Object, kind};
use crate::trace::{TRACEPARENT, Trace};

mod attributes;
mod binary;
mod binary_maps;
mod binary_message;
mod charset;
mod checked_data;
mod cloud_event;
mod cloud_event_1_0;
mod cloud_event_error;
pub mod coercion;
pub mod content_type;
mod decode;
mod envelope;
mod error;
mod filter_subject;
mod http_request;
mod http_request_1_0;
mod legacy_envelope;
mod path;
pub(crate) mod time;
mod transformed;
mod uri_reference;

pub use binary_message::BinaryMessage;
pub use checked_data::CheckedData;
pub use cloud_event::CloudEvent;
pub use cloud_event_error::{AttributeFault, CloudEventError};
pub use content_type::ContentTypeError;
pub use decode::{EventLimits, Incoming, decode, is_plain_request, json_event};
pub use envelope::{Envelope, EventStamp};
pub use error::EventError;
pub use filter_subject::FilterSubject;
pub use http_request::query_pairs;
pub use http_request::{HttpRequest, host as request_host};
pub(crate) use http_request::{canonical_name as canonical_header_name, flatten as flatten_headers};
pub use legacy_envelope::LegacyVersion;
pub use path::is_event_path;
pub use time::TimeError;
pub use transformed::TransformedError;

/// Media type of events in JSON, on the way in and on the way to functions.
pub const CLOUDEVENTS_JSON: &str = "application/cloudevents+json";

/// Media type of several events in one JSON array.
pub const CLOUDEVENTS_BATCH_JSON: &str = "application/cloudevents-batch+json";

/// Type of the event that a plain HTTP request becomes.
pub const HTTP_REQUEST: &str = "http.request";

/// Types that start like this are the gateway's own: clients cannot send them.
pub const SYSTEM_PREFIX: &str = "eventgateway.";

/// An event, in the version of CloudEvents that it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// CloudEvents 0.1, the form of existing clients and of everything the gateway makes.
    V0_1(Box<Envelope>),
    /// CloudEvents 0.3 or 1.0.
    CloudEvent(CloudEvent),
}

impl Event {
    /// Type of the event, by which it is routed.
    pub fn event_type(&self) -> &str {
        match self {
            Self::V0_1(envelope) => &envelope.event_type,
            Self::CloudEvent(event) => event.event_type(),
        }
    }

    /// Identifier given by the producer; not unique in general.
    pub fn id(&self) -> &str {
        match self {
            Self::V0_1(envelope) => &envelope.event_id,
            Self::CloudEvent(event) => event.id(),
        }
    }

    /// The source, as a text. `None` only of stored events of other times.
    pub fn source(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::V0_1(envelope) => Some(Cow::Borrowed(&envelope.source)),
            Self::CloudEvent(event) => event.member("source").and_then(Json::scalar_text),
        }
    }

    /// The attribute `specversion`, as JSON. `None` of 0.1, which has another one.
    fn specversion(&self) -> Option<&str> {
        match self {
            Self::V0_1(_) => None,
            Self::CloudEvent(event) => event.member("specversion").map(Json::get),
        }
    }

    /// Whether the type is one of the gateway's own.
    pub fn is_system(&self) -> bool {
        self.event_type().starts_with(SYSTEM_PREFIX)
    }

    /// The event as JSON, without a newline at the end.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::with_capacity(self.json_bytes());
        // Serialising maps with string keys into memory cannot fail.
        let _ = serde_json::to_writer(&mut json, self);
        json
    }

    /// Bytes of its JSON, about: without what is escaped in its texts.
    pub fn json_bytes(&self) -> usize {
        let about = match self {
            Self::V0_1(envelope) => envelope.json_bytes(),
            Self::CloudEvent(event) => event.json_bytes(),
        };
        about.max(512)
    }

    /// Bytes of its data as JSON; 0 where it has none.
    pub fn data_bytes(&self) -> usize {
        match self {
            Self::V0_1(envelope) => envelope.data_bytes(),
            Self::CloudEvent(event) => event.data_bytes(),
        }
    }

    /// A copy that carries what an authorizer said, for one subscriber only (docs/contract.md §2.7, Q16, Q17, Q62).
    #[must_use]
    pub fn with_authorization(&self, authorization: &Authorization) -> Self {
        let mut event = self.clone();
        match &mut event {
            Self::V0_1(envelope) => envelope.set_authorization(authorization),
            Self::CloudEvent(event) => event.set_authorization(authorization),
        }
        event
    }

    /// A copy that tells its consumer the delivery, the same at every attempt, the subscription and the number of the
    /// attempt, from 1. Of use to functions that get no headers (docs/delivery.md).
    #[must_use]
    pub fn with_delivery(&self, id: &DeliveryId, subscription: &SubscriptionId, attempt: u32) -> Self {
        let mut event = self.clone();
        match &mut event {
            Self::V0_1(envelope) => envelope.set_delivery(id, subscription, attempt),
            Self::CloudEvent(event) => event.set_delivery(id, subscription, attempt),
        }
        event
    }

    /// How often it was passed on, as it says itself.
    pub fn hops(&self) -> Result<Hops, HopsError> {
        Hops::of_extension(self.extension(HOPS_EXTENSION))
    }

    /// A copy that says how often it was passed on, for what travels without headers.
    #[must_use]
    pub fn with_hops(&self, hops: Hops) -> Self {
        let mut event = self.clone();
        event.set_hops(hops);
        event
    }

    /// The same as [`Self::with_delivery`] and [`Self::with_hops`], with one copy.
    #[must_use]
    pub fn with_delivery_and_hops(
        &self,
        id: &DeliveryId,
        subscription: &SubscriptionId,
        attempt: u32,
        hops: Hops,
    ) -> Self {
        let mut event = self.with_delivery(id, subscription, attempt);
        event.set_hops(hops);
        event
    }

    /// A copy that says in which trace its transmission began, by the extension of CloudEvents for distributed tracing;
    /// `None` where the event says so itself, or there is no trace.
    pub fn in_trace(&self, trace: &Trace) -> Option<Self> {
        if self.extension(TRACEPARENT.as_str()).is_some() {
            return None;
        }
        let mut copy = None;
        for (name, value) in trace.context_headers() {
            let text = Json::from_value(value.to_str().ok()?);
            match copy.get_or_insert_with(|| self.clone()) {
                Self::V0_1(envelope) => envelope.set_extension(name.as_str(), text),
                Self::CloudEvent(event) => event.set(name.as_str(), text),
            }
        }
        copy
    }

    fn set_hops(&mut self, hops: Hops) {
        match self {
            Self::V0_1(envelope) => envelope.set_hops(hops),
            Self::CloudEvent(event) => event.set_hops(hops),
        }
    }

    /// An extension attribute; of a 0.1 event the member of `extensions`, without regard to case. `None` when it is
    /// missing or `null`.
    pub fn extension(&self, name: &str) -> Option<&Json> {
        let value = match self {
            Self::V0_1(envelope) => envelope.extension(name),
            Self::CloudEvent(event) => event.member(name),
        };
        value.filter(|value| kind(value.as_raw()) != "null")
    }

    /// Reads an event from a JSON object of any known version. In the 0.1 form, `extensions` have `max_attributes`
    /// members at most; how many the object itself may have is for whoever reads it.
    pub(crate) fn from_object(object: &Object<'_>, max_attributes: usize) -> Result<Self, EventError> {
        if CloudEvent::is_one(object) {
            Ok(Self::CloudEvent(CloudEvent::from_object(object)?))
        } else {
            Ok(Self::V0_1(Box::new(Envelope::from_object(
                object,
                max_attributes,
            )?)))
        }
    }

    /// Reads an event that was accepted once. It is not validated again: it was valid by the rules of its time, and
    /// nothing that is stored is lost because they have changed.
    fn from_stored(object: &Object<'_>) -> Result<Self, EventError> {
        if CloudEvent::is_one(object) {
            Ok(Self::CloudEvent(CloudEvent::from_stored(object)?))
        } else {
            Ok(Self::V0_1(Box::new(Envelope::from_stored(object)?)))
        }
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::V0_1(envelope) => envelope.serialize(serializer),
            Self::CloudEvent(event) => event.serialize(serializer),
        }
    }
}

/// Reads back what [`Event`]'s `Serialize` wrote, as in a queue message. What strangers send is for [`decode`] to read.
impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let object = Object::from_raw(&raw, "event").map_err(serde::de::Error::custom)?;
        Self::from_stored(&object).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
