//! What bounds a request with several events: their functions are called one after another, so that it could go on for
//! as long as there are events in it.

use tokio::time::Instant;

use crate::client::Client;
use crate::error::GatewayError;
use crate::gateway::Gateway;
use crate::receive::Request;

/// Whether there is to be another call for a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace<'a> {
    gateway: &'a Gateway,
    client: &'a Client,
    /// When all calls have to be over; `None` for a request with a single event, which has the time of its function.
    end: Option<Instant>,
    is_batch: bool,
}

impl<'a> Pace<'a> {
    /// Of a request with so many events, which begins now.
    pub(crate) fn of(gateway: &'a Gateway, request: &Request<'a>, events: usize) -> Self {
        let timeout = gateway.settings().batch_timeout;
        Self {
            gateway,
            client: request.client,
            end: (events > 1)
                .then(|| Instant::now().checked_add(timeout))
                .flatten(),
            is_batch: events > 1,
        }
    }

    /// Of a request with a single event.
    pub(crate) fn free(gateway: &'a Gateway, request: &Request<'a>) -> Self {
        Self::of(gateway, request, 1)
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
        if Instant::now() >= end || self.client.is_gone() || self.gateway.is_draining() {
            return Err(GatewayError::BatchInterrupted);
        }
        Ok(())
    }
}
