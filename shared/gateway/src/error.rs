//! Why a request is not answered as its sender hoped.

use std::time::Duration;

use domain::event::EventError;
use domain::function_response::MalformedResponse;
use domain::hook::HookRefusal;
use domain::hops::{Hops, HopsError};
use domain::ids::Space;
use domain::passthrough::NotPassedOn;
use domain::publish_options::PublishOptionsError;
use domain::space_version::SpaceVersionError;
use http::HeaderValue;
use queue::QueueError;
use store::StoreError;

use crate::invocation::called::CallError;
use crate::matching::schema_violated::SchemaViolated;
use crate::quota_used_up::QuotaUsedUp;

/// A request that fails. The texts are the wire's (docs/contract.md §2.5, §2.6).
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The gateway is shutting down.
    #[error("Service Unavailable")]
    Draining,
    /// The body is larger than the limit, in bytes.
    #[error("request body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// Requests and answers hold as many bytes as they may.
    #[error("too many bytes of requests and answers are held at the moment: try again")]
    Overloaded,
    /// The body did not arrive in time.
    #[error("request body could not be read")]
    BodyIncomplete(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body is not framed as HTTP wants it, or broke off.
    #[error("request body is malformed")]
    BodyMalformed(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body is compressed in a way that is not undone here.
    #[error("content coding is not supported: send the body as it is, or in one of gzip, br and zstd")]
    UnknownContentCoding,
    /// The header that asks for a version of the configuration cannot be read.
    #[error("header X-Min-Config-Version is malformed: {0}")]
    MinConfigVersion(#[source] SpaceVersionError),
    /// The routes cannot be confirmed.
    #[error("Service Unavailable")]
    Store(#[from] StoreError),
    /// The request holds no event that can be accepted.
    #[error(transparent)]
    Event(#[from] EventError),
    /// What the producer asks for beside the event cannot be followed.
    #[error(transparent)]
    PublishOptions(#[from] PublishOptionsError),
    /// Another request is about to queue an event with the same deduplication key.
    #[error("Service Unavailable")]
    DeduplicationContended,
    /// A client sent an event of the gateway's own types.
    #[error("event type \"{0}\" is reserved for events of the gateway")]
    SystemEventType(String),
    /// The data of an event does not fit the schema of its type.
    #[error("the data of event {:?} does not fit version {} of the schema of {:?}", .0.event_id, .0.version, .0.event_type)]
    SchemaViolated(Box<SchemaViolated>),
    /// The authorizer did not allow the event.
    #[error("Forbidden")]
    Forbidden {
        /// What it says about how to be allowed.
        challenge: Option<HeaderValue>,
    },
    /// The authorizer wants to know who sends the event.
    #[error("Unauthorized")]
    Unauthorized {
        /// What it says about how to prove that.
        challenge: Option<HeaderValue>,
    },
    /// The tenant that the space belongs to is suspended.
    #[error("the space is suspended")]
    Suspended,
    /// The authorizer could not be asked, so nothing is known about the event.
    #[error("Service Unavailable: the authorizer of the event type {0:?} cannot be asked")]
    AuthorizerFailed(String),
    /// A hook refused the event, or the answer to it.
    #[error("{refusal}")]
    HookRefused {
        /// What it says.
        refusal: HookRefusal,
        /// What it says about how to be allowed.
        challenge: Option<HeaderValue>,
    },
    /// A hook could not be asked, or what it says cannot be used: nothing is known about the event.
    #[error("Service Unavailable: a hook of the event type {0:?} cannot be asked")]
    HookFailed(String),
    /// The function was called, and a hook that its answer has to pass failed.
    #[error("Function call failed. Please check logs.")]
    AnswerHookFailed,
    /// The request, or an event, does not say how often it was passed on.
    #[error(transparent)]
    Hops(#[from] HopsError),
    /// The request, or an event, comes back for ever.
    #[error("loop detected: gateways have passed this on {hops} times, and {limit} is the most")]
    Loop {
        /// How often it was passed on.
        hops: Hops,
        /// How often that may be.
        limit: Hops,
    },
    /// The batch takes longer than it may, its client is gone, or the gateway is shutting down.
    #[error("Service Unavailable: not all events of the batch were taken")]
    BatchInterrupted,
    /// The request reaches no subscription, where that is an error.
    #[error("no subscription for this path, with this method and this type of event")]
    Unmatched,
    /// The request reaches no subscription, but others on its path would.
    #[error("no subscription for this method: on this path there are subscriptions with {}", .allowed.join(", "))]
    MethodNotAllowed {
        /// The methods that reach some, in the order of the alphabet.
        allowed: Vec<String>,
    },
    /// No subscription allows the direct call of this function on this path (docs/contract.md §7.4).
    #[error("function or subscription not found")]
    NotInvokable,
    /// The sync function could not be called.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The sync function's result is no response object.
    #[error(transparent)]
    Response(#[from] MalformedResponse),
    /// The async deliveries cannot be queued.
    #[error("Service Unavailable")]
    Queue(#[source] QueueError),
    /// As many connections have gone on with another protocol as may.
    #[error("too many upgraded connections are open: try again")]
    TooManyUpgraded,
    /// The request cannot be passed on to its function.
    #[error(transparent)]
    NotPassedOn(#[from] NotPassedOn),
    /// As many clients wait for functions of a space as may.
    #[error("too many calls of functions of space {:?} are in progress", .space.as_str())]
    SpaceBusy {
        /// The space.
        space: Space,
    },
    /// A subscription or a function takes no more calls for so long.
    #[error("too many calls of the function at the moment: try again later")]
    RateLimited {
        /// Time until it may take one.
        pause: Duration,
    },
    /// A space takes no more events for now.
    #[error(transparent)]
    QuotaUsedUp(#[from] Box<QuotaUsedUp>),
    /// A space has no more room in the queue of async deliveries; the queue has, for others.
    #[error(transparent)]
    SpaceFull(QueueError),
    /// An event is larger than the queue of async deliveries can take.
    #[error(transparent)]
    EventTooLarge(QueueError),
    /// An event for an ordered subscription has an ordering key, and the queue cannot keep an order.
    #[error(transparent)]
    NoFifoQueue(QueueError),
}

impl From<QueueError> for GatewayError {
    fn from(err: QueueError) -> Self {
        match err {
            QueueError::TooLarge { .. } => Self::EventTooLarge(err),
            QueueError::NoFifoQueue => Self::NoFifoQueue(err),
            QueueError::SpaceFull { .. } | QueueError::KeysFull { .. } => Self::SpaceFull(err),
            QueueError::Full | QueueError::Closed | QueueError::Unavailable { .. } => Self::Queue(err),
        }
    }
}

impl GatewayError {
    /// Of a call that failed: what the client's own request is the cause of, it is told.
    pub(crate) fn of_call(error: CallError) -> Self {
        match error {
            CallError::NotPassedOn(error) => Self::NotPassedOn(error),
            error => Self::Call(error),
        }
    }
}
