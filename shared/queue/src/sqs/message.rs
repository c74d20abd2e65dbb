//! The body of a message: one event and the subscribers of one space that are to get it, as JSON. Members that are
//! not known are ignored, so that a later version can add some, and those that versions before did not write have
//! defaults.

use std::sync::Arc;

use domain::delivery::{Arrival, Delivery};
use domain::event::Event;
use domain::hops::Hops;
use domain::ids::{DeliveryId, FunctionId, Space, SubscriptionId};
use domain::json::{Json, in_xml_characters};
use domain::trace::Trace;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::names;

/// Bytes that are kept free for the longest end of a body: notes are added when a delivery is sent again, and must
/// not make a message too large that was not so before.
const TAIL_ROOM: usize = r#"],"attempts":4294967295,"notBefore":18446744073709551615}"#.len();

/// A message that is none of this queue's. Only the place of a fault in the JSON is kept: the parser's own words quote
/// the payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedMessage {
    /// It is not JSON of the right form.
    #[error("message is not one of the delivery queue: fault at line {line} column {column}")]
    Form {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// Its event is none that the gateway knows.
    #[error("message of the delivery queue holds no valid event")]
    Event,
    /// It has no signature, and messages have to be signed.
    #[error("message of the delivery queue is not signed")]
    Unsigned,
    /// Its signature is by none of the keys.
    #[error("message of the delivery queue is signed by none of the keys")]
    Forged,
    /// It is for nobody.
    #[error("message of the delivery queue names no subscriber")]
    NoSubscriber,
}

/// What a body says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parsed {
    /// They share one event. Their attempts are those made before the message was sent.
    pub(super) deliveries: Vec<Delivery>,
    /// They are not due before this, in milliseconds since the Unix epoch.
    pub(super) not_before: Option<u64>,
}

/// What all deliveries of a message have in common beside their event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Common<'a> {
    pub(super) space: &'a Space,
    pub(super) accepted_at: u64,
    pub(super) deliver_at: Option<u64>,
    pub(super) ordering_key: Option<&'a str>,
    pub(super) hops: Hops,
    /// JSON of the request that an authorizer has to be asked about.
    pub(super) unauthorized: Option<&'a str>,
    /// By what the event is followed.
    pub(super) trace: Option<&'a Trace>,
}

/// What the end of a body says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Notes {
    /// Attempts that were made before the message was sent.
    pub(super) attempts: u32,
    /// When its deliveries are due, in milliseconds since the Unix epoch, where SQS cannot hold it back for so long.
    pub(super) not_before: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageBody<'a> {
    #[serde(borrow)]
    event: &'a RawValue,
    space: Space,
    accepted_at: Option<u64>,
    deliver_at: Option<u64>,
    ordering_key: Option<Arc<str>>,
    #[serde(default)]
    hops: Hops,
    unauthorized: Option<Arc<Json>>,
    trace: Option<Arc<Trace>>,
    subscribers: Vec<Subscriber>,
    #[serde(default)]
    attempts: u32,
    not_before: Option<u64>,
}

#[derive(Deserialize)]
struct Subscriber {
    id: Option<DeliveryId>,
    subscription: SubscriptionId,
    function: FunctionId,
}

#[derive(Serialize)]
struct SubscriberRef<'a> {
    id: &'a DeliveryId,
    subscription: &'a SubscriptionId,
    function: &'a FunctionId,
}

/// Reads a body. What versions before did not write comes from the message: its id, and when it was sent.
pub(super) fn parse(body: &str, message_id: &str, sent_at: u64) -> Result<Parsed, MalformedMessage> {
    let message: MessageBody<'_> = serde_json::from_str(body).map_err(|error| MalformedMessage::Form {
        line: error.line(),
        column: error.column(),
    })?;
    if message.subscribers.is_empty() {
        return Err(MalformedMessage::NoSubscriber);
    }
    let event: Event = serde_json::from_str(message.event.get()).map_err(|_| MalformedMessage::Event)?;
    let event = Arc::new(event);
    let deliveries = message.subscribers.into_iter().map(|subscriber| Delivery {
        id: subscriber
            .id
            .unwrap_or_else(|| names::delivery_id(message_id, &subscriber.subscription)),
        space: message.space.clone(),
        subscription: subscriber.subscription,
        function: subscriber.function,
        event: Arc::clone(&event),
        accepted_at: message.accepted_at.unwrap_or(sent_at),
        attempts: message.attempts,
        deliver_at: message.deliver_at,
        ordering_key: message.ordering_key.clone(),
        deduplication_key: None,
        arrival: Arrival {
            hops: message.hops,
            unauthorized: message.unauthorized.clone(),
            trace: message.trace.clone(),
        },
    });
    Ok(Parsed {
        deliveries: deliveries.collect(),
        not_before: message.not_before,
    })
}

/// The event as it stands in a body.
pub(super) fn event_text(event: &Event) -> String {
    text(event)
}

/// The subscriber of a delivery as it stands in a body.
pub(super) fn subscriber_text(delivery: &Delivery) -> String {
    text(&SubscriberRef {
        id: &delivery.id,
        subscription: &delivery.subscription,
        function: &delivery.function,
    })
}

/// What a body begins with, up to its first subscriber.
pub(super) fn head(event: &str, common: &Common<'_>) -> String {
    let (space, accepted_at) = (text(common.space), common.accepted_at);
    let deliver_at = member("deliverAt", common.deliver_at);
    let key = common.ordering_key.map(|key| text(&key));
    let key = member("orderingKey", key);
    let hops = member("hops", Some(common.hops).filter(|hops| !hops.is_none()));
    let unauthorized = member("unauthorized", common.unauthorized.map(escaped));
    let trace = member("trace", common.trace.map(text));
    format!(
        "{{\"event\":{event},\"space\":{space},\"acceptedAt\":{accepted_at}{deliver_at}{key}{hops}{unauthorized}{trace},\
         \"subscribers\":["
    )
}

/// Most bytes that a body with this head and a single subscriber may come to have.
pub(super) fn size_alone(head: &str, subscriber: &str) -> usize {
    head.len() + subscriber.len() + TAIL_ROOM
}

/// Most bytes that a begun body with one more subscriber may come to have.
pub(super) fn size_with(begun: &str, subscriber: &str) -> usize {
    size_alone(begun, subscriber) + ",".len()
}

/// Adds a subscriber to a body that has some already.
pub(super) fn add(begun: &mut String, subscriber: &str) {
    begun.push(',');
    begun.push_str(subscriber);
}

/// Ends a body.
pub(super) fn end(begun: &str, notes: Notes) -> String {
    let attempts = member("attempts", Some(notes.attempts).filter(|attempts| *attempts > 0));
    let not_before = member("notBefore", notes.not_before);
    format!("{begun}]{attempts}{not_before}}}")
}

/// A member of an object that has others before it, unless there is none.
fn member(name: &str, value: Option<impl std::fmt::Display>) -> String {
    value
        .map(|value| format!(",\"{name}\":{value}"))
        .unwrap_or_default()
}

/// A value as JSON of the characters that SQS takes.
fn text<T: Serialize>(value: &T) -> String {
    escaped(Json::from_value(value).get())
}

/// The same, of what is JSON already.
fn escaped(json: &str) -> String {
    in_xml_characters(json.to_owned())
}

#[cfg(test)]
mod tests;
