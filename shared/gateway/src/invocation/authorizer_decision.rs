//! What an authorizer says of an event, and what the sender is told of it.

use std::sync::Arc;

use domain::authorizer::Denial;
use domain::event::Event;
use http::{HeaderValue, StatusCode};

use crate::error::GatewayError;

/// What an authorizer says of an event.
#[derive(Debug, Clone)]
pub(crate) enum AuthorizerDecision {
    /// It may pass: the event as the subscribers of the space get it.
    Allowed(Arc<Event>),
    /// It may not.
    Denied(Arc<AuthorizerRefusal>),
    /// The authorizer could not be asked, or did not get to decide.
    Failed,
}

/// Why an authorizer does not let an event pass.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorizerRefusal {
    /// Its answer says so, or says nothing that would allow it.
    #[error(transparent)]
    Answer(#[from] Denial),
    /// It answered 403.
    #[error("the authorizer answered with HTTP status code 403")]
    Forbidden {
        /// Its `WWW-Authenticate`, where it has one to pass on.
        challenge: Option<HeaderValue>,
    },
    /// It answered 401.
    #[error("the authorizer answered with HTTP status code 401")]
    Unauthorized {
        /// Its `WWW-Authenticate`.
        challenge: Option<HeaderValue>,
    },
}

impl AuthorizerRefusal {
    /// What the caller of a sync subscriber is answered.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
            Self::Answer(_) | Self::Forbidden { .. } => StatusCode::FORBIDDEN,
        }
    }
}

impl AuthorizerDecision {
    /// The event for a sync subscriber, whose caller gets no more than 403 where nobody has decided (docs/contract.md §2.7).
    pub(crate) fn for_caller(self) -> Result<Arc<Event>, GatewayError> {
        match self {
            Self::Allowed(event) => Ok(event),
            Self::Denied(refusal) => Err(match &*refusal {
                AuthorizerRefusal::Unauthorized { challenge } => GatewayError::Unauthorized {
                    challenge: challenge.clone(),
                },
                AuthorizerRefusal::Forbidden { challenge } => GatewayError::Forbidden {
                    challenge: challenge.clone(),
                },
                AuthorizerRefusal::Answer(_) => GatewayError::Forbidden { challenge: None },
            }),
            Self::Failed => Err(GatewayError::Forbidden { challenge: None }),
        }
    }
}
