//! Connections to functions that are kept for the next call, as they are told to whoever looks for what is wrong.

/// Connections that no call uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdleConnections {
    /// How many there are, of the hosts that were looked at.
    pub connections: usize,
    /// How many hosts they lead to.
    pub hosts: usize,
    /// The hosts with the most, those with more first.
    pub busiest: Vec<HostConnections>,
}

/// Connections to one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostConnections {
    /// Host, and port where the URL names it.
    pub host: String,
    /// Connections that no call uses.
    pub idle: usize,
    /// Calls that wait for a connection.
    pub waiting: usize,
}
