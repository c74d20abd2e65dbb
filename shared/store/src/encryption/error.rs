//! Why secrets cannot be sealed or opened. No text shows any of a secret or of a key.

use std::error::Error;
use std::sync::Arc;

/// Secrets that cannot be sealed or opened. What is stored stays as it is.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SealError {
    /// They are encrypted, and the store has no key of that kind.
    #[error("its secrets are encrypted with {0}, and none is set")]
    NoKey(&'static str),
    /// The key file lacks the key that they are encrypted with.
    #[error("its secrets are encrypted with the key {0}, which is not in the key file")]
    UnknownKey(String),
    /// They were changed or moved, or the seal names the wrong key.
    #[error("its secrets were changed, or are those of another function")]
    Damaged,
    /// KMS did not give the key.
    #[error("the key of its secrets cannot be had from KMS")]
    Kms(#[source] Arc<dyn Error + Send + Sync>),
    /// A key is not 32 bytes long.
    #[error("a key has another length than 32 bytes")]
    KeyLength,
    /// The machine gives no random numbers.
    #[error("the machine has no random numbers")]
    NoRandomness,
    /// A secret is too long to be encrypted.
    #[error("a secret is too long")]
    TooLong,
}
