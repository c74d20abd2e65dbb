//! The connections of clients to a listener: how many there may be at a time, and how many there are and were.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The connections of a listener. A handle: clones share the counts.
#[derive(Debug, Clone)]
pub struct ClientConnections(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    places: Arc<Semaphore>,
    most: usize,
    accepted: AtomicU64,
    closed: AtomicU64,
}

/// A connection. It is over when this is dropped.
#[derive(Debug)]
pub struct ClientConnection {
    counts: Arc<Counts>,
    _place: OwnedSemaphorePermit,
}

impl ClientConnections {
    /// So many at a time.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Counts {
            places: Arc::new(Semaphore::new(most)),
            most,
            accepted: AtomicU64::new(0),
            closed: AtomicU64::new(0),
        }))
    }

    /// Waits until there is a place for one more. There always is one in the end.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // It is never closed.
        Arc::clone(&self.0.places).acquire_owned().await.ok()
    }

    /// Counts a connection that was accepted in a place.
    pub fn accepted_in(&self, place: OwnedSemaphorePermit) -> ClientConnection {
        self.0.accepted.fetch_add(1, Ordering::Relaxed);
        ClientConnection {
            counts: Arc::clone(&self.0),
            _place: place,
        }
    }

    /// How many there may be at a time.
    pub fn most(&self) -> usize {
        self.0.most
    }

    /// How many were accepted so far.
    pub fn accepted(&self) -> u64 {
        self.0.accepted.load(Ordering::Relaxed)
    }

    /// How many there are now.
    pub fn open(&self) -> u64 {
        // In this order: one that ends in between must not be one that never began.
        let closed = self.0.closed.load(Ordering::Acquire);
        self.0.accepted.load(Ordering::Acquire).saturating_sub(closed)
    }
}

impl Drop for ClientConnection {
    fn drop(&mut self) {
        self.counts.closed.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_are_counted_until_their_end() {
        let connections = ClientConnections::new(2);
        let waiting = connections.place().await.unwrap();
        assert_eq!((connections.accepted(), connections.open()), (0, 0));
        let first = connections.accepted_in(waiting);
        let second = connections.accepted_in(connections.place().await.unwrap());
        assert_eq!((connections.accepted(), connections.open()), (2, 2));
        drop(first);
        let third = connections.accepted_in(connections.place().await.unwrap());
        drop((second, third));
        assert_eq!((connections.accepted(), connections.open()), (3, 0));
        assert_eq!(connections.most(), 2);
    }
}
