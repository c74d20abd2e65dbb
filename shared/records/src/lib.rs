//! What happened, kept for those who ask later: the delivery log.
//!
//! Records are written behind what they tell of, and nothing waits for them.

mod delivery_log;

pub use delivery_log::{
    AttemptFiles, AttemptFilesLimits, AttemptFilter, DELIVERY_LOG_DROPPED, DELIVERY_LOG_TARGET, DeliveryLog,
};
