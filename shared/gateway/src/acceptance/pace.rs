//! What bounds a request with several events: their functions are called one after another, so that it could go on for
//! as long as there are events in it.

use std::time::Duration;

use tokio::time::Instant;

use crate::draining::Draining;
use crate::error::GatewayError;
use crate::intake::client::Client;

/// Whether there is to be another call for a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace<'a> {
    draining: &'a Draining,
    client: &'a Client,
    /// When all calls have to be over; `None` for a request with a single event, which has the time of its function.
    end: Option<Instant>,
    is_batch: bool,
}

impl<'a> Pace<'a> {
    /// Of a request with so many events, which begins now. `timeout` is the time that those of several have together.
    pub(crate) fn of(events: usize, client: &'a Client, draining: &'a Draining, timeout: Duration) -> Self {
        let is_batch = events > 1;
        let end = is_batch.then(|| Instant::now().checked_add(timeout));
        Self {
            draining,
            client,
            end: end.flatten(),
            is_batch,
        }
    }

    /// Whether the request has several events.
    pub(crate) fn is_batch(&self) -> bool {
        self.is_batch
    }

    /// When calls of the request have to be over.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.end
    }

    /// Whether the next call may begin. Those of a batch may not where nobody waits for them any more: its client is
    /// gone, the gateway is about to end, or its time is over.
    pub(crate) fn next(&self) -> Result<(), GatewayError> {
        let Some(end) = self.end else { return Ok(()) };
        if Instant::now() >= end || self.client.is_gone() || self.draining.has_begun() {
            return Err(GatewayError::BatchInterrupted);
        }
        Ok(())
    }
}
