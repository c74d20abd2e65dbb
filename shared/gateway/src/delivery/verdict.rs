//! What becomes of a delivery, by the policy of its subscription: pure decisions, so that each can be tested.

use std::time::Duration;

use domain::dead_letter::{DeadLetter, DeadLetterReason, LastResponse};
use domain::delivery::Delivery;
use domain::passthrough::NotPassedOn;
use domain::retry::{FailureClass, MOST_ATTEMPTS, RetryPolicy};
use targets::{FunctionAnswer, InvokeError};

use crate::invocation::called::CallError;

/// HTTP status of a gateway that an event came to too often (RFC 5842).
const LOOP_DETECTED: u16 = 508;

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FailedAttempt {
    pub(super) class: FailureClass,
    /// Time after which the function asked to be called again.
    pub(super) retry_after: Option<Duration>,
    pub(super) error: String,
    pub(super) response: Option<LastResponse>,
}

/// What follows from a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureVerdict {
    Retry { pause: Duration },
    GiveUp(DeadLetterReason),
    PauseSubscription,
}

impl FailedAttempt {
    /// What kept an answered call from being a delivery, if anything did.
    pub(super) fn of_answer(answer: &FunctionAnswer) -> Option<Self> {
        let rejection = answer.rejection.as_ref()?;
        Some(Self {
            class: rejection.class,
            retry_after: rejection.retry_after,
            error: format!("function answered with HTTP status code {}", rejection.status),
            response: answer.last_response(),
        })
    }

    /// Why a call failed.
    pub(super) fn of_error(error: &InvokeError) -> Self {
        Self {
            class: error.class(),
            retry_after: error.retry_after(),
            error: error.to_string(),
            response: error.last_response(),
        }
    }

    /// The function that stood in for another one is missing.
    pub(super) fn missing_standby() -> Self {
        Self {
            class: FailureClass::Permanent,
            retry_after: None,
            error: CallError::UnknownFunction.to_string(),
            response: None,
        }
    }

    /// The secrets of the function cannot be decrypted for now.
    pub(super) fn sealed() -> Self {
        Self {
            class: FailureClass::Transient,
            retry_after: None,
            error: CallError::Sealed.to_string(),
            response: None,
        }
    }

    /// The request of a client cannot be passed on, nor could it ever.
    pub(super) fn not_passed_on(error: NotPassedOn) -> Self {
        Self {
            class: FailureClass::Permanent,
            retry_after: None,
            error: error.to_string(),
            response: None,
        }
    }

    /// The event cannot be transformed, nor could it ever.
    pub(super) fn untransformed(error: String) -> Self {
        Self {
            class: FailureClass::Permanent,
            retry_after: None,
            error,
            response: None,
        }
    }

    /// The same, with the time that the function named as far as it counts: `most`, or longer pauses that the
    /// subscription allows.
    pub(super) fn heeding(mut self, policy: &RetryPolicy, most: Duration) -> Self {
        self.retry_after = policy.heeded(self.retry_after, most);
        self
    }

    /// The same of a function that only stood in for another one, which may be called after `pause`: that one may take
    /// what this one does not.
    pub(super) fn of_standby(mut self, pause: Duration) -> Self {
        if self.is_final() {
            self.class = FailureClass::Transient;
            self.retry_after = Some(pause);
        }
        self
    }

    /// The gateway itself is at fault, and would be again: what it did depends on the event and on the settings of the
    /// function. The dead letter can be redriven when that is mended.
    pub(super) fn panicked() -> Self {
        Self {
            class: FailureClass::Permanent,
            retry_after: None,
            error: "delivery panicked".to_owned(),
            response: None,
        }
    }

    /// Whether the same call can only fail again.
    fn is_final(&self) -> bool {
        matches!(self.class, FailureClass::Permanent | FailureClass::Gone)
    }

    /// HTTP status code of the answer, if there was one.
    pub(super) fn status(&self) -> Option<u16> {
        self.response.as_ref()?.status
    }
}

/// Whether a delivery has had all of its attempts. A message that kills whoever works on it is received again without
/// ever having failed. An ordered one may have been received that often without an attempt, because it waited behind
/// others, so only the greatest number of all counts for it. Age is no reason not to attempt: a delivery that waited for long, for a paused subscription or a
/// function that was left alone, gets one attempt before it is given up.
pub(super) fn is_exhausted(delivery: &Delivery, policy: &RetryPolicy) -> bool {
    let most = if delivery.ordering_key.is_some() {
        MOST_ATTEMPTS
    } else {
        policy.max_attempts()
    };
    delivery.attempts >= most
}

/// What follows from a failure at the time `now`, in milliseconds since the Unix epoch. `jitter` is a random number
/// from 0 up to 1.
pub(super) fn verdict(
    delivery: &Delivery,
    policy: &RetryPolicy,
    failure: &FailedAttempt,
    now: u64,
    jitter: f64,
) -> FailureVerdict {
    let failed_attempts = delivery.attempts.saturating_add(1);
    match failure.class {
        // Another gateway, or this one, has seen the event too often.
        FailureClass::Permanent if failure.status() == Some(LOOP_DETECTED) => {
            return FailureVerdict::GiveUp(DeadLetterReason::Loop);
        }
        FailureClass::Permanent => return FailureVerdict::GiveUp(DeadLetterReason::PermanentFailure),
        FailureClass::Gone => return FailureVerdict::PauseSubscription,
        FailureClass::Transient | FailureClass::Throttled => {}
    }
    if failed_attempts >= policy.max_attempts() {
        return FailureVerdict::GiveUp(DeadLetterReason::AttemptsExhausted);
    }
    let pause = policy.pause(failed_attempts, jitter, failure.retry_after);
    if pause >= time_left(delivery, policy, now) {
        return FailureVerdict::GiveUp(DeadLetterReason::Expired);
    }
    FailureVerdict::Retry { pause }
}

/// Time until a delivery is too old. One that was to wait is as old as it is overdue.
fn time_left(delivery: &Delivery, policy: &RetryPolicy, now: u64) -> Duration {
    let since = delivery.accepted_at.max(delivery.deliver_at.unwrap_or_default());
    let age = Duration::from_millis(now.saturating_sub(since));
    policy.max_age().saturating_sub(age)
}

/// The dead letter of a delivery, after `attempts` attempts.
pub(super) fn dead_letter(
    delivery: &Delivery,
    reason: DeadLetterReason,
    attempts: u32,
    failure: Option<FailedAttempt>,
    now: u64,
) -> DeadLetter {
    let (error, last_response) =
        failure.map_or((None, None), |failure| (Some(failure.error), failure.response));
    DeadLetter {
        delivery_id: delivery.id.clone(),
        space: delivery.space.clone(),
        subscription_id: delivery.subscription.clone(),
        function_id: delivery.function.clone(),
        reason,
        error,
        last_response,
        attempts,
        accepted_at: delivery.accepted_at,
        dead_at: now,
        ordering_key: delivery.ordering_key.as_deref().map(str::to_owned),
        arrival: delivery.arrival.clone(),
        event: delivery.event.clone(),
    }
}

#[cfg(test)]
mod tests;
