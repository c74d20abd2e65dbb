//! What writes answer.

use domain::space_version::SpaceVersion;

/// What a write made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<T> {
    /// The resource as it is stored.
    pub value: T,
    /// The state of its space that the write led to; `None` where every request sees every write that was answered.
    pub version: Option<SpaceVersion>,
}

impl<T> Written<T> {
    /// What every request sees from now on.
    pub(crate) fn in_effect(value: T) -> Self {
        Self { value, version: None }
    }
}
