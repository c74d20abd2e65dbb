//! Authorizers (docs/contract.md §2.7): what such a function is asked, and what its answer means.

use serde::Serialize;

use crate::event::Event;
use crate::json::Json;

mod authorization;
mod token_question;

pub use authorization::{Authorization, Denial};
pub use token_question::TokenQuestion;

/// The payload an authorizer function receives.
#[derive(Debug, Serialize)]
pub struct AuthorizerRequest<'a> {
    /// The event to decide on.
    pub event: &'a Event,
    /// The request it came in with: an [`HttpRequest`](crate::event::HttpRequest).
    pub request: &'a Json,
}
