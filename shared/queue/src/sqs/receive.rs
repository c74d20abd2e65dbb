//! Receiving in a process that runs for long: while workers wait, each queue is asked for messages once for all of
//! them. The two share the workers, and neither waits for the other.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_sqs::Config;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use domain::backoff::{Backoff, Spread};
use futures_util::future::{join, join_all};

use super::admission::{Examined, HandedOut, examine};
use super::failure::{SqsError, line};
use super::keep::keep_hidden;
use super::receipt::Handle;
use super::source::{SourceKind, SourceQueue};
use super::{Sqs, SqsInner, timing};
use crate::Received;

/// Most messages of an answer.
const MAX_MESSAGES: usize = 10;
/// How long SQS holds an answer back while the queue is empty, in seconds.
const WAIT_SECONDS: u16 = 20;
/// Longest wait for the answer to a request that waits for messages.
const POLL_TIMEOUT: Duration = Duration::from_secs(WAIT_SECONDS as u64 + 10);
/// Longest wait for messages to be given back at the end.
const RETURN_TIMEOUT: Duration = Duration::from_secs(3);
const LEAST_PAUSE: Duration = Duration::from_millis(100);
const BACKOFF: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(5),
    spread: Spread::From(LEAST_PAUSE),
};

/// A worker who waits for a message.
struct IdleWorker<'a>(&'a SqsInner);

/// A queue that is being asked for messages.
struct Poll {
    queue: Sqs,
    kind: SourceKind,
}

impl Sqs {
    pub(crate) async fn receive(&self) -> Option<Received> {
        let shared = &*self.0;
        let _idle = IdleWorker::new(shared);
        loop {
            let arrived = shared.arrived.notified();
            tokio::pin!(arrived);
            // From here on nothing is missed.
            arrived.as_mut().enable();
            if shared.is_closed() {
                self.return_waiting().await;
                return None;
            }
            if let Some(received) = self.take() {
                return Some(received);
            }
            for (kind, source) in shared.sources() {
                if !source.polling.swap(true, Ordering::AcqRel) {
                    // A task of its own: a worker that finds something in the other queue does not end it, with messages
                    // on their way that would stay hidden.
                    tokio::spawn(Poll::new(self.clone(), kind).run());
                }
            }
            tokio::select! {
                () = shared.closed() => {}
                () = arrived => {}
            }
        }
    }

    /// The next message of the queues, in turn.
    fn take(&self) -> Option<Received> {
        let fifo_first = self.0.fifo_first.fetch_xor(true, Ordering::Relaxed);
        let take = |(kind, source): (SourceKind, &SourceQueue)| {
            let due = source.in_flight.take()?;
            Some(self.hand_out(kind, due, Handle::InFlight))
        };
        let mut sources = self.0.sources();
        if fifo_first {
            sources.rev().find_map(take)
        } else {
            sources.find_map(take)
        }
    }

    /// Shows messages that no worker took to other processes at once. If that fails, they are shown later.
    async fn return_waiting(&self) {
        let returns = self.0.sources().map(|(kind, source)| {
            let handles = source.in_flight.drain_all();
            let returned = async move {
                let _unchanged = source.keeping.read().await;
                self.give_back(kind, handles).await;
            };
            tokio::time::timeout(RETURN_TIMEOUT, returned)
        });
        if join_all(returns).await.iter().any(Result::is_err) {
            tracing::info!("Messages that were not begun are received later.");
        }
    }
}

impl SqsInner {
    fn is_closed(&self) -> bool {
        *self.closed.borrow()
    }

    async fn closed(&self) {
        // Fails only when the sender is gone, which is part of this queue.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    /// How many workers there are: they wait for a message, or have one.
    fn workers(&self) -> usize {
        let in_hand = self.sources().map(|(_, source)| source.in_flight.in_hand());
        self.idle_workers.load(Ordering::Relaxed) + in_hand.sum::<usize>()
    }
}

impl Poll {
    fn new(queue: Sqs, kind: SourceKind) -> Self {
        Self { queue, kind }
    }

    async fn run(self) {
        let Some(source) = self.queue.0.source(self.kind) else {
            return;
        };
        tokio::select! {
            biased;
            () = self.queue.0.closed() => {}
            () = self.ask(source) => {}
        }
        if self.queue.0.is_closed() {
            // The workers may have given back already what they found.
            self.queue.return_waiting().await;
        }
    }

    async fn ask(&self, source: &SourceQueue) {
        let queue = &source.url;
        match self.poll(source).await {
            Ok(messages) => {
                let failures = source.failures.swap(0, Ordering::Relaxed);
                if failures > 0 {
                    tracing::info!(queue, failures, "Deliveries are received again.");
                }
                self.accept_all(source, messages).await;
            }
            Err(failure) => {
                let failures = source.failures.load(Ordering::Relaxed).saturating_add(1);
                source.failures.store(failures, Ordering::Relaxed);
                if failures == 1 {
                    tracing::error!(queue, error = %line(&failure), "Deliveries cannot be received.");
                }
                tokio::time::sleep(BACKOFF.pause(failures, fastrand::f64())).await;
            }
        }
    }

    async fn poll(&self, source: &SourceQueue) -> Result<Vec<Message>, SqsError> {
        // No more than there are workers: a message that waits here for one too long is received by others as well.
        let most = self.queue.0.workers().clamp(1, MAX_MESSAGES);
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(POLL_TIMEOUT)
            .disable_operation_timeout()
            .disable_read_timeout()
            .build();
        let answer = self
            .queue
            .0
            .client
            .receive_message()
            .queue_url(&source.url)
            .max_number_of_messages(i32::try_from(most).unwrap_or(1))
            .wait_time_seconds(i32::from(WAIT_SECONDS))
            .visibility_timeout(timing::seconds(self.queue.0.settings.hidden_for))
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .customize()
            .config_override(Config::builder().timeout_config(timeouts))
            .send()
            .await
            .map_err(|error| SqsError::of("ReceiveMessage", error))?;
        Ok(answer.messages.unwrap_or_default())
    }

    /// Puts messages among those in flight. Behind one that is not for now, those of its group have to wait as well.
    async fn accept_all(&self, source: &SourceQueue, messages: Vec<Message>) {
        let mut blocked: HashSet<String> = HashSet::new();
        let (mut behind, mut early, mut malformed) = (Vec::new(), Vec::new(), Vec::new());
        for message in messages.into_iter().filter_map(handed_out) {
            let group = message.group.clone().filter(|_| self.kind == SourceKind::Fifo);
            if group.as_ref().is_some_and(|group| blocked.contains(group)) {
                behind.push(message.receipt_handle);
                continue;
            }
            match examine(&self.queue.0.settings.signing, self.kind, &message) {
                Ok(Examined::Due(due)) => {
                    if source.in_flight.add(due, message.receipt_handle) {
                        tokio::spawn(keep_hidden(self.queue.clone(), self.kind));
                    }
                }
                Ok(Examined::Early(due, due_at)) => {
                    blocked.extend(group);
                    let handle = Handle::Own(message.receipt_handle);
                    early.push(self.queue.put_off(self.kind, due, handle, due_at));
                }
                Err(error) => {
                    blocked.extend(group);
                    malformed.push(self.queue.remove(self.kind, message, error));
                }
            }
        }
        // Those that are due need not wait for this.
        self.queue.0.arrived.notify_waiters();
        join(join_all(early), join_all(malformed)).await;
        self.queue.give_back(self.kind, behind).await;
    }
}

impl Drop for Poll {
    /// Lets a worker look again, and poll again if there is nothing.
    fn drop(&mut self) {
        if let Some(source) = self.queue.0.source(self.kind) {
            source.polling.store(false, Ordering::Release);
        }
        self.queue.0.arrived.notify_waiters();
    }
}

impl<'a> IdleWorker<'a> {
    fn new(shared: &'a SqsInner) -> Self {
        shared.idle_workers.fetch_add(1, Ordering::Relaxed);
        Self(shared)
    }
}

impl Drop for IdleWorker<'_> {
    fn drop(&mut self) {
        self.0.idle_workers.fetch_sub(1, Ordering::Relaxed);
    }
}

fn handed_out(message: Message) -> Option<HandedOut> {
    let mut attributes = message.attributes.unwrap_or_default();
    let mut attribute = |name| attributes.remove(&name);
    let sent_at = attribute(MessageSystemAttributeName::SentTimestamp);
    let receive_count = attribute(MessageSystemAttributeName::ApproximateReceiveCount);
    Some(HandedOut {
        message_id: message.message_id?,
        receipt_handle: message.receipt_handle?,
        body: message.body.unwrap_or_default(),
        sent_at: sent_at.and_then(|sent| sent.parse().ok()),
        receive_count: receive_count.and_then(|count| count.parse().ok()).unwrap_or(1),
        group: attribute(MessageSystemAttributeName::MessageGroupId),
    })
}
