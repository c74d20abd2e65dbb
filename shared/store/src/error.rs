//! Why a store cannot be opened, read or written. No text here shows a stored value: functions hold credentials (Q63).

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use domain::configuration::ConfigurationError;
use domain::ids::Space;
use serde_json::error::Category;

use crate::encryption::SealError;

/// Why an operation on the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The request breaks a rule; the store is as it was.
    #[error(transparent)]
    Rejected(#[from] ConfigurationError),
    /// The storage failed. A write that failed so is not in effect, but one that the disk took before it failed may
    /// come into effect later.
    #[error("configuration store is unavailable")]
    Unavailable {
        /// What failed; shared by all writes that it hit.
        #[source]
        source: Arc<dyn Error + Send + Sync>,
    },
    /// Others changed the space all the time that this write could take.
    #[error("configuration of space \"{space}\" is being changed by others: try again")]
    Contended {
        /// The space.
        space: Space,
    },
    /// Carrying out the change panicked, which is a fault of this program. Nothing of the change is in effect.
    #[error("the change panicked")]
    Panicked,
    /// The resource takes more bytes than an item of the store may have.
    #[error(
        "resource takes {bytes} bytes in the configuration store, which are more than its limit of {limit}"
    )]
    TooLarge {
        /// What it takes, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// A stored value is not what the store writes.
    #[error("stored configuration {key} cannot be read")]
    Corrupt {
        /// Key of the value: kind, space and id.
        key: String,
        /// What is wrong with it.
        #[source]
        source: CorruptValue,
    },
    /// Secrets of a stored function cannot be decrypted, or those of a new one not encrypted. Nothing is lost by it.
    #[error("stored configuration {key} cannot be decrypted or encrypted")]
    Sealed {
        /// Key of the value: kind, space and id.
        key: String,
        /// Why not.
        #[source]
        source: SealError,
    },
}

impl StoreError {
    /// The error of secrets of a stored value. Damaged ones are like any other damage.
    pub(crate) fn sealed(key: impl Into<String>, source: SealError) -> Self {
        let key = key.into();
        match source {
            SealError::Damaged => Self::Corrupt {
                key,
                source: CorruptValue::Secrets,
            },
            source => Self::Sealed { key, source },
        }
    }

    pub(crate) fn unavailable(source: impl Error + Send + Sync + 'static) -> Self {
        Self::Unavailable {
            source: Arc::new(source),
        }
    }
}

/// What was looked for, or deleted; `None` where there is nothing of that id.
pub fn if_there<T>(found: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(StoreError::Rejected(ConfigurationError::NotFound { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is wrong with a stored value, without anything of the value itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorruptValue {
    /// The key names no kind of resource.
    #[error("unknown kind of resource")]
    UnknownKind,
    /// The value is not the JSON of such a resource. The decoder's own text would quote it, so only the place is kept.
    #[error("{category:?} error at line {line} column {column}")]
    Undecodable {
        /// Whether the JSON is broken or holds other members than it should.
        category: Category,
        /// Line of the fault, from 1; 0 when it has no place.
        line: usize,
        /// Column of the fault, from 1; 0 when it has no place.
        column: usize,
    },
    /// The value is a resource of another key.
    #[error("value of another key")]
    Misplaced,
    /// Its secrets are encrypted, and were changed or moved.
    #[error("its encrypted secrets were changed, or are those of another function")]
    Secrets,
    /// The value is compressed, and the bytes are damaged.
    #[error("compressed bytes are damaged")]
    Compression,
    /// The item lacks an attribute, or has another type of value in it.
    #[error("attribute \"{name}\" is missing or of another type")]
    Attribute {
        /// Name of the attribute.
        name: &'static str,
    },
}

impl From<serde_json::Error> for CorruptValue {
    fn from(err: serde_json::Error) -> Self {
        Self::Undecodable {
            category: err.classify(),
            line: err.line(),
            column: err.column(),
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody has it open: a folder serves one process.
    #[error("configuration store in {} is in use by another process", .directory.display())]
    InUse {
        /// The folder.
        directory: PathBuf,
    },
    /// A newer version of the program wrote it.
    #[error(
        "configuration store in {} has format {found}, written by a newer version; this one reads up to {known}",
        .directory.display()
    )]
    NewerFormat {
        /// The folder.
        directory: PathBuf,
        /// Format of the files.
        found: u64,
        /// Newest format that is understood.
        known: u64,
    },
    /// The folder or a file in it cannot be created, locked, read or written.
    #[error("configuration store in {} cannot be opened", .directory.display())]
    Unusable {
        /// The folder.
        directory: PathBuf,
        /// What failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// What is stored cannot be read.
    #[error(transparent)]
    Contents(#[from] StoreError),
}
