//! Connections that go on with another protocol than HTTP: how many there may be, how long they may be silent, and their
//! end when the gateway shuts down.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use domain::ids::Space;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional_with_sizes};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};

use crate::error::GatewayError;
use crate::metrics::{EventMetrics, SpaceCounters};
use crate::sync_calls::{SyncCall, SyncCalls};

mod observed;

use observed::{Activity, Observed};

/// Bytes that are on their way from one side to the other at a time.
const BUFFER_BYTES: usize = 8 * 1024;

/// Once the gateway shuts down: how long a connection has to be silent to be taken for one that nobody is in the middle of.
const DRAIN_IDLE: Duration = Duration::from_secs(1);

/// Bounds of upgraded connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TunnelSettings {
    /// Most at a time.
    pub most: usize,
    /// Most of one space at a time; `None` is no limit.
    pub most_per_space: Option<usize>,
    /// Longest time in which no byte comes from either side; zero is no limit.
    pub idle_timeout: Duration,
}

/// The upgraded connections of a gateway.
#[derive(Debug)]
pub(crate) struct Tunnels {
    places: Arc<Semaphore>,
    per_space: Option<Arc<SyncCalls>>,
    idle_timeout: Duration,
    closing: watch::Sender<bool>,
    metrics: Arc<EventMetrics>,
}

/// The place of an upgraded connection, or of a request that may become one. It is free again when this is dropped.
#[derive(Debug)]
pub(crate) struct Tunnel {
    _place: OwnedSemaphorePermit,
    _of_space: Option<SyncCall>,
    idle_timeout: Duration,
    closing: watch::Receiver<bool>,
    counters: Arc<SpaceCounters>,
}

impl Tunnels {
    pub(crate) fn new(settings: TunnelSettings, metrics: Arc<EventMetrics>) -> Self {
        Self {
            places: Arc::new(Semaphore::new(settings.most.min(Semaphore::MAX_PERMITS))),
            per_space: settings
                .most_per_space
                .map(|most| Arc::new(SyncCalls::new(Some(most)))),
            idle_timeout: settings.idle_timeout,
            closing: watch::channel(false).0,
            metrics,
        }
    }

    /// Takes a place, unless all are taken.
    pub(crate) fn begin(&self, space: &Space) -> Result<Tunnel, GatewayError> {
        let full = || GatewayError::TooManyUpgraded;
        let of_space = self.per_space.as_ref().map(|calls| calls.begin(space, None));
        Ok(Tunnel {
            _of_space: of_space.transpose().map_err(|_| full())?.flatten(),
            _place: self.places.clone().try_acquire_owned().map_err(|_| full())?,
            idle_timeout: self.idle_timeout,
            closing: self.closing.subscribe(),
            counters: self.metrics.space(space),
        })
    }

    /// How many there are, and requests that may become one.
    pub(crate) fn open(&self) -> usize {
        self.closing.receiver_count()
    }

    /// Ends each connection as soon as it is silent for a moment.
    pub(crate) fn close(&self) {
        let _ = self.closing.send_replace(true);
    }

    /// Waits until there are none.
    pub(crate) async fn ended(&self) {
        self.closing.closed().await;
    }
}

impl Tunnel {
    /// Copies bytes both ways until both sides have ended, one of them fails, or nothing comes for too long.
    pub(crate) async fn run(
        mut self,
        client: impl AsyncRead + AsyncWrite + Unpin,
        function: impl AsyncRead + AsyncWrite + Unpin,
    ) {
        let _open = self.counters.upgraded();
        let activity = Activity::new();
        let mut client = Observed::new(client, &activity);
        let mut function = Observed::new(function, &activity);
        let copying = copy_bidirectional_with_sizes(&mut client, &mut function, BUFFER_BYTES, BUFFER_BYTES);
        tokio::select! {
            copied = copying => match copied {
                Ok((sent, answered)) => tracing::debug!(sent, answered, "An upgraded connection ended."),
                Err(error) => tracing::debug!(%error, "An upgraded connection broke off."),
            },
            () = self.silence(&activity) => tracing::debug!("An upgraded connection was silent and is closed."),
        }
    }

    /// Waits until nothing has come for as long as that may be.
    async fn silence(&mut self, activity: &Activity) {
        let limit = Some(self.idle_timeout).filter(|limit| !limit.is_zero());
        tokio::select! {
            () = silent_for(activity, limit) => return,
            // The sender lives as long as the gateway.
            _ = self.closing.wait_for(|closing| *closing) => {}
        }
        silent_for(
            activity,
            Some(limit.map_or(DRAIN_IDLE, |limit| limit.min(DRAIN_IDLE))),
        )
        .await;
    }
}

/// Waits until nothing has come for so long.
async fn silent_for(activity: &Activity, limit: Option<Duration>) {
    // What begins now has all of the time.
    let began = Instant::now();
    loop {
        let last = activity.last().max(began);
        match limit.and_then(|limit| last.checked_add(limit)) {
            None => return pending().await,
            Some(end) if end <= Instant::now() => return,
            Some(end) => sleep_until(end).await,
        }
    }
}

#[cfg(test)]
mod tests;
