//! A disk that is full: nothing more is accepted, and what gives room or needs none goes on in the space that was set
//! aside for it.

use super::super::jobs::Batch;
use super::{Room, SharedError, Writer, unavailable};

impl Writer {
    /// Does what gives room, refuses what wants some, and gives the rest, which needs little or none.
    pub(super) fn relieve(&mut self, mut batch: Batch, paused: Option<SharedError>) -> Batch {
        if paused.is_none() && self.room.refill() {
            return batch;
        }
        let error = paused.unwrap_or_else(Room::error);
        let deletes = batch.take_deletes();
        for send in std::mem::take(&mut batch.sends) {
            let _ = send.answer.send(Err(unavailable(&error).into()));
        }
        for stage in std::mem::take(&mut batch.stages) {
            stage.refuse(unavailable(&error));
        }
        for redrive in std::mem::take(&mut batch.clears) {
            let _ = redrive.answer.send(Err(unavailable(&error)));
        }
        if !deletes.only_reads() {
            self.commit(deletes);
        }
        batch
    }

    /// Opens the engine at once after a failure for want of space, if that is there now: reading and deleting need none.
    /// Else it waits as after any other failure: to open it may be to check the whole file.
    pub(super) fn recover(&mut self, error: &SharedError) {
        if self.room.release_for(error) && self.reopen().is_ok() && self.kept.is_empty() {
            self.failure = None;
        }
    }
}
