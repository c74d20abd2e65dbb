//! Who sent a request, and whether they still wait for the answer.

use std::sync::{Arc, Weak};

use domain::origin::Origin;

use crate::seen::Seen;

/// A client that waits for the answer to its request: dropped when it has hung up.
#[derive(Debug)]
pub struct WaitingClient(Arc<()>);

/// What is known of the client of a request.
#[derive(Debug, Default)]
pub struct Client {
    /// Goes when the client hangs up, where anybody asks.
    waits: Option<Weak<()>>,
    /// The other end of its connection.
    pub origin: Origin,
    /// Whether it asks for another protocol on a connection that can go on with one.
    pub can_upgrade: bool,
    /// What is learned of its request.
    pub seen: Seen,
}

impl WaitingClient {
    /// A client that waits from now on.
    pub fn new() -> Self {
        Self(Arc::new(()))
    }

    /// How others learn that it is gone.
    pub fn observed(&self) -> Client {
        Client {
            waits: Some(Arc::downgrade(&self.0)),
            ..Client::default()
        }
    }
}

impl Default for WaitingClient {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// Whether its request holds several events: of no other is it of interest whether it still waits.
    pub(crate) fn sends_batch(&self) -> bool {
        self.waits.is_some()
    }

    /// Whether it has hung up, as far as that is known.
    pub(crate) fn is_gone(&self) -> bool {
        self.waits
            .as_ref()
            .is_some_and(|client| client.strong_count() == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_gone_when_nobody_waits() {
        assert!(!Client::default().is_gone());
        let waiting = WaitingClient::default();
        let client = waiting.observed();
        assert!(!client.is_gone());
        drop(waiting);
        assert!(client.is_gone());
    }
}
