//! Deliveries as messages: one message for an event and a space, or several where its subscribers do not fit into one.
//! An SQS request is the largest part of what an async event costs, so they should be few. Ordered deliveries have a
//! message each.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use domain::json::Json;

use super::message::{Common, Notes, add, end, event_text, head, size_alone, size_with, subscriber_text};
use super::names::{deduplication_id, ordered_group, space_group};
use super::timing::{Wait, wait};
use crate::QueueError;

/// Most messages of a request.
pub(super) const MAX_BATCH: usize = 10;

/// A delivery to be sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub(super) delivery: &'a Delivery,
    /// When it is due, in milliseconds since the Unix epoch.
    pub(super) due: u64,
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackedMessage {
    pub(super) body: String,
    pub(super) group_id: Arc<str>,
    /// Seconds for which SQS is to hold it back.
    pub(super) delay_seconds: i32,
    /// Those of the FIFO queue have one.
    pub(super) deduplication_id: Option<String>,
}

/// Messages to be sent.
#[derive(Debug, Default)]
pub(super) struct PackedMessages {
    /// To the standard queue.
    pub(super) standard: Vec<PackedMessage>,
    /// To the FIFO queue, which knows no delay of a message: a delivery that is early is put off when it is received.
    pub(super) ordered: Vec<PackedMessage>,
}

/// What deliveries must have in common to share a message, beside the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct PackingKey<'a> {
    common: Common<'a>,
    attempts: u32,
    wait: Wait,
}

/// Deliveries that may share a message.
struct Group<'a> {
    event: Rc<str>,
    shared: PackingKey<'a>,
    deliveries: Vec<&'a Delivery>,
}

/// Whether each of the deliveries fits into a message of `limit` bytes.
pub(super) fn check(deliveries: &[Delivery], limit: usize) -> Result<(), QueueError> {
    // When they are due makes no difference to what is kept free for it.
    let due_now = deliveries.iter().map(|delivery| Outgoing { delivery, due: 0 });
    for group in group(due_now, 0) {
        let head = group.head();
        for delivery in &group.deliveries {
            fits(&head, &subscriber_text(delivery), limit)?;
        }
    }
    Ok(())
}

/// The messages for deliveries, of `limit` bytes at most, in the order of the deliveries. `now` is in milliseconds
/// since the Unix epoch.
pub(super) fn pack(
    deliveries: &[Outgoing<'_>],
    now: u64,
    limit: usize,
) -> Result<PackedMessages, QueueError> {
    let mut messages = PackedMessages::default();
    for group in group(deliveries.iter().copied(), now) {
        group.pack_into(&mut messages, limit)?;
    }
    Ok(messages)
}

/// The messages as requests, each of `limit` bytes at most.
pub(super) fn batches(messages: Vec<PackedMessage>, limit: usize) -> Vec<Vec<PackedMessage>> {
    let mut batches: Vec<Vec<PackedMessage>> = Vec::new();
    let mut bytes = 0;
    for message in messages {
        bytes += message.body.len();
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_BATCH && bytes <= limit => batch.push(message),
            _ => {
                bytes = message.body.len();
                batches.push(vec![message]);
            }
        }
    }
    batches
}

/// The messages in parts that are to be sent one after another, with one message of a group each: of those in one
/// request, a later one may be taken and an earlier one not.
pub(super) fn in_turn(messages: Vec<PackedMessage>) -> Vec<Vec<PackedMessage>> {
    let mut parts: Vec<Vec<PackedMessage>> = Vec::new();
    let mut sent: HashMap<Arc<str>, usize> = HashMap::new();
    for message in messages {
        let turn = sent.entry(Arc::clone(&message.group_id)).or_default();
        if *turn == parts.len() {
            parts.push(Vec::new());
        }
        parts[*turn].push(message);
        *turn += 1;
    }
    parts
}

/// Puts together what may share a message. Events are compared by their JSON, which is made once for each `Arc` and
/// looked at once for each `Arc` and space: there may be very many deliveries of very large events.
fn group<'a>(deliveries: impl Iterator<Item = Outgoing<'a>>, now: u64) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut texts: HashMap<*const Event, Rc<str>> = HashMap::new();
    let mut by_event: HashMap<(*const Event, PackingKey<'_>), usize> = HashMap::new();
    let mut by_text: HashMap<(Rc<str>, PackingKey<'_>), usize> = HashMap::new();
    for Outgoing { delivery, due } in deliveries {
        let event = Arc::as_ptr(&delivery.event);
        let text = texts
            .entry(event)
            .or_insert_with(|| event_text(&delivery.event).into());
        let shared = PackingKey {
            common: Common {
                space: &delivery.space,
                accepted_at: delivery.accepted_at,
                deliver_at: delivery.deliver_at,
                ordering_key: delivery.ordering_key.as_deref(),
                hops: delivery.arrival.hops,
                unauthorized: delivery.arrival.unauthorized.as_deref().map(Json::get),
                trace: delivery.arrival.trace.as_deref(),
            },
            attempts: delivery.attempts,
            wait: wait(due, now),
        };
        let mut new_group = || {
            groups.push(Group {
                event: Rc::clone(text),
                shared,
                deliveries: Vec::new(),
            });
            groups.len() - 1
        };
        let place = if delivery.ordering_key.is_some() {
            new_group()
        } else {
            *by_event
                .entry((event, shared))
                .or_insert_with(|| *by_text.entry((Rc::clone(text), shared)).or_insert_with(new_group))
        };
        groups[place].deliveries.push(delivery);
    }
    groups
}

fn fits(head: &str, subscriber: &str, limit: usize) -> Result<(), QueueError> {
    let bytes = size_alone(head, subscriber);
    if bytes > limit {
        return Err(QueueError::TooLarge { bytes, limit });
    }
    Ok(())
}

impl Group<'_> {
    fn head(&self) -> String {
        head(&self.event, &self.shared.common)
    }

    fn pack_into(&self, messages: &mut PackedMessages, limit: usize) -> Result<(), QueueError> {
        let head = self.head();
        let mut begun: Option<String> = None;
        for delivery in &self.deliveries {
            let subscriber = &subscriber_text(delivery);
            if let Some(key) = self.shared.common.ordering_key {
                fits(&head, subscriber, limit)?;
                messages
                    .ordered
                    .push(ordered(delivery, key, &(head.clone() + subscriber)));
                continue;
            }
            begun = Some(match begun.take() {
                Some(mut body) if size_with(&body, subscriber) <= limit => {
                    add(&mut body, subscriber);
                    body
                }
                full => {
                    fits(&head, subscriber, limit)?;
                    messages.standard.extend(full.map(|body| self.unordered(&body)));
                    head.clone() + subscriber
                }
            });
        }
        messages.standard.extend(begun.map(|body| self.unordered(&body)));
        Ok(())
    }

    fn unordered(&self, begun: &str) -> PackedMessage {
        let PackingKey {
            common,
            attempts,
            wait,
        } = self.shared;
        let not_before = wait.not_before;
        PackedMessage {
            body: end(begun, Notes { attempts, not_before }),
            group_id: space_group(common.space).into(),
            delay_seconds: wait.delay_seconds,
            deduplication_id: None,
        }
    }
}

/// The message of an ordered delivery.
fn ordered(delivery: &Delivery, key: &str, begun: &str) -> PackedMessage {
    let notes = Notes {
        attempts: delivery.attempts,
        not_before: None,
    };
    PackedMessage {
        body: end(begun, notes),
        group_id: ordered_group(&delivery.space, &delivery.subscription, key).into(),
        delay_seconds: 0,
        deduplication_id: Some(deduplication_id(delivery)),
    }
}

#[cfg(test)]
mod tests;
