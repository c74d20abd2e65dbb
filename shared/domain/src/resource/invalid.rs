//! Why a request body is no resource.

use super::{CorsError, HookError, Kind, ProviderError};
use crate::json::JsonError;
use crate::validation::Violations;

/// A request body that is not a valid resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} doesn't validate. Validation error: {cause}", .kind.title())]
pub struct InvalidResource {
    /// Kind of resource that was expected.
    pub kind: Kind,
    /// What is wrong with it.
    #[source]
    pub cause: InvalidCause,
}

/// What is wrong with a request body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCause {
    /// It is not JSON of the right shape.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Fields break their rules.
    #[error(transparent)]
    Fields(#[from] Violations),
    /// The provider of a function cannot be used.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The lists of a CORS configuration cannot be taken.
    #[error(transparent)]
    Cors(#[from] CorsError),
    /// Hooks cannot be taken.
    #[error(transparent)]
    Hooks(#[from] HookError),
    /// The filters of a subscription cannot be compiled.
    #[error(transparent)]
    Filters(#[from] filters::FilterError),
}

impl InvalidCause {
    pub(super) fn of(self, kind: Kind) -> InvalidResource {
        InvalidResource { kind, cause: self }
    }
}
