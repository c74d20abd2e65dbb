//! The delivery log in files: the handle that attempts are noted and read by.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;

use super::attempt_filter::AttemptFilter;
use super::dropped::count_dropped;
use super::folders::Folders;
use super::limits::AttemptFilesLimits;
use super::newest_attempts::newest_attempts;
use super::writer::AttemptWriter;

/// Attempts in files: a folder for each space, with a JSON object a line. Clones share the files, which are written
/// to the end when the last one is dropped.
#[derive(Debug, Clone)]
pub struct AttemptFiles {
    pub(super) writer: Arc<AttemptWriter>,
    keeps_nothing: bool,
}

impl AttemptFiles {
    /// Notes in a folder, which is created when missing, and adds to what is there. Fails when the folder cannot be
    /// created or listed, or when the system has no thread left.
    pub fn open(directory: PathBuf, limits: AttemptFilesLimits) -> io::Result<Self> {
        let limits = AttemptFilesLimits {
            bytes_per_space: limits.bytes_per_space.min(limits.bytes),
            ..limits
        };
        let folders = Folders::open(directory, limits)?;
        Ok(Self {
            writer: Arc::new(AttemptWriter::start(folders)?),
            keeps_nothing: limits.bytes_per_space == 0,
        })
    }

    /// Hands an attempt to the writer. It is left out and counted if that has too many.
    pub(super) fn note(&self, attempt: DeliveryAttempt) {
        if !self.keeps_nothing && !self.writer.note(attempt) {
            count_dropped(1);
        }
    }

    /// Deletes the files of a space.
    pub(super) async fn forget(&self, space: &Space) -> io::Result<()> {
        let (writer, space) = (Arc::clone(&self.writer), space.clone());
        let forgotten = tokio::task::spawn_blocking(move || writer.forget(&space));
        forgotten.await.map_err(io::Error::other)?
    }

    /// The newest attempts of a space that pass, the last noted first.
    pub(super) async fn read(
        &self,
        space: &Space,
        filter: &AttemptFilter,
        limit: usize,
    ) -> io::Result<Vec<DeliveryAttempt>> {
        let (writer, space, filter) = (Arc::clone(&self.writer), space.clone(), filter.cut());
        let read = tokio::task::spawn_blocking(move || {
            let segments = writer.files(&space)?;
            newest_attempts(&segments, &space, &filter, limit)
        });
        read.await.map_err(io::Error::other)?
    }
}
