//! How many connections went on with another protocol, and how many of them are open.

use domain::ids::Space;
use metrics::{Counter, Gauge};

/// Connections that went on with another protocol.
pub const UPGRADED_CONNECTIONS: &str = "eventgateway_upgraded_connections_total";
/// Those that are open.
pub const UPGRADED_CONNECTIONS_OPEN: &str = "eventgateway_upgraded_connections_open";

/// The upgraded connections to functions of one space.
pub(super) struct UpgradedCounters {
    total: Counter,
    open: Gauge,
}

/// An upgraded connection, as it is counted: it is open until this is dropped.
#[derive(Debug)]
pub(crate) struct OpenConnection(Gauge);

impl UpgradedCounters {
    pub(super) fn new(space: &Space) -> Self {
        Self {
            total: metrics::counter!(UPGRADED_CONNECTIONS, "space" => space.to_string()),
            open: metrics::gauge!(UPGRADED_CONNECTIONS_OPEN, "space" => space.to_string()),
        }
    }

    /// Counts one that begins.
    pub(super) fn begin(&self) -> OpenConnection {
        self.total.increment(1);
        self.open.increment(1.0);
        OpenConnection(self.open.clone())
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}
