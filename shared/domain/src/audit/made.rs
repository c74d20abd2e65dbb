//! Where the changes that are made for somebody are noted, so that they can be told to others.

use std::fmt;
use std::sync::Arc;

use super::record::SealedRecord;

/// What is told of each record that a write made, once it is in effect.
#[derive(Clone)]
pub struct MadeRecords(Arc<dyn Fn(SealedRecord) + Send + Sync>);

impl MadeRecords {
    /// Each record is handed to a function, which must not wait for anything.
    pub fn to(note: impl Fn(SealedRecord) + Send + Sync + 'static) -> Self {
        Self(Arc::new(note))
    }

    pub(super) fn note(&self, record: SealedRecord) {
        (self.0)(record);
    }
}

impl fmt::Debug for MadeRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeRecords").finish_non_exhaustive()
    }
}

impl PartialEq for MadeRecords {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for MadeRecords {}
