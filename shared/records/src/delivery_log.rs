//! The delivery log: what was attempted lately, for those who ask why an event did not arrive.

mod attempt_files;
mod attempt_filter;
mod dropped;
mod folder;
mod folder_name;
mod folders;
mod kept_text;
mod limits;
mod log_line;
mod newest_attempts;
mod segment_file;
mod segments;
mod writer;

#[cfg(test)]
mod tests;

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;

pub use attempt_files::AttemptFiles;
pub use attempt_filter::AttemptFilter;
pub use dropped::DELIVERY_LOG_DROPPED;
use kept_text::cut;
pub use limits::AttemptFilesLimits;
pub use log_line::DELIVERY_LOG_TARGET;

/// Where attempts are noted.
#[derive(Debug, Clone)]
pub enum DeliveryLog {
    /// In files of this machine, a bounded number of bytes for each space.
    Files(AttemptFiles),
    /// In the log of the process, with the same fields; what collects the log keeps and searches them.
    Tracing,
}

impl DeliveryLog {
    /// Notes an attempt. Never waits: when the disk does not keep up, attempts are left out and counted. Event id,
    /// event type and error are cut after 1 KiB.
    pub fn note(&self, mut attempt: DeliveryAttempt) {
        cut(&mut attempt.event_id);
        cut(&mut attempt.event_type);
        attempt.error.iter_mut().for_each(cut);
        match self {
            Self::Files(files) => files.note(attempt),
            Self::Tracing => log_line::write(&attempt),
        }
    }

    /// Deletes what is kept of a space, where that is in files of this machine.
    pub async fn forget(&self, space: &Space) -> std::io::Result<()> {
        match self {
            Self::Files(files) => files.forget(space).await,
            Self::Tracing => Ok(()),
        }
    }

    /// The newest attempts of a space that pass, the last noted first; `None` where the log cannot be read back.
    /// Knows of every attempt that was noted before the call and not left out.
    pub async fn read(
        &self,
        space: &Space,
        filter: &AttemptFilter,
        limit: usize,
    ) -> std::io::Result<Option<Vec<DeliveryAttempt>>> {
        match self {
            Self::Files(files) => files.read(space, filter, limit).await.map(Some),
            Self::Tracing => Ok(None),
        }
    }
}
