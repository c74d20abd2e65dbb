//! Batches of the delivery queues: each message is delivered by itself, those of a group of the FIFO queue one after
//! another, and what is to be received again is so alone.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use gateway::{DispatchTime, ErrorChain, Gateway};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::sqs::{Admission, HandedOut, MalformedMessage, SourceKind};
use queue::{DeliveryQueue, Settled, Sqs};
use tokio::time::{Instant, timeout_at};

use crate::invocation_trace::FLUSH;

/// Time before the deadline of an invocation in which its answer is given.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Time after a call in which its message is settled.
const SETTLE_MARGIN: Duration = Duration::from_secs(2);

/// Time from the start in which deliveries begin although there may be too little time for their calls.
const EARLY: Duration = Duration::from_secs(5);

/// The gateway's queue is not the one that Lambda takes the batches from.
#[derive(Debug, thiserror::Error)]
#[error("batches of SQS are delivered by a gateway with a queue on SQS alone")]
pub struct OtherQueue;

/// Delivers batches until the process ends, `concurrency` messages of each at a time. An error means that the gateway has
/// another queue, or that the runtime of Lambda is gone.
pub async fn run(gateway: Gateway, concurrency: usize) -> Result<(), Error> {
    let DeliveryQueue::Sqs(queue) = gateway.queue().clone() else {
        return Err(OtherQueue.into());
    };
    let batch = service_fn(move |event| {
        let (gateway, queue) = (gateway.clone(), queue.clone());
        async move {
            gateway.begin_invocation();
            let response = deliver(&gateway, &queue, event, concurrency).await;
            // The answer has its margin before the end of the invocation; what cannot be written in it is written next time.
            // Boxed: what hardly any batch does is no part of all of them.
            let ending = Box::pin(gateway.end_invocation());
            let written = tokio::time::timeout(ANSWER_MARGIN / 2, ending);
            let _ = tokio::join!(written, gateway.flush_spans(FLUSH));
            Ok::<_, Infallible>(response)
        }
    });
    lambda_runtime::run(batch).await
}

/// Delivers the messages of a batch of the gateway's queues, `concurrency` at a time (at least 1), and says which of them
/// are to be received again. One that cannot be read, or is not signed as it has to be, goes to the dead-letter queue;
/// where none is set it is received again, and goes there after the last receipt that its queue allows.
pub async fn deliver(
    gateway: &Gateway,
    queue: &Sqs,
    event: LambdaEvent<SqsEvent>,
    concurrency: usize,
) -> SqsBatchResponse {
    let deadlines = Deadlines::of(event.context.deadline());
    let message_groups = message_groups(event.payload.records, |arn| queue.source_of_arn(arn));
    let deliver = async |kind, message| {
        Ok(match queue.admit(kind, message).await? {
            Admission::Due(received) => gateway.dispatch(*received, Some(deadlines.dispatch)).await,
            Admission::Early(settled) => settled,
            Admission::SetAside => Settled::Completed,
        })
    };
    let give_back = async |kind, handles| queue.give_back(kind, handles).await;
    work_through(message_groups, concurrency, deadlines.end, deliver, give_back).await
}

/// When a batch has to come to its end.
#[derive(Debug, Clone, Copy)]
struct Deadlines {
    /// When deliveries begin, and when their calls are over.
    dispatch: DispatchTime,
    /// What is not done by now has failed.
    end: Instant,
}

impl Deadlines {
    fn of(invocation: SystemTime) -> Self {
        let now = Instant::now();
        let left = invocation.duration_since(SystemTime::now()).unwrap_or_default();
        let end = left.saturating_sub(ANSWER_MARGIN);
        let calls = end.saturating_sub(SETTLE_MARGIN);
        Self {
            dispatch: DispatchTime {
                early: now + EARLY.min(calls / 2),
                end: now + calls,
            },
            end: now + end,
        }
    }
}

/// Why a message is to be received again although nobody said so.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    /// It is none of the gateway's.
    #[error(transparent)]
    Malformed(#[from] MalformedMessage),
    /// It comes from a queue that the gateway does not use.
    #[error("the message comes from another queue than the gateway's")]
    UnknownQueue,
    /// There was no time left to wait for its functions.
    #[error("not delivered in time")]
    TimedOut,
    /// The gateway is at fault.
    #[error("delivering it panicked")]
    Panicked,
}

/// Messages that are delivered one after another.
#[derive(Debug)]
struct MessageGroup {
    /// Queue that they come from.
    kind: Option<SourceKind>,
    messages: Vec<HandedOut>,
}

/// The messages of a group of the FIFO queue, in their order; any other message is a group of its own.
fn message_groups(
    messages: Vec<SqsMessage>,
    source_of_arn: impl Fn(&str) -> Option<SourceKind>,
) -> Vec<MessageGroup> {
    let mut message_groups: Vec<MessageGroup> = Vec::new();
    let mut groups: HashMap<String, usize> = HashMap::new();
    let mut seen = HashSet::new();
    for message in messages {
        // The queue may hand out a message twice, even within a batch.
        if !seen.insert(message.message_id.clone()) {
            continue;
        }
        let kind = source_of_arn(message.event_source_arn.as_deref().unwrap_or_default());
        let group = message.attributes.get("MessageGroupId");
        let next = message_groups.len();
        let place = match group.filter(|_| kind == Some(SourceKind::Fifo)) {
            Some(group) => *groups.entry(group.clone()).or_insert(next),
            None => next,
        };
        if place == next {
            let messages = Vec::new();
            message_groups.push(MessageGroup { kind, messages });
        }
        message_groups[place].messages.push(handed_out(message));
    }
    message_groups
}

/// Delivers groups of messages, several at a time, and has those messages given back that are not begun.
async fn work_through(
    message_groups: Vec<MessageGroup>,
    concurrency: usize,
    end: Instant,
    deliver: impl AsyncFn(SourceKind, HandedOut) -> Result<Settled, MalformedMessage>,
    give_back: impl AsyncFn(SourceKind, Vec<String>),
) -> SqsBatchResponse {
    let (deliver, give_back) = (&deliver, &give_back);
    let failures: Vec<_> = stream::iter(message_groups)
        .map(|message_group| async move {
            let kind = message_group.kind;
            let (returned, behind) = message_group.work_through(end, deliver).await;
            if let Some(kind) = kind.filter(|_| !behind.is_empty()) {
                // Should there be no time for it, the group is blocked until the visibility timeout of the queue is over.
                let _ = timeout_at(end + ANSWER_MARGIN / 2, give_back(kind, behind)).await;
            }
            returned
        })
        .buffer_unordered(concurrency.max(1))
        .flat_map(stream::iter)
        .collect()
        .await;
    let mut response = SqsBatchResponse::default();
    response.set_failures(failures);
    response
}

impl MessageGroup {
    /// Gives the ids of the messages that are to be received again, and the receipt handles of those that were not begun
    /// because one before them is among these.
    async fn work_through(
        self,
        end: Instant,
        deliver: impl AsyncFn(SourceKind, HandedOut) -> Result<Settled, MalformedMessage>,
    ) -> (Vec<String>, Vec<String>) {
        let mut messages = self.messages.into_iter();
        let mut returned = Vec::new();
        for message in messages.by_ref() {
            let id = message.message_id.clone();
            match attempt(message, self.kind, end, &deliver).await {
                Ok(Settled::Completed) => continue,
                Ok(Settled::Returned) => {}
                Err(error) => {
                    tracing::warn!(messageId = id, error = %ErrorChain(&error), "A message of the queue is returned.");
                }
            }
            returned.push(id);
            break;
        }
        let mut behind = Vec::new();
        for message in messages {
            returned.push(message.message_id);
            behind.push(message.receipt_handle);
        }
        (returned, behind)
    }
}

async fn attempt(
    message: HandedOut,
    kind: Option<SourceKind>,
    end: Instant,
    deliver: impl AsyncFn(SourceKind, HandedOut) -> Result<Settled, MalformedMessage>,
) -> Result<Settled, MessageError> {
    let kind = kind.ok_or(MessageError::UnknownQueue)?;
    let delivering = AssertUnwindSafe(async { deliver(kind, message).await });
    match timeout_at(end, delivering.catch_unwind()).await {
        Ok(Ok(settled)) => Ok(settled?),
        Ok(Err(_panic)) => Err(MessageError::Panicked),
        Err(_elapsed) => Err(MessageError::TimedOut),
    }
}

fn handed_out(message: SqsMessage) -> HandedOut {
    let number = |name| message.attributes.get(name)?.parse().ok();
    HandedOut {
        sent_at: number("SentTimestamp"),
        receive_count: number("ApproximateReceiveCount")
            .and_then(|count| count.try_into().ok())
            .unwrap_or(1),
        group: message.attributes.get("MessageGroupId").cloned(),
        // One without an id stands for the whole batch when it is returned, which is all that can be said then.
        message_id: message.message_id.unwrap_or_default(),
        receipt_handle: message.receipt_handle.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
