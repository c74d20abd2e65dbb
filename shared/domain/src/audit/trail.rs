//! The changes of one write on their way to records.

use super::author::Author;
use super::change::AuditedChange;
use super::record::{AuditHead, AuditRecord, SealedRecord};
use crate::configuration::{Change, Configured, ResourceChange};
use crate::ids::Space;
use crate::timestamp::Timestamp;

/// Most changes in a record: a write with more of them has several.
const MAX_CHANGES: usize = 100;

/// Most bytes of the differences in a record.
const MAX_DIFFERENCE_BYTES: usize = 16 * 1024;

/// The changes of a write, in their order.
#[derive(Debug)]
pub struct AuditTrail {
    changes: Vec<AuditedChange>,
    /// Bytes that the differences of this record may still take.
    budget: usize,
}

impl Default for AuditTrail {
    fn default() -> Self {
        Self {
            changes: Vec::new(),
            budget: MAX_DIFFERENCE_BYTES,
        }
    }
}

impl AuditTrail {
    /// Notes a change.
    pub fn note<R: Configured>(&mut self, change: &Change<R>) {
        if self.changes.len().is_multiple_of(MAX_CHANGES) {
            self.budget = MAX_DIFFERENCE_BYTES;
        }
        self.changes.push(AuditedChange::of(change, &mut self.budget));
    }

    /// Notes a change of a resource of any kind.
    pub fn note_any(&mut self, change: &ResourceChange) {
        match change {
            ResourceChange::Space(change) => self.note(change),
            ResourceChange::Function(change) => self.note(change),
            ResourceChange::EventType(change) => self.note(change),
            ResourceChange::Subscription(change) => self.note(change),
            ResourceChange::Cors(change) => self.note(change),
        }
    }

    /// Makes records of what was noted, which go on from the newest one of the space. `version` is that before the write, and
    /// `now` the time in milliseconds since the Unix epoch.
    pub fn sealed(
        self,
        space: &Space,
        author: &Author,
        (version, head): (u64, Option<&AuditHead>),
        now: u64,
    ) -> Result<Vec<SealedRecord>, serde_json::Error> {
        let mut previous = head.map(|head| head.hash.clone());
        let mut version = version;
        let mut changes = self.changes.into_iter().peekable();
        let mut records = Vec::new();
        while changes.peek().is_some() {
            let changes: Vec<_> = changes.by_ref().take(MAX_CHANGES).collect();
            version += changes.len() as u64;
            let derived = || {
                let first = changes.first();
                first.map(|change| format!("{}.{}", change.kind, change.operation.name()))
            };
            let record = AuditRecord {
                space: space.clone(),
                version,
                time: Timestamp::of_millis(now),
                actor: author.actor.clone(),
                address: author.address,
                request_id: author.request_id.clone(),
                operation: author.operation.clone().or_else(derived).unwrap_or_default(),
                changes,
                previous,
            }
            .sealed()?;
            previous = Some(record.hash.clone());
            records.push(record);
        }
        Ok(records)
    }
}
