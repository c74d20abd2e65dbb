//! Deliveries as messages: one message for an event and a space, or several where its subscribers do not fit into one.
//! An SQS request is the largest part of what an async event costs, so they should be few.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use domain::delivery::Delivery;
use domain::event::Event;
use domain::ids::Space;

use super::group_id::group_id;
use super::message::{add, end, event_text, head, size_alone, size_with, subscriber_text};
use crate::QueueError;

/// Most messages of a request.
const MAX_BATCH: usize = 10;

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) body: String,
    pub(super) group_id: Arc<str>,
}

/// The subscribers of a space to an event.
struct Group<'a> {
    event: Rc<str>,
    space: &'a Space,
    subscribers: Vec<String>,
}

/// Whether each of the deliveries fits into a message of `limit` bytes.
pub(super) fn check(deliveries: &[Delivery], limit: usize) -> Result<(), QueueError> {
    for group in group(deliveries) {
        let head = head(&group.event, group.space);
        for subscriber in &group.subscribers {
            fits(&head, subscriber, limit)?;
        }
    }
    Ok(())
}

/// The messages for deliveries, of `limit` bytes at most, in the order of the deliveries.
pub(super) fn pack(deliveries: &[Delivery], limit: usize) -> Result<Vec<Message>, QueueError> {
    let mut messages = Vec::new();
    for group in group(deliveries) {
        group.pack_into(&mut messages, limit)?;
    }
    Ok(messages)
}

/// The messages as requests, each of `limit` bytes at most.
pub(super) fn batches(messages: Vec<Message>, limit: usize) -> Vec<Vec<Message>> {
    let mut batches: Vec<Vec<Message>> = Vec::new();
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

/// Puts together what goes to a space for an event. Events are compared by their JSON, which is made once for each
/// `Arc` and looked at once for each `Arc` and space: there may be very many deliveries of very large events.
fn group(deliveries: &[Delivery]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut texts: HashMap<*const Event, Rc<str>> = HashMap::new();
    let mut by_event: HashMap<(*const Event, &Space), usize> = HashMap::new();
    let mut by_text: HashMap<(Rc<str>, &Space), usize> = HashMap::new();
    for delivery in deliveries {
        let (event, space) = (Arc::as_ptr(&delivery.event), &delivery.space);
        let place = *by_event.entry((event, space)).or_insert_with(|| {
            let text = texts
                .entry(event)
                .or_insert_with(|| event_text(&delivery.event).into());
            *by_text.entry((Rc::clone(text), space)).or_insert_with(|| {
                groups.push(Group {
                    event: Rc::clone(text),
                    space,
                    subscribers: Vec::new(),
                });
                groups.len() - 1
            })
        });
        groups[place].subscribers.push(subscriber_text(delivery));
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
    fn pack_into(&self, messages: &mut Vec<Message>, limit: usize) -> Result<(), QueueError> {
        let head = head(&self.event, self.space);
        let group_id: Arc<str> = group_id(self.space).into();
        let mut finish = |begun| {
            messages.push(Message {
                body: end(begun),
                group_id: Arc::clone(&group_id),
            });
        };
        let mut begun: Option<String> = None;
        for subscriber in &self.subscribers {
            begun = Some(match begun.take() {
                Some(mut body) if size_with(&body, subscriber) <= limit => {
                    add(&mut body, subscriber);
                    body
                }
                full => {
                    fits(&head, subscriber, limit)?;
                    full.into_iter().for_each(&mut finish);
                    head.clone() + subscriber
                }
            });
        }
        begun.into_iter().for_each(finish);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
