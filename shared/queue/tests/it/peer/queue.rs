//! A queue of the peer, standard or FIFO.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::time::Instant;

/// Longest time for which a message can be hidden, counted from its receipt.
const MAX_HIDDEN: Duration = Duration::from_hours(12);

/// An error of SQS: status and code.
pub(super) type Refusal = (u16, &'static str);

#[derive(Debug)]
pub(super) struct Queue {
    is_fifo: bool,
    /// How long a message is hidden when it is received, unless the request says so.
    visibility_timeout: Duration,
    messages: Vec<Message>,
    /// Message ids of the deduplication ids that a FIFO queue has seen. No test lasts as long as it remembers them.
    seen: HashMap<String, String>,
    numbers: u64,
}

/// A message to put into a queue.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent<'a> {
    pub(super) body: &'a str,
    pub(super) group_id: &'a str,
    pub(super) delay: Duration,
    pub(super) deduplication_id: Option<&'a str>,
}

#[derive(Debug)]
struct Message {
    id: String,
    body: String,
    group_id: String,
    sent: i64,
    receive_count: u32,
    received: Instant,
    visible: Instant,
    receipt_handle: Option<String>,
}

impl Message {
    /// Handed out, and not shown again since. One that was never handed out but is held back is not.
    fn is_in_flight(&self, now: Instant) -> bool {
        self.receipt_handle.is_some() && self.visible > now
    }
}

impl Queue {
    pub(super) fn new(is_fifo: bool, visibility_timeout: Duration) -> Self {
        Self {
            is_fifo,
            visibility_timeout,
            messages: Vec::new(),
            seen: HashMap::new(),
            numbers: 0,
        }
    }

    pub(super) fn is_fifo(&self) -> bool {
        self.is_fifo
    }

    fn number(&mut self, name: &str) -> String {
        self.numbers += 1;
        format!("{name}-{}", self.numbers)
    }

    /// Puts a message into the queue, unless it is a repetition; gives its id.
    pub(super) fn put(&mut self, sent: Sent<'_>) -> String {
        if let Some(id) = sent.deduplication_id.and_then(|id| self.seen.get(id)) {
            return id.clone();
        }
        let id = self.number("message");
        if let Some(deduplication_id) = sent.deduplication_id {
            self.seen.insert(deduplication_id.to_owned(), id.clone());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        self.messages.push(Message {
            id: id.clone(),
            body: sent.body.to_owned(),
            group_id: sent.group_id.to_owned(),
            sent: now.as_millis().try_into().unwrap(),
            receive_count: 0,
            received: Instant::now(),
            visible: Instant::now() + sent.delay,
            receipt_handle: None,
        });
        id
    }

    /// Hands out messages that are visible. Like SQS, a standard queue does so in no particular order; a FIFO queue
    /// keeps to the order of each group, and hands out nothing of a group of which something is in flight.
    pub(super) fn take(&mut self, most: usize, hidden_for: Option<Duration>) -> Vec<Value> {
        let hidden_for = hidden_for.unwrap_or(self.visibility_timeout);
        let now = Instant::now();
        let in_flight = self.messages.iter().filter(|message| message.is_in_flight(now));
        let mut blocked: HashSet<_> = in_flight.map(|message| message.group_id.clone()).collect();
        let mut taken = Vec::new();
        for place in 0..self.messages.len() {
            if taken.len() == most {
                break;
            }
            let index = if self.is_fifo {
                place
            } else {
                self.messages.len() - 1 - place
            };
            let message = &self.messages[index];
            if self.is_fifo && blocked.contains(&message.group_id) {
                continue;
            }
            if message.visible > now {
                // What is held back keeps those behind it waiting.
                blocked.insert(message.group_id.clone());
                continue;
            }
            taken.push(self.hand_out(index, now, hidden_for));
        }
        taken
    }

    fn hand_out(&mut self, index: usize, now: Instant, hidden_for: Duration) -> Value {
        let handle = self.number("handle");
        let message = &mut self.messages[index];
        message.received = now;
        message.visible = now + hidden_for;
        message.receive_count += 1;
        message.receipt_handle = Some(handle.clone());
        let mut shown = json!({
            "MessageId": message.id,
            "ReceiptHandle": handle,
            "Body": message.body,
            "Attributes": {
                "SentTimestamp": message.sent.to_string(),
                "ApproximateReceiveCount": message.receive_count.to_string(),
            },
        });
        if !message.group_id.is_empty() {
            shown["Attributes"]["MessageGroupId"] = message.group_id.as_str().into();
        }
        shown
    }

    /// When the next hidden message can be received.
    pub(super) fn next_visible(&self) -> Option<Instant> {
        let now = Instant::now();
        let visible = self.messages.iter().map(|message| message.visible);
        visible.filter(|visible| *visible > now).min()
    }

    /// Deletes a message. Like SQS, takes only the latest receipt handle, and says nothing of others; a FIFO queue
    /// refuses one that has expired.
    pub(super) fn delete(&mut self, receipt_handle: &str) -> Result<(), Refusal> {
        let now = Instant::now();
        let is_meant = |message: &Message| message.receipt_handle.as_deref() == Some(receipt_handle);
        let expired = |message: &Message| is_meant(message) && message.visible <= now;
        if self.is_fifo && self.messages.iter().any(expired) {
            return Err((400, "InvalidParameterValue"));
        }
        self.messages.retain(|message| !is_meant(message));
        Ok(())
    }

    pub(super) fn hide(&mut self, receipt_handle: &str, time: Duration) -> Result<(), Refusal> {
        let now = Instant::now();
        let mut messages = self.messages.iter_mut();
        let found = messages.find(|message| message.receipt_handle.as_deref() == Some(receipt_handle));
        let message = found.ok_or((404, "ReceiptHandleIsInvalid"))?;
        if message.visible <= now {
            return Err((400, "MessageNotInflight"));
        }
        if now + time > message.received + MAX_HIDDEN {
            return Err((400, "InvalidParameterValue"));
        }
        message.visible = now + time;
        Ok(())
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

    pub(super) fn bodies(&self) -> Vec<String> {
        self.messages.iter().map(|message| message.body.clone()).collect()
    }

    pub(super) fn count(&self) -> (usize, usize) {
        let now = Instant::now();
        let visible = self.messages.iter().filter(|message| message.visible <= now);
        (self.messages.len(), visible.count())
    }
}
