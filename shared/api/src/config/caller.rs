//! Who asks something of the Configuration API.

use std::sync::Arc;

use domain::access::Scope;
use domain::resource::ApiKey;
use domain::routing::may_send;
use domain::timestamp::Timestamp;

use crate::error::ApiError;

/// Who asks.
#[derive(Debug)]
pub(super) enum Caller {
    /// Somebody who may do everything: the holder of the access key, or anybody where there is none.
    Root,
    /// The holder of a key of the space that the request names, which allows the request.
    Key(Holder),
}

/// Somebody with a key.
#[derive(Debug)]
pub(super) struct Holder {
    /// The key.
    pub(super) key: Arc<ApiKey>,
    /// When what they have of it is over.
    pub(super) end: Option<Timestamp>,
}

impl Caller {
    /// Refuses what only the holders of keys with a further scope may do.
    pub(super) fn check_allowed(&self, scope: Scope) -> Result<(), ApiError> {
        match self {
            Self::Key(own) if !own.key.allows(scope) => Err(ApiError::beyond_scope(scope)),
            Self::Root | Self::Key(_) => Ok(()),
        }
    }

    /// Refuses what only those may do who may send an event of a type on a path.
    pub(super) fn check_may_send(&self, event_type: &str, path: &str) -> Result<(), ApiError> {
        match self {
            Self::Key(own) if !may_send(&own.key, Some(event_type), path) => {
                Err(ApiError::beyond_scope(Scope::EventsEmit))
            }
            Self::Root | Self::Key(_) => Ok(()),
        }
    }

    /// Whether the plan of the space is for them to change: whoever has keys of it would raise the quotas that bind them.
    pub(super) fn may_change_plan(&self) -> bool {
        matches!(self, Self::Root)
    }

    /// Refuses what is for the holder of the access key alone.
    pub(super) fn check_root(&self) -> Result<(), ApiError> {
        match self {
            Self::Root => Ok(()),
            Self::Key(_) => Err(ApiError::forbidden(
                "Forbidden: only the access key of the Configuration API allows this",
            )),
        }
    }

    /// Refuses to delete a key that allows more than the caller may do.
    pub(super) fn check_covers(&self, key: &ApiKey) -> Result<(), ApiError> {
        match self {
            Self::Root => Ok(()),
            Self::Key(own) if own.key.covers(key) => Ok(()),
            Self::Key(_) => Err(ApiError::forbidden(
                "Forbidden: the key allows more than that of the request",
            )),
        }
    }

    /// Refuses to make or roll a key that allows more than the caller may do, or for longer.
    pub(super) fn check_may_issue(&self, key: &ApiKey) -> Result<(), ApiError> {
        self.check_covers(key)?;
        match self {
            Self::Key(own) if !own.key.may_issue(own.end, key) => Err(ApiError::forbidden(
                "Forbidden: the key ends later than that of the request",
            )),
            Self::Root | Self::Key(_) => Ok(()),
        }
    }
}
