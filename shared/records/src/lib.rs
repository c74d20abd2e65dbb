//! What happened, kept for those who ask later: the delivery log and the access log.
//!
//! To note something never waits for the disk. What the disk cannot take is left out and counted.

mod access_log;
mod delivery_log;

pub use access_log::{ACCESS_LOG_DROPPED, AccessLog};
pub use delivery_log::{
    AttemptFiles, AttemptFilesLimits, AttemptFilter, DELIVERY_LOG_DROPPED, DELIVERY_LOG_TARGET, DeliveryLog,
};
