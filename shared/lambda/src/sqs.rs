//! Batches of the delivery queue: each message is delivered by itself, and what failed is received again alone.

use std::collections::HashSet;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, SystemTime};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use domain::delivery::Delivery;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use gateway::{Dispatched, ErrorChain, Gateway};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use queue::sqs::{MalformedMessage, parse_message};
use tokio::time::{Instant, timeout_at};

/// Time before the deadline of an invocation in which its answer is given.
const ANSWER_MARGIN: Duration = Duration::from_millis(500);

/// Time after a call in which what failed of a message is queued again by itself.
const RESEND_MARGIN: Duration = Duration::from_secs(2);

/// How batches are worked through.
#[derive(Debug, Clone, Copy)]
pub struct BatchSettings {
    /// Messages of a batch that are delivered at a time; at least 1.
    pub concurrency: usize,
    /// Longest time that the call of a function takes: none is begun with less time left.
    pub call_timeout: Duration,
}

/// Delivers batches until the process ends. An error means that the runtime of Lambda is gone.
pub async fn run(gateway: Gateway, settings: BatchSettings) -> Result<(), Error> {
    let batch = service_fn(move |event| {
        let gateway = gateway.clone();
        async move { Ok::<_, Infallible>(deliver(&gateway, event, settings).await) }
    });
    lambda_runtime::run(batch).await
}

/// Delivers the messages of a batch, and says which of them are to be received again. One that cannot be read is
/// among these as well: after the last try that the queue allows, it goes to the dead letters.
pub async fn deliver(
    gateway: &Gateway,
    event: LambdaEvent<SqsEvent>,
    settings: BatchSettings,
) -> SqsBatchResponse {
    let deadlines = Deadlines::of(event.context.deadline(), settings.call_timeout);
    let dispatch = |deliveries| gateway.dispatch(deliveries, Some(deadlines.begin));
    process(event.payload, settings.concurrency, deadlines, dispatch).await
}

/// When a batch has to come to its end.
#[derive(Debug, Clone, Copy)]
struct Deadlines {
    /// No delivery begins after this.
    begin: Instant,
    /// What is not done by now has failed.
    end: Instant,
}

impl Deadlines {
    fn of(invocation: SystemTime, call_timeout: Duration) -> Self {
        let now = Instant::now();
        let left = invocation.duration_since(SystemTime::now()).unwrap_or_default();
        let end = left.saturating_sub(ANSWER_MARGIN);
        // A function with less time than its calls may take still has to make some.
        let begin = end.saturating_sub(call_timeout + RESEND_MARGIN).max(end / 2);
        Self {
            begin: now + begin,
            end: now + end,
        }
    }
}

/// Why a message is to be received again.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    /// It is none of this queue's.
    #[error(transparent)]
    Malformed(#[from] MalformedMessage),
    /// Its functions did not take it; each call has been logged.
    #[error("deliveries failed")]
    Failed,
    /// There was no time left to begin.
    #[error("no time left to deliver it")]
    NotBegun,
    /// There was no time left to wait for its functions.
    #[error("not delivered in time")]
    TimedOut,
    /// The gateway is at fault.
    #[error("delivering it panicked")]
    Panicked,
}

async fn process<F>(
    event: SqsEvent,
    concurrency: usize,
    deadlines: Deadlines,
    dispatch: impl Fn(Vec<Delivery>) -> F,
) -> SqsBatchResponse
where
    F: Future<Output = Dispatched>,
{
    let mut seen = HashSet::new();
    // The queue may hand out a message twice, even within a batch.
    let messages = event
        .records
        .into_iter()
        .filter(|message| seen.insert(message.message_id.clone()));
    let dispatch = &dispatch;
    let failures: Vec<_> = stream::iter(messages)
        .map(|message| async move {
            let error = attempt(&message, deadlines, dispatch).await.err()?;
            // One without an id would stand for the whole batch, which is all that can be said then.
            let id = message.message_id.unwrap_or_default();
            tracing::warn!(messageId = id, error = %ErrorChain(&error), "A message of the queue is returned.");
            Some(id)
        })
        .buffer_unordered(concurrency.max(1))
        .filter_map(std::future::ready)
        .collect()
        .await;
    let mut response = SqsBatchResponse::default();
    response.set_failures(failures);
    response
}

async fn attempt<F>(
    message: &SqsMessage,
    deadlines: Deadlines,
    dispatch: impl Fn(Vec<Delivery>) -> F,
) -> Result<(), MessageError>
where
    F: Future<Output = Dispatched>,
{
    if Instant::now() >= deadlines.begin {
        return Err(MessageError::NotBegun);
    }
    let deliveries = parse_message(message.body.as_deref().unwrap_or_default())?;
    let dispatching = AssertUnwindSafe(async { dispatch(deliveries).await }).catch_unwind();
    match timeout_at(deadlines.end, dispatching).await {
        Ok(Ok(Dispatched::Completed)) => Ok(()),
        Ok(Ok(Dispatched::Retry)) => Err(MessageError::Failed),
        Ok(Err(_panic)) => Err(MessageError::Panicked),
        Err(_elapsed) => Err(MessageError::TimedOut),
    }
}

#[cfg(test)]
mod tests;
