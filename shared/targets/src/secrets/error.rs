//! Why a secret cannot be had. No text shows any of a secret; all name where it was looked for.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{BoxError, InvokeError};

/// A secret that a call cannot be made without.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The operator does not let functions refer to such places.
    #[error("this gateway does not allow secrets by {0}")]
    NotAllowed(&'static str),
    /// The reference is not one that can be registered.
    #[error("the reference to the secret {0}")]
    Malformed(&'static str),
    /// There is no folder of secrets.
    #[error("secrets in files need a folder of secrets, and none is set")]
    NoDirectory,
    /// The variable is not there, or is no text.
    #[error("environment variable {0} is not set")]
    NoVariable(String),
    /// The file cannot be read.
    #[error("{name} cannot be read")]
    File {
        /// What was to be read.
        name: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file is somewhere else: a link leads out of the folder.
    #[error("{0} is not in the folder of secrets")]
    Outside(String),
    /// The file is no file, is too large, or holds something else than text.
    #[error("{name} {reason}")]
    NoText {
        /// What was read.
        name: String,
        /// Why it is none.
        reason: &'static str,
    },
    /// The secret is a JSON object that lacks the member, or is none.
    #[error("{source_name} has no member \"{member}\"")]
    NoMember {
        /// What was read.
        source_name: String,
        /// The member that was looked for.
        member: String,
    },
    /// There is nothing in it.
    #[error("{0} is empty")]
    Empty(String),
    /// It has not the form of a signing secret.
    #[error("a signing secret of the function is malformed")]
    SigningSecret,
    /// A name without a region, and the gateway has none of its own.
    #[error("{0} is given by name, and no AWS region is set")]
    NoRegion(String),
    /// AWS did not give it.
    #[error("{name} cannot be read")]
    Service {
        /// What was to be read.
        name: String,
        /// Whether AWS said that it is not there or may not be read, so that asking again is of no use.
        permanent: bool,
        /// What AWS said.
        #[source]
        source: BoxError,
    },
    /// Reading took too long.
    #[error("{name} cannot be read: no answer within {limit:?}")]
    TimedOut {
        /// What was to be read.
        name: String,
        /// The time it had.
        limit: Duration,
    },
    /// The task that read it is gone.
    #[error("reading a secret was broken off")]
    Stopped,
}

impl SecretError {
    /// Whether another attempt can only fail again, as long as nobody changes something.
    pub(crate) fn is_permanent(&self) -> bool {
        match self {
            Self::Service { permanent, .. } => *permanent,
            Self::File { source, .. } => {
                use io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
                matches!(source.kind(), NotFound | PermissionDenied | NotADirectory)
            }
            Self::TimedOut { .. } | Self::Stopped => false,
            Self::NotAllowed(_)
            | Self::Malformed(_)
            | Self::NoDirectory
            | Self::NoVariable(_)
            | Self::Outside(_)
            | Self::NoText { .. }
            | Self::NoMember { .. }
            | Self::Empty(_)
            | Self::SigningSecret
            | Self::NoRegion(_) => true,
        }
    }

    /// An error of AWS.
    pub(super) fn service(name: String, error: InvokeError) -> Self {
        let permanent = error.class() == domain::retry::FailureClass::Permanent;
        let source = match error {
            InvokeError::Throttled { source, .. } | InvokeError::Unavailable { source, .. } => source,
            other => other.into(),
        };
        Self::Service {
            name,
            permanent,
            source,
        }
    }
}

impl From<SecretError> for InvokeError {
    fn from(error: SecretError) -> Self {
        Self::from(Arc::new(error))
    }
}

impl From<Arc<SecretError>> for InvokeError {
    fn from(error: Arc<SecretError>) -> Self {
        if error.is_permanent() {
            Self::unusable(error)
        } else {
            Self::unavailable(error)
        }
    }
}
