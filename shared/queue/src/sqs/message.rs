//! The body of a message: one event and the subscribers of one space that are to get it, as JSON. Members that are
//! not known are ignored, so that a later version can add some.

use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use domain::ids::{FunctionId, Space, SubscriptionId};
use domain::json::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The end of every body.
const TAIL: &str = "]}";

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
    /// It is for nobody.
    #[error("message of the delivery queue names no subscriber")]
    NoSubscriber,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    event: &'a RawValue,
    space: Space,
    subscribers: Vec<Subscriber>,
}

#[derive(Deserialize)]
struct Subscriber {
    subscription: SubscriptionId,
    function: FunctionId,
}

#[derive(Serialize)]
struct SubscriberRef<'a> {
    subscription: &'a SubscriptionId,
    function: &'a FunctionId,
}

/// The deliveries in the body of a message. They share one event.
pub fn parse_message(body: &str) -> Result<Vec<Delivery>, MalformedMessage> {
    let message: Message<'_> = serde_json::from_str(body).map_err(|error| MalformedMessage::Form {
        line: error.line(),
        column: error.column(),
    })?;
    if message.subscribers.is_empty() {
        return Err(MalformedMessage::NoSubscriber);
    }
    let event: Event = serde_json::from_str(message.event.get()).map_err(|_| MalformedMessage::Event)?;
    let event = Arc::new(event);
    let deliveries = message.subscribers.into_iter().map(|subscriber| Delivery {
        space: message.space.clone(),
        subscription: subscriber.subscription,
        function: subscriber.function,
        event: Arc::clone(&event),
    });
    Ok(deliveries.collect())
}

/// The event as it stands in a body.
pub(super) fn event_text(event: &Event) -> String {
    text(event)
}

/// The subscriber of a delivery as it stands in a body.
pub(super) fn subscriber_text(delivery: &Delivery) -> String {
    text(&SubscriberRef {
        subscription: &delivery.subscription,
        function: &delivery.function,
    })
}

/// What a body begins with, up to its first subscriber.
pub(super) fn head(event: &str, space: &Space) -> String {
    let space = text(space);
    format!("{{\"event\":{event},\"space\":{space},\"subscribers\":[")
}

/// Bytes of a body with this head and a single subscriber.
pub(super) fn size_alone(head: &str, subscriber: &str) -> usize {
    head.len() + subscriber.len() + TAIL.len()
}

/// Bytes of a begun body with one more subscriber.
pub(super) fn size_with(begun: &str, subscriber: &str) -> usize {
    size_alone(begun, subscriber) + ",".len()
}

/// Adds a subscriber to a body that has some already.
pub(super) fn add(begun: &mut String, subscriber: &str) {
    begun.push(',');
    begun.push_str(subscriber);
}

/// Ends a body.
pub(super) fn end(mut begun: String) -> String {
    begun.push_str(TAIL);
    begun
}

/// A value as JSON of the characters that SQS takes, which are those of XML 1.0. JSON has to escape all others that a
/// Rust string can hold but these two; they can only stand in JSON strings, where an escape means the same.
fn text<T: Serialize>(value: &T) -> String {
    let json = Json::from_value(value);
    let json = json.get();
    if json.contains(['\u{FFFE}', '\u{FFFF}']) {
        json.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff")
    } else {
        json.to_owned()
    }
}

#[cfg(test)]
mod tests;
