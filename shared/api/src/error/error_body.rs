//! The body of errors: a message and nothing else, as ever (docs/contract.md O4), but for clients that ask what else there
//! is to say of a resource that was refused.

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use domain::refusal::Refusal;
use http::{HeaderMap, HeaderName};
use serde::Serialize;

use super::json_answer::json_bytes;

/// Request header of clients that want the details of errors: `true`.
const ERROR_DETAILS: HeaderName = HeaderName::from_static("x-event-gateway-error-details");

/// The body of every error.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Errors {
    /// Exactly one.
    errors: [ErrorMessage; 1],
}

/// What went wrong.
#[derive(Debug, Default, Serialize, utoipa::ToSchema)]
struct ErrorMessage {
    /// For people to read; the texts of the wire contract are stable. What follows is for requests with
    /// `X-Event-Gateway-Error-Details: true`.
    message: String,
    /// Path of the member of the request body that it is about, such as `retry.maxAttempts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
    /// What that member holds, cut where it is long. Never a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
    /// The rule that it breaks, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rule: Option<String>,
    /// What would be right, for people to read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    hint: Option<String>,
}

impl Errors {
    /// A message and nothing else.
    pub(super) fn plain(message: String) -> Self {
        Self {
            errors: [ErrorMessage {
                message,
                ..ErrorMessage::default()
            }],
        }
    }
}

/// An error whose answer could say more.
#[derive(Clone)]
pub(super) struct Details {
    pub(super) message: String,
    pub(super) refusal: Arc<Refusal>,
}

/// Whether a request asks for the details of an error.
pub(crate) fn wants_details(request: &HeaderMap) -> bool {
    request.get(ERROR_DETAILS).is_some_and(|value| value == "true")
}

/// An answer with the details of the error that it tells of, if there are any and the request asks for them.
pub(crate) fn with_details(request: &HeaderMap, mut response: Response) -> Response {
    if wants_details(request)
        && let Some(Details { message, refusal }) = response.extensions_mut().remove()
    {
        let about = Refusal::clone(&refusal);
        let errors = Errors {
            errors: [ErrorMessage {
                message,
                field: about.field,
                value: about.value,
                rule: about.rule.map(str::to_owned),
                hint: about.hint.map(Cow::into_owned),
            }],
        };
        *response.body_mut() = Body::from(json_bytes(&errors));
    }
    response
}
