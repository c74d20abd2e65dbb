//! Headers by which an HTTP function knows a call: those of Standard Webhooks, and two of our own.

use std::sync::Arc;
use std::time::SystemTime;

use clocks::since_epoch;
use domain::resource::SigningSecret;
use domain::trace::Trace;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, InvalidHeaderValue};

use super::signature::{self, WebhookSigningError};
use crate::call::CallIdentity;
use crate::error::InvokeError;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
const ATTEMPT: HeaderName = HeaderName::from_static("x-event-gateway-attempt");
const SUBSCRIPTION: HeaderName = HeaderName::from_static("x-event-gateway-subscription-id");

/// How many headers an identified call has more than others, and how many more if its event is followed.
const HEADERS: usize = 5;
const TRACE_HEADERS: usize = 3;

/// Adds to a request the headers that tell its call, if there is anything to tell. It is not signed.
pub(crate) fn identify(headers: &mut HeaderMap, identity: Option<&CallIdentity>) -> Result<(), InvokeError> {
    let Some(identity) = identity else {
        return Ok(());
    };
    Identification::of(identity, &[], &[])
        .map_err(InvokeError::unusable)?
        .write(headers, true);
    Ok(())
}

/// The headers of one call. They stay the same over its redirects.
pub(crate) struct Identification {
    id: HeaderValue,
    /// Seconds since the Unix epoch.
    timestamp: u64,
    /// One signature for each secret of the function; `None` if it has none.
    signature: Option<HeaderValue>,
    attempt: u32,
    subscription: Option<HeaderValue>,
    trace: Option<Arc<Trace>>,
}

/// A call that cannot be identified. The texts show no secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentificationError {
    #[error("the delivery or the subscription has an id that is no header")]
    Id(#[from] InvalidHeaderValue),
    #[error(transparent)]
    Signing(#[from] WebhookSigningError),
}

impl Identification {
    /// Identifies a call that is made now and sends this body.
    pub(crate) fn of(
        identity: &CallIdentity,
        secrets: &[SigningSecret],
        body: &[u8],
    ) -> Result<Self, IdentificationError> {
        let id = identity.delivery.as_str();
        let timestamp = since_epoch(SystemTime::now()).as_secs();
        Ok(Self {
            id: HeaderValue::from_str(id)?,
            timestamp,
            signature: signature::of(secrets, id, timestamp, body)?,
            attempt: identity.attempt,
            subscription: identity
                .subscription
                .as_ref()
                .map(|id| HeaderValue::from_str(id.as_str()))
                .transpose()?,
            trace: identity.trace.clone(),
        })
    }

    /// How many headers there may be of it.
    pub(super) fn most_headers(&self) -> usize {
        HEADERS + self.trace.as_ref().map_or(0, |_| TRACE_HEADERS)
    }

    /// Adds the headers. The signature is that of the body, so it only goes where the body goes.
    pub(crate) fn write(&self, headers: &mut HeaderMap, with_body: bool) {
        headers.insert(ID, self.id.clone());
        headers.insert(TIMESTAMP, self.timestamp.into());
        headers.insert(ATTEMPT, self.attempt.into());
        if let Some(subscription) = &self.subscription {
            headers.insert(SUBSCRIPTION, subscription.clone());
        }
        if let Some(signature) = self.signature.as_ref().filter(|_| with_body) {
            headers.insert(SIGNATURE, signature.clone());
        }
        if let Some(trace) = &self.trace {
            headers.extend(trace.headers().map(|(name, value)| (name, value.clone())));
        }
    }
}
