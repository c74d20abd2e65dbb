//! What is read from the environment besides what arguments have as their variables: the access key, which is no argument.

use crate::key::Key;

/// Variable with the access key.
pub(crate) const KEY: &str = "EG_KEY";

/// The access key that the environment holds.
pub(crate) fn key() -> Option<Key> {
    std::env::var(KEY).ok().as_deref().and_then(Key::of)
}
