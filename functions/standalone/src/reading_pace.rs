//! In which steps an answer is seen to be read, and how much longer that makes it to tell who reads too slowly.

use std::time::Duration;

use api::LeastRate;

/// Bytes that the operating system takes of an answer before it has sent what it took earlier, and in which streams of
/// HTTP/2 hand theirs on. So much memory an unread answer has beside the budget, and in such steps it is seen to move.
pub(crate) const UNSENT_BYTES: u32 = 64 * 1024;

/// The time that a client has for such a step at the least rate, while nothing is seen of it.
pub(crate) fn unseen_time(least: LeastRate) -> Duration {
    let seconds = UNSENT_BYTES.div_ceil(least.bytes_per_second.max(1));
    Duration::from_secs(seconds.into())
}
