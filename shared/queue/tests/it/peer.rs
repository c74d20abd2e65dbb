//! Answers as SQS does: a standard and a FIFO queue in memory behind its JSON protocol, which fail when they are told to.

mod actions;
mod queue;
mod state;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ::queue::sqs::{Signing, SigningKey};
use ::queue::{DeliveryQueue, Sqs, SqsSettings};
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::queue::Sent;
use self::state::State;

/// Most bytes of a message, as of AWS.
pub(crate) const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// How long messages of most tests stay hidden: longer than any test.
pub(crate) const HIDDEN: Duration = Duration::from_mins(10);

/// What goes wrong with a call.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// An error with this status and code.
    Error(u16, &'static str),
    /// No answer at all.
    Silence,
    /// These entries of a batch are refused.
    Entries(&'static [usize], EntryFault),
}

/// Why an entry of a batch is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryFault {
    /// SQS is at fault.
    Service,
    /// The client is at fault.
    Sender,
    /// The entry is not mentioned in the answer.
    Unmentioned,
}

/// A call that was made.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) action: String,
    pub(crate) input: Value,
}

/// A running peer; gone when dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    url: String,
    hidden_for: Duration,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Counts changes, for those who wait for one.
    changes: watch::Sender<u64>,
}

impl Peer {
    /// Starts one with queues whose messages are hidden for a while when received: for as long as this says, where its
    /// handles or a test receive them.
    pub(crate) async fn start(visibility_timeout: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(visibility_timeout, HIDDEN)),
            changes: watch::Sender::new(0),
        });
        let served = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&served);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                    // A client may go away at any time.
                    let _ = http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            url,
            hidden_for: visibility_timeout,
            shared,
            task,
        }
    }

    /// URL of the standard queue.
    pub(crate) fn queue_url(&self) -> String {
        format!("{}/000000000000/deliveries", self.url)
    }

    /// URL of the FIFO queue.
    pub(crate) fn fifo_queue_url(&self) -> String {
        format!("{}.fifo", self.queue_url())
    }

    /// A handle to the standard queue as a process of its own would have it.
    pub(crate) fn queue(&self) -> DeliveryQueue {
        self.limited(MAX_MESSAGE_BYTES)
    }

    /// A handle with another limit for messages.
    pub(crate) fn limited(&self, max_message_bytes: usize) -> DeliveryQueue {
        self.with(None, max_message_bytes)
    }

    /// A handle to both queues.
    pub(crate) fn both(&self) -> DeliveryQueue {
        self.with(Some(self.fifo_queue_url()), MAX_MESSAGE_BYTES)
    }

    fn with(&self, fifo_queue_url: Option<String>, max_message_bytes: usize) -> DeliveryQueue {
        self.of(SqsSettings {
            fifo_queue_url,
            max_message_bytes,
            ..self.settings()
        })
    }

    /// Settings of a handle to the standard queue alone, whose messages are not signed.
    pub(crate) fn settings(&self) -> SqsSettings {
        SqsSettings {
            queue_url: self.queue_url(),
            fifo_queue_url: None,
            dead_letter_queue_url: None,
            fifo_dead_letter_queue_url: None,
            signing: Signing::default(),
            max_message_bytes: MAX_MESSAGE_BYTES,
            fair: true,
            hidden_for: self.hidden_for,
        }
    }

    /// A handle with these settings.
    pub(crate) fn of(&self, settings: SqsSettings) -> DeliveryQueue {
        DeliveryQueue::Sqs(Sqs::new(client(&self.url), settings))
    }

    /// URL of the queue of messages that were not taken; with `.fifo` behind it, that of ordered ones. They are one here.
    pub(crate) fn dead_letter_url(&self) -> String {
        format!("{}/000000000000/dead", self.url)
    }

    /// Bodies of the messages that were not taken.
    pub(crate) fn dead(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().dead.bodies()
    }

    /// Waits until so many messages were not taken.
    pub(crate) async fn set_aside(&self, count: usize) {
        self.until(|state| state.dead.count().0 == count).await;
    }

    /// Lets the next calls of an action fail, one fault each.
    pub(crate) fn fail(&self, action: &'static str, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().map(|fault| (action, fault));
        self.shared.state.lock().unwrap().faults.extend(faults);
    }

    /// The calls of an action so far.
    pub(crate) fn calls(&self, action: &str) -> Vec<Call> {
        let state = self.shared.state.lock().unwrap();
        state
            .calls
            .iter()
            .filter(|call| call.action == action)
            .cloned()
            .collect()
    }

    /// All calls so far, in their order.
    pub(crate) fn all_calls(&self) -> Vec<Call> {
        self.shared.state.lock().unwrap().calls.clone()
    }

    /// Waits until as many calls of an action were made.
    pub(crate) async fn called(&self, action: &str, times: usize) {
        self.until(|state| state.calls.iter().filter(|call| call.action == action).count() >= times)
            .await;
    }

    /// Waits until clients have given up as many calls.
    pub(crate) async fn abandoned(&self, times: usize) {
        self.until(|state| state.abandoned >= times).await;
    }

    /// How many calls clients have given up.
    pub(crate) fn abandoned_calls(&self) -> usize {
        self.shared.state.lock().unwrap().abandoned
    }

    /// How many messages are in the standard queue, hidden ones included, and how many of them can be received.
    pub(crate) fn messages(&self) -> (usize, usize) {
        self.shared.state.lock().unwrap().standard.count()
    }

    /// The same of the FIFO queue, in which some that are not hidden wait for others.
    pub(crate) fn ordered_messages(&self) -> (usize, usize) {
        self.shared.state.lock().unwrap().fifo.count()
    }

    /// Waits until so many messages are in the standard and the FIFO queue, and so many of them are not hidden.
    pub(crate) async fn reached(&self, standard: (usize, usize), ordered: (usize, usize)) {
        self.until(|state| (state.standard.count(), state.fifo.count()) == (standard, ordered))
            .await;
    }

    /// Hands out a message, of the FIFO queue or of the standard one, to the test itself.
    pub(crate) fn take_one(&self, of_fifo: bool) -> Value {
        let mut state = self.shared.state.lock().unwrap();
        let State { standard, fifo, .. } = &mut *state;
        let queue = if of_fifo { fifo } else { standard };
        queue.take(1, None).remove(0)
    }

    /// Puts any text into the standard queue; gives the message id.
    pub(crate) fn put(&self, body: &str) -> String {
        let sent = Sent {
            body,
            group_id: "s",
            delay: Duration::ZERO,
            deduplication_id: None,
        };
        let id = self.shared.state.lock().unwrap().standard.put(sent);
        self.shared.changed();
        id
    }

    /// Puts any text into a group of the FIFO queue.
    pub(crate) fn put_ordered(&self, body: &str, group_id: &str) {
        let sent = Sent {
            body,
            group_id,
            delay: Duration::ZERO,
            deduplication_id: None,
        };
        self.shared.state.lock().unwrap().fifo.put(sent);
        self.shared.changed();
    }

    /// Lets messages that are hidden or held back be received at once.
    pub(crate) fn show_all(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.standard.show_all();
        state.fifo.show_all();
        drop(state);
        self.shared.changed();
    }

    /// Moves the time at which every message of the standard queue was sent.
    pub(crate) fn shift_sent(&self, milliseconds: i64) {
        self.shared
            .state
            .lock()
            .unwrap()
            .standard
            .shift_sent(milliseconds);
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) {
        let mut changes = self.shared.changes.subscribe();
        let wait = changes.wait_for(|_| holds(&self.shared.state.lock().unwrap()));
        drop(tokio::time::timeout(Duration::from_secs(30), wait).await.unwrap());
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }
}

/// Counts a call as abandoned when it is dropped before its answer.
struct Abandonment(Option<Arc<Shared>>);

impl Drop for Abandonment {
    fn drop(&mut self) {
        if let Some(shared) = self.0.take() {
            shared.state.lock().unwrap().abandoned += 1;
            shared.changed();
        }
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let target = request.headers()["x-amz-target"].to_str().unwrap().to_owned();
    let action = target.strip_prefix("AmazonSQS.").unwrap().to_owned();
    let input = request.into_body().collect().await.unwrap().to_bytes();
    let input: Value = serde_json::from_slice(&input).unwrap();
    let mut abandonment = Abandonment(Some(Arc::clone(&shared)));
    let result = actions::run(&shared, &action, input).await;
    abandonment.0 = None;
    let (status, body) = match result {
        Ok(output) => (200, output),
        Err((status, code)) => (
            status,
            serde_json::json!({"__type": format!("com.amazonaws.sqs#{code}"), "message": "SECRET"}),
        ),
    };
    let response = Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.0");
    Ok(response.body(Full::new(body.to_string().into())).unwrap())
}

/// Signing with keys that are made of a letter each.
pub(crate) fn signing(keys: &str) -> Signing {
    let key = |letter: char| SigningKey::new(&letter.to_string().repeat(32)).unwrap();
    Signing {
        keys: keys.chars().map(key).collect(),
        accept_unsigned: false,
    }
}

/// A client of an endpoint that gives up soon and does not retry, so that tests see every failure.
pub(crate) fn client(endpoint: &str) -> aws_sdk_sqs::Client {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(2))
        .build();
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .build();
    aws_sdk_sqs::Client::from_conf(config)
}
