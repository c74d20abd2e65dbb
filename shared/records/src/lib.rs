//! What happened, kept for those who ask later: the delivery log.
//!
//! To note something never waits for the disk. What the disk cannot take is left out and counted.

mod delivery_log;

pub use delivery_log::{
    AttemptFiles, AttemptFilesLimits, AttemptFilter, DELIVERY_LOG_DROPPED, DELIVERY_LOG_TARGET, DeliveryLog,
};
