//! Messages whose deliveries are due.

use domain::delivery::Delivery;
use tokio::time::Instant;

/// A message whose deliveries are due.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) message_id: String,
    /// Its group, where messages are handed out in order.
    pub(super) group: Option<String>,
    pub(super) deliveries: Vec<Delivery>,
    pub(super) sent_at: u64,
    /// When it could be received first, as far as is known.
    pub(super) shown_at: u64,
    pub(super) received: Instant,
}
