//! Who asks something of the Configuration API.

use std::sync::Arc;

use domain::access::Scope;
use domain::resource::ApiKey;

use crate::error::ApiError;

/// Who asks.
#[derive(Debug)]
pub(super) enum Caller {
    /// Somebody who may do everything: the holder of the access key, or anybody where there is none.
    Root,
    /// The holder of a key of the space that the request names, which allows the request.
    Key(Arc<ApiKey>),
}

impl Caller {
    /// Refuses what only the holders of keys with a further scope may do.
    pub(super) fn check_allowed(&self, scope: Scope) -> Result<(), ApiError> {
        match self {
            Self::Key(own) if !own.allows(scope) => Err(ApiError::beyond_scope(scope)),
            Self::Root | Self::Key(_) => Ok(()),
        }
    }

    /// Whether the plan of the space is for them to change: whoever has keys of it would raise the quotas that bind them.
    pub(super) fn may_change_plan(&self) -> bool {
        matches!(self, Self::Root)
    }

    /// Refuses to make, roll or delete a key that allows more than the caller may do.
    pub(super) fn check_covers(&self, key: &ApiKey) -> Result<(), ApiError> {
        match self {
            Self::Root => Ok(()),
            Self::Key(own) if own.covers(key) => Ok(()),
            Self::Key(_) => Err(ApiError::forbidden(
                "Forbidden: the key allows more than that of the request",
            )),
        }
    }
}
