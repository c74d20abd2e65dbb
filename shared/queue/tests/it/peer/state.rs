//! The queue of the peer.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Call, Fault};

#[derive(Debug)]
pub(super) struct State {
    pub(super) faults: VecDeque<(&'static str, Fault)>,
    pub(super) calls: Vec<Call>,
    pub(super) abandoned: usize,
    visibility_timeout: Duration,
    messages: Vec<Message>,
    numbers: u64,
}

#[derive(Debug)]
struct Message {
    id: String,
    body: String,
    group_id: String,
    sent: i64,
    receive_count: u32,
    visible: Instant,
    receipt_handle: Option<String>,
}

impl State {
    pub(super) fn new(visibility_timeout: Duration) -> Self {
        Self {
            faults: VecDeque::new(),
            calls: Vec::new(),
            abandoned: 0,
            visibility_timeout,
            messages: Vec::new(),
            numbers: 0,
        }
    }

    /// The next fault that an action is to have.
    pub(super) fn fault(&mut self, action: &str) -> Option<Fault> {
        let place = self.faults.iter().position(|(name, _)| *name == action)?;
        self.faults.remove(place).map(|(_, fault)| fault)
    }

    fn number(&mut self, name: &str) -> String {
        self.numbers += 1;
        format!("{name}-{}", self.numbers)
    }

    pub(super) fn put(&mut self, body: &str, group_id: &str) -> String {
        let id = self.number("message");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        self.messages.push(Message {
            id: id.clone(),
            body: body.to_owned(),
            group_id: group_id.to_owned(),
            sent: now.as_millis().try_into().unwrap(),
            receive_count: 0,
            visible: Instant::now(),
            receipt_handle: None,
        });
        id
    }

    /// Hands out messages that are visible; like SQS, in no particular order.
    pub(super) fn take(&mut self, most: usize) -> Vec<Value> {
        let now = Instant::now();
        let mut taken = Vec::new();
        for index in (0..self.messages.len()).rev() {
            if taken.len() == most {
                break;
            }
            if self.messages[index].visible > now {
                continue;
            }
            let handle = self.number("handle");
            let message = &mut self.messages[index];
            message.visible = now + self.visibility_timeout;
            message.receive_count += 1;
            message.receipt_handle = Some(handle.clone());
            taken.push(json!({
                "MessageId": message.id,
                "ReceiptHandle": handle,
                "Body": message.body,
                "Attributes": {
                    "SentTimestamp": message.sent.to_string(),
                    "ApproximateReceiveCount": message.receive_count.to_string(),
                    "MessageGroupId": message.group_id,
                },
            }));
        }
        taken
    }

    /// When the next hidden message can be received.
    pub(super) fn next_visible(&self) -> Option<Instant> {
        self.messages.iter().map(|message| message.visible).min()
    }

    /// Deletes a message. Like SQS, takes only the latest receipt handle, and says nothing of others.
    pub(super) fn delete(&mut self, receipt_handle: &str) {
        self.messages
            .retain(|message| message.receipt_handle.as_deref() != Some(receipt_handle));
    }

    pub(super) fn hide(&mut self, receipt_handle: &str, time: Duration) -> bool {
        let mut messages = self.messages.iter_mut();
        let found = messages.find(|message| message.receipt_handle.as_deref() == Some(receipt_handle));
        found
            .map(|message| message.visible = Instant::now() + time)
            .is_some()
    }

    pub(super) fn show_all(&mut self) {
        for message in &mut self.messages {
            message.visible = Instant::now();
        }
    }

    pub(super) fn shift_sent(&mut self, milliseconds: i64) {
        for message in &mut self.messages {
            message.sent += milliseconds;
        }
    }

    pub(super) fn count(&self) -> (usize, usize) {
        let now = Instant::now();
        let visible = self.messages.iter().filter(|message| message.visible <= now);
        (self.messages.len(), visible.count())
    }
}
