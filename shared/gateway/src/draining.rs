//! The end of the gateway: no request is taken in any more, and those that are under way are waited for
//! (docs/contract.md §2.10).

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{RwLock, RwLockReadGuard};

/// Whether requests are still taken in.
#[derive(Debug, Default)]
pub(crate) struct Draining {
    has_begun: AtomicBool,
    /// Read by each request that is being taken in; written by nobody, but for the wait for all of them.
    receiving: RwLock<()>,
}

impl Draining {
    /// Refuses new requests from now on.
    pub(crate) fn begin(&self) {
        self.has_begun.store(true, Ordering::Release);
    }

    /// Whether new requests are refused by now.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    /// Waits, after [`Self::begin`], for the requests that were being taken in.
    pub(crate) async fn ended(&self) {
        drop(self.receiving.write().await);
    }

    /// A guard that a request holds while it is taken in; `None` once the gateway is draining.
    pub(crate) fn begin_receiving(&self) -> Option<RwLockReadGuard<'_, ()>> {
        // First the lock: whoever sees no draining is waited for. Only a wait keeps others from having it.
        let receiving = self.receiving.try_read().ok()?;
        (!self.has_begun()).then_some(receiving)
    }
}
