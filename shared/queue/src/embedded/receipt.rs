//! What a queue knows a delivery by that is in the hands of a worker.

use super::Embedded;
use super::lane::Entry;
use super::tables::Place;

/// What a queue knows a delivery by that is in the hands of a worker. One that is dropped puts the delivery back as it
/// was.
#[derive(Debug)]
pub struct EmbeddedReceipt {
    pub(super) queue: Embedded,
    pub(super) lane: u64,
    pub(super) place: Place,
    /// `None` once it is settled.
    pub(super) entry: Option<Entry>,
}

impl Drop for EmbeddedReceipt {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.queue.0.schedule.put_back(self.lane, self.place, entry);
        }
    }
}
