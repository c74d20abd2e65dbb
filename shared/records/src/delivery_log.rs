//! The delivery log: what was attempted lately, for those who ask why an event did not arrive.

mod attempt_files;
mod folder;
mod folder_name;
mod folders;
mod log_line;
mod newest_attempts;
mod segment_file;
mod segments;
mod writer;

#[cfg(test)]
mod tests;

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::{DeliveryId, Space, SubscriptionId};

pub use attempt_files::{AttemptFiles, AttemptFilesLimits};

/// Attempts that the delivery log left out: the disk did not keep up, failed, or they are too large.
pub const DELIVERY_LOG_DROPPED: &str = "eventgateway_delivery_log_dropped_total";

/// Target of the lines that [`DeliveryLog::Tracing`] writes.
pub const DELIVERY_LOG_TARGET: &str = "delivery";

/// Most bytes of a text that the producer or the function made up; what is longer is cut.
const MAX_TEXT_BYTES: usize = 1024;

/// Where attempts are noted.
#[derive(Debug, Clone)]
pub enum DeliveryLog {
    /// In files of this machine, a bounded number of bytes for each space.
    Files(AttemptFiles),
    /// In the log of the process, with the same fields; what collects the log keeps and searches them.
    Tracing,
}

/// Which attempts are asked for; all that is set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptFilter {
    /// Attempts for an event, by the id that its producer gave it.
    pub event_id: Option<String>,
    /// Attempts at a delivery.
    pub delivery_id: Option<DeliveryId>,
    /// Attempts for a subscription.
    pub subscription_id: Option<SubscriptionId>,
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

impl AttemptFilter {
    /// The filter as it applies to what was kept: an event id is found by its beginning when it was cut.
    fn cut(&self) -> Self {
        let mut filter = self.clone();
        filter.event_id.iter_mut().for_each(cut);
        filter
    }

    fn passes(&self, attempt: &DeliveryAttempt) -> bool {
        let Self {
            event_id,
            delivery_id,
            subscription_id,
        } = self;
        event_id.as_ref().is_none_or(|id| *id == attempt.event_id)
            && delivery_id.as_ref().is_none_or(|id| *id == attempt.delivery_id)
            && subscription_id
                .as_ref()
                .is_none_or(|id| *id == attempt.subscription_id)
    }
}

/// Shortens a text to what is kept of it. The memory goes too, since an attempt may wait for the disk.
fn cut(text: &mut String) {
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        text.shrink_to_fit();
    }
}

/// Counts attempts that the log left out.
fn count_dropped(attempts: u64) {
    metrics::counter!(DELIVERY_LOG_DROPPED).increment(attempts);
}
