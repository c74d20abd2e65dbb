//! The one table from errors to HTTP answers (docs/contract.md §0.2, §1.11, §2.5, §2.6).

use std::panic::AssertUnwindSafe;

use axum::response::{IntoResponse, Response};
use domain::configuration::ConfigurationError;
use domain::event::EventError;
use domain::ids::DeliveryId;
use domain::passthrough::NotPassedOn;
use domain::refusal::Refusal;
use futures_util::FutureExt as _;
use gateway::{CallError, ErrorChain, GatewayError};
use http::{HeaderName, HeaderValue, StatusCode};
use store::StoreError;

use crate::config::InvalidRequest;
use crate::content_coding::ACCEPTED;
use call_message::call_message;

mod call_message;
mod error_body;
mod fault;
mod json_answer;
mod key_errors;
mod own_words;
mod queue_errors;
mod rate_limit;
mod report_errors;
mod response;
mod schemas;
mod tenant_errors;
mod uncounted;

pub(crate) use error_body::{Errors, wants_details, with_details};
pub(crate) use fault::{Fault, FaultErrors};
pub(crate) use json_answer::{json_answer, json_bytes, json_line};
use rate_limit::RateLimitFields;

/// An error as a client sees it.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    /// Seconds after which to try again.
    retry_after: Option<u32>,
    /// How a client can prove who it is.
    challenge: Option<HeaderValue>,
    /// Whether the client is told how bodies may be compressed.
    accept_encoding: bool,
    /// What its headers say that no other error has.
    besides: Option<Box<Besides>>,
    /// What a refused configuration request is about.
    refusal: Option<Box<Refusal>>,
    /// Where there are several things to say: all of them.
    faults: Vec<Fault>,
}

/// What an answer says besides.
#[derive(Debug)]
enum Besides {
    /// To a request that reached no subscription: methods that its path is known with.
    Unmatched(Option<HeaderValue>),
    /// To events that are more than a space takes: what it takes.
    RateLimit(RateLimitFields),
}

/// How many subscriptions a request reached, where it is none: its status may not tell (docs/contract.md Q69).
pub(crate) const MATCHED: HeaderName = HeaderName::from_static("x-event-gateway-matched");

/// Most bytes of a text that a client is told.
const MOST_MESSAGE_BYTES: usize = 4 * 1024;

/// The challenge of a 401 that has no other: it must have one (RFC 9110, section 15.5.2).
const BEARER: HeaderValue = HeaderValue::from_static("Bearer");

impl ApiError {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let mut message = message.into();
        // Some repeat what was sent, which may be as large as a body.
        if message.len() > MOST_MESSAGE_BYTES {
            message.truncate(message.floor_char_boundary(MOST_MESSAGE_BYTES));
            message.push('…');
        }
        Self {
            status,
            message,
            retry_after: None,
            challenge: None,
            accept_encoding: false,
            besides: None,
            refusal: None,
            faults: Vec::new(),
        }
    }

    /// The same error with each of the things that it is made of.
    pub(crate) fn with_faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }

    /// The answer to a version of a schema that does not go with those before it.
    pub(crate) fn incompatible(message: String, faults: Vec<Fault>) -> Self {
        Self::new(StatusCode::CONFLICT, message).with_faults(faults)
    }

    /// The answer to a request for what is not there.
    pub(crate) fn nothing_there() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// The answer where something panicked (Q54).
    fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    }

    /// The same error with what it is about.
    pub(crate) fn about(mut self, refusal: Refusal) -> Self {
        self.refusal = Some(Box::new(refusal));
        self
    }

    /// The answer to a request without the access key (Q67).
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    /// The answer to a request that a page of another origin made, or may have made.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// The answer to a request for a dead letter that is not there.
    pub(crate) fn no_dead_letter(id: &DeliveryId) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("Dead letter {:?} not found.", id.as_str()),
        )
    }

    /// The answer where deliveries are logged but cannot be read back by this process.
    pub(crate) fn delivery_log_elsewhere() -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "the delivery log of this deployment is in its structured logs",
        )
    }

    /// The answer where deliveries wait in a service that shows them itself.
    pub(crate) fn waiting_elsewhere() -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "the deliveries of this deployment wait in Amazon SQS: look at its queues, and purge them, there",
        )
    }

    /// The answer where authorizers are to be asked and there is nothing in this process that calls functions.
    pub(crate) fn nobody_asks() -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "this deployment calls no functions from its Configuration API: authorizers cannot be asked here",
        )
    }

    /// The answer when the delivery log is there but cannot be read. What the disk said is for the log only.
    pub(crate) fn unreadable_delivery_log(err: &std::io::Error) -> Self {
        tracing::error!(error = %ErrorChain(err), "The delivery log could not be read.");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the delivery log cannot be read",
        )
    }

    /// The answer when a record of a change is not JSON.
    pub(crate) fn unreadable_audit(version: u64) -> Self {
        tracing::error!(version, "A record of a change could not be read.");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "a record of a change cannot be read",
        )
    }

    /// The answer to a request that reached no subscription.
    fn unmatched(status: StatusCode, message: String, allow: Option<HeaderValue>) -> Self {
        Self {
            besides: Some(Box::new(Besides::Unmatched(allow))),
            ..Self::new(status, message)
        }
    }

    /// An answer that asks to try again soon.
    fn unavailable(message: impl Into<String>) -> Self {
        Self {
            retry_after: Some(1),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
        }
    }
}

impl From<GatewayError> for ApiError {
    fn from(err: GatewayError) -> Self {
        let message = err.to_string();
        match err {
            GatewayError::Store(err) => {
                // Of routes that are not known no client may learn more than that.
                tracing::error!(error = %ErrorChain(&err), "The routes could not be confirmed.");
                Self::unavailable(message)
            }
            GatewayError::Draining
            | GatewayError::Queue(_)
            | GatewayError::SpaceBusy { .. }
            | GatewayError::TooManyUpgraded
            | GatewayError::SpaceFull(_)
            | GatewayError::Overloaded
            | GatewayError::DeduplicationContended
            | GatewayError::AuthorizerFailed(_)
            | GatewayError::HookFailed(_)
            | GatewayError::BatchInterrupted => Self::unavailable(message),
            GatewayError::BodyTooLarge { .. }
            | GatewayError::EventTooLarge(_)
            | GatewayError::Event(EventError::BatchTooLong { .. }) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, message)
            }
            GatewayError::UnknownContentCoding => Self {
                accept_encoding: true,
                ..Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message)
            },
            GatewayError::SchemaViolated(violated) => {
                let faults = violated.violations.into_iter().map(Fault::from).collect();
                Self::new(StatusCode::BAD_REQUEST, message).with_faults(faults)
            }
            GatewayError::BodyIncomplete(_) => Self::new(StatusCode::REQUEST_TIMEOUT, message),
            GatewayError::BodyMalformed(_)
            | GatewayError::Event(_)
            | GatewayError::MinConfigVersion(_)
            | GatewayError::PublishOptions(_)
            | GatewayError::Hops(_)
            | GatewayError::SystemEventType(_)
            | GatewayError::NotPassedOn(
                NotPassedOn::DotSegments | NotPassedOn::OtherSubscription | NotPassedOn::Batch,
            ) => Self::new(StatusCode::BAD_REQUEST, message),
            GatewayError::NotPassedOn(NotPassedOn::NoUpgrade) => {
                Self::new(StatusCode::NOT_IMPLEMENTED, message)
            }
            GatewayError::RateLimited { pause } => Self {
                retry_after: Some(u32::try_from(pause.as_millis().div_ceil(1000).max(1)).unwrap_or(u32::MAX)),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, message)
            },
            GatewayError::QuotaUsedUp(used_up) => Self {
                retry_after: Some(used_up.retry_after()),
                besides: Some(Box::new(Besides::RateLimit(RateLimitFields::of(&used_up)))),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, message)
            },
            GatewayError::Loop { .. } => Self::new(StatusCode::LOOP_DETECTED, message),
            GatewayError::Unauthorized { challenge } => Self {
                challenge,
                ..Self::new(StatusCode::UNAUTHORIZED, message)
            },
            GatewayError::Forbidden { challenge } => Self {
                challenge,
                ..Self::new(StatusCode::FORBIDDEN, message)
            },
            GatewayError::Suspended => Self::new(StatusCode::FORBIDDEN, message),
            GatewayError::HookRefused { refusal, challenge } => Self {
                challenge,
                ..Self::new(refusal.status, message)
            },
            GatewayError::Unmatched => Self::unmatched(StatusCode::NOT_FOUND, message, None),
            GatewayError::MethodNotAllowed { allowed } => {
                let allow = HeaderValue::try_from(allowed.join(", ")).ok();
                Self::unmatched(StatusCode::METHOD_NOT_ALLOWED, message, allow)
            }
            GatewayError::NotInvokable => Self::new(StatusCode::NOT_FOUND, message),
            GatewayError::Call(CallError::Sealed) => Self::unavailable("Service Unavailable"),
            GatewayError::Call(err) if err.is_overload() => {
                Self::unavailable(GatewayError::Overloaded.to_string())
            }
            GatewayError::Call(err) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, call_message(&err)),
            GatewayError::NoFifoQueue(_) => {
                tracing::error!(
                    error = message,
                    "An event for an ordered subscription was refused."
                );
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
            }
            GatewayError::AnswerHookFailed | GatewayError::Response(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, message)
            }
        }
    }
}

impl From<ConfigurationError> for ApiError {
    fn from(err: ConfigurationError) -> Self {
        let status = match &err {
            ConfigurationError::NotFound { .. } => StatusCode::NOT_FOUND,
            ConfigurationError::PlanNotYours => StatusCode::FORBIDDEN,
            ConfigurationError::AlreadyExists { .. }
            | ConfigurationError::SpaceOfTenant { .. }
            | ConfigurationError::TenantInUse { .. }
            | ConfigurationError::TenantSuspended { .. }
            | ConfigurationError::TenantLeaving { .. }
            | ConfigurationError::SchemaChanged(_)
            | ConfigurationError::OfOtherSet { .. } => StatusCode::CONFLICT,
            ConfigurationError::PreconditionFailed { .. } => StatusCode::PRECONDITION_FAILED,
            ConfigurationError::Invalid(_)
            | ConfigurationError::UnknownMembers { .. }
            | ConfigurationError::Unusable { .. }
            | ConfigurationError::AnswersHealthChecks { .. }
            | ConfigurationError::CreatedInFuture { .. }
            | ConfigurationError::MissingReference { .. }
            | ConfigurationError::MissingAuthorizer
            | ConfigurationError::MissingVariant { .. }
            | ConfigurationError::FunctionIsVariant { .. }
            | ConfigurationError::EventTypeInUse
            | ConfigurationError::FunctionInUse
            | ConfigurationError::FunctionIsAuthorizer { .. }
            | ConfigurationError::FunctionAuthorizesSubscription { .. }
            | ConfigurationError::NotPassthrough { .. }
            | ConfigurationError::Transform { .. }
            | ConfigurationError::TransformOfPassthrough { .. }
            | ConfigurationError::MissingHook { .. }
            | ConfigurationError::NotAHook { .. }
            | ConfigurationError::FunctionIsHook { .. }
            | ConfigurationError::TooManyHooks { .. }
            | ConfigurationError::OnlyAuthorizes(_)
            | ConfigurationError::Immutable { .. }
            | ConfigurationError::PathConflict(_)
            | ConfigurationError::TooManyForms { .. }
            | ConfigurationError::TooManyAuthorizers { .. }
            | ConfigurationError::NotStrict { .. }
            | ConfigurationError::ForeignPath { .. }
            | ConfigurationError::TooManyUnindexed { .. }
            | ConfigurationError::TooMuchSchema { .. }
            | ConfigurationError::Repeated { .. }
            | ConfigurationError::NotMovable { .. }
            | ConfigurationError::QuotaUsedUp { .. }
            | ConfigurationError::UnknownPlan { .. }
            | ConfigurationError::TooManySpaces { .. }
            | ConfigurationError::TooMany { .. } => StatusCode::BAD_REQUEST,
        };
        Self::new(status, err.to_string()).about(Refusal::of(&err, None))
    }
}

impl From<StoreError> for ApiError {
    fn from(err: StoreError) -> Self {
        match err {
            StoreError::Rejected(err) => err.into(),
            StoreError::Contended { .. } => Self::new(StatusCode::CONFLICT, err.to_string()),
            StoreError::TooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, err.to_string()),
            // As where it panics in the request itself; what panicked has been logged where it did.
            StoreError::Panicked => Self::internal(),
            StoreError::Unavailable { .. } | StoreError::Corrupt { .. } | StoreError::Sealed { .. } => {
                // The client sees the store's own text (Q48), which never holds a stored value.
                let text = ErrorChain(&err).to_string();
                tracing::error!(error = text, "The store failed.");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, text)
            }
        }
    }
}

impl From<InvalidRequest> for ApiError {
    fn from(err: InvalidRequest) -> Self {
        Self::new(StatusCode::BAD_REQUEST, err.to_string())
    }
}

/// The answer to a request that there is no room for (docs/contract.md §0.2).
pub fn overloaded() -> Response {
    ApiError::from(GatewayError::Overloaded).into_response()
}

/// The answer that `handling` makes, or a plain error should it panic (Q54).
pub(crate) fn answer_or_internal_error(
    handling: impl Future<Output = Response>,
) -> impl Future<Output = Response> {
    // Whatever a broken handler leaves half done is dropped with it; what outlives it guards itself.
    AssertUnwindSafe(handling).catch_unwind().map(|handled| {
        handled.unwrap_or_else(|_| {
            tracing::error!("The handling of a request panicked.");
            ApiError::internal().into_response()
        })
    })
}

#[cfg(test)]
mod tests;
