//! Whether a client still waits for its answer.

use std::sync::{Arc, Weak};

/// A client that waits for the answer to its request: dropped when it has hung up.
#[derive(Debug)]
pub struct WaitingClient(Arc<()>);

/// What is known of the client of a request.
#[derive(Debug, Clone, Default)]
pub struct Client(Option<Weak<()>>);

impl WaitingClient {
    /// A client that waits from now on.
    pub fn new() -> Self {
        Self(Arc::new(()))
    }

    /// How others learn that it is gone.
    pub fn observed(&self) -> Client {
        Client(Some(Arc::downgrade(&self.0)))
    }
}

impl Default for WaitingClient {
    fn default() -> Self {
        Self::new()
    }
}

impl Client {
    /// Whether it has hung up, as far as that is known.
    pub(crate) fn is_gone(&self) -> bool {
        self.0.as_ref().is_some_and(|client| client.strong_count() == 0)
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
