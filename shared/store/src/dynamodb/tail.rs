//! Following the stream of the table, for a process that runs all the time: what a Lambda function with a subscription
//! to the stream does for instances that come and go.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::config::timeout::TimeoutConfig;
use aws_sdk_dynamodbstreams::types::Record;
use domain::backoff::{Backoff, Spread};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::DynamoDb;
use super::items::change_of;
use super::table::{readable, unavailable};
use crate::error::StoreError;
use shards::Shards;

mod shards;

/// Longest pause after failures, and the time after which what fails has not failed in a row.
const MAX_PAUSE: Duration = Duration::from_mins(1);
/// Longest time that one attempt at a call may take. A machine that slept finds its connections dead.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// Follows the stream of a store's table: publishes the snapshots of what changed, and has this process take notice at
/// once rather than with the next request.
pub struct StreamTail {
    streams: Client,
    store: DynamoDb,
    poll_interval: Duration,
}

/// When to look for spaces that were missed.
#[derive(Debug)]
struct CatchUp {
    due: Option<Instant>,
    /// How often it failed in a row.
    failures: u32,
}

impl StreamTail {
    /// What follows the stream, and asks for more at this interval. Does no I/O.
    pub fn new(streams: Client, store: DynamoDb, poll_interval: Duration) -> Self {
        Self {
            streams,
            store,
            poll_interval,
        }
    }

    /// Follows until told to stop, or until nobody is left to tell. Failures are logged and tried again.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            // Wherever it is cut off, whoever follows next finds what is missing.
            _ = stop.wait_for(|stop| *stop) => {}
            never = self.follow() => match never {},
        }
    }

    async fn follow(&self) -> Infallible {
        let mut failures = 0_u32;
        loop {
            let started = Instant::now();
            // Iterators expire, records are trimmed, streams are replaced: it begins anew whatever it is.
            let Err(err) = self.follow_stream().await;
            tracing::warn!(
                error = &err as &dyn Error,
                "stream of the table cannot be followed"
            );
            if started.elapsed() > MAX_PAUSE {
                failures = 0;
            }
            failures = failures.saturating_add(1);
            sleep(self.backoff(Spread::FromHalf).pause(failures, fastrand::f64())).await;
        }
    }

    /// Pauses after failures: the interval at first.
    fn backoff(&self, spread: Spread) -> Backoff {
        Backoff {
            first: self.poll_interval,
            most: MAX_PAUSE,
            spread,
        }
    }

    async fn follow_stream(&self) -> Result<Infallible, StoreError> {
        let mut shards = Shards::at_the_end(bounded(&self.streams), self.stream_arn().await?).await?;
        // Whatever changed before the end of the stream, and only after the end is known.
        let mut catch_up = CatchUp {
            due: Some(Instant::now()),
            failures: 0,
        };
        loop {
            if catch_up.due.is_some_and(|due| due <= Instant::now()) {
                let caught_up = self.store.publisher().catch_up().await;
                // Looked for between reads of the stream, which are in step with nobody's.
                catch_up.tried(caught_up, self.backoff(Spread::Fixed));
                self.take_notice().await;
            }
            let records = shards.poll().await?;
            if records.is_empty() {
                sleep(self.poll_interval).await;
            } else if !self.publish(&records).await {
                catch_up.due.get_or_insert_with(Instant::now);
            }
        }
    }

    /// Publishes the changes among records; tells whether that were all.
    async fn publish(&self, records: &[Record]) -> bool {
        let read: Vec<_> = records.iter().filter_map(change_of).map(readable).collect();
        if read.is_empty() {
            return true;
        }
        let is_complete = read.iter().all(Option::is_some);
        let failures = self
            .store
            .publisher()
            .apply(read.into_iter().flatten().collect())
            .await;
        for failure in &failures {
            tracing::warn!(space = %failure.space, error = failure as &dyn Error, "snapshot is not published");
        }
        self.take_notice().await;
        is_complete && failures.is_empty()
    }

    /// Has this process see what is published. A failure is told where it happens, and the next request tries again.
    async fn take_notice(&self) {
        let _ = self.store.0.routes.confirm().await;
    }

    async fn stream_arn(&self) -> Result<String, StoreError> {
        let table = &self.store.0.table;
        let call = table.client.describe_table().table_name(&table.name);
        let described = call.send().await.map_err(unavailable)?.table;
        let arn = described.and_then(|table| table.latest_stream_arn);
        arn.ok_or_else(|| StoreError::unavailable(NoStream))
    }
}

impl CatchUp {
    fn tried(&mut self, result: Result<(), StoreError>, backoff: Backoff) {
        match result {
            Ok(()) => (self.due, self.failures) = (None, 0),
            Err(err) => {
                tracing::warn!(error = &err as &dyn Error, "not all snapshots are published");
                self.failures = self.failures.saturating_add(1);
                self.due = Some(Instant::now() + backoff.pause(self.failures, 1.0));
            }
        }
    }
}

/// A client whose calls end.
fn bounded(client: &Client) -> Client {
    let config = client.config();
    let timeouts = config
        .timeout_config()
        .map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
    let timeouts = timeouts.operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
    Client::from_conf(config.to_builder().timeout_config(timeouts).build())
}

/// The table was created without one.
#[derive(Debug, thiserror::Error)]
#[error("the table has no stream")]
struct NoStream;

impl fmt::Debug for StreamTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamTail")
            .field("store", &self.store)
            .field("poll_interval", &self.poll_interval)
            .finish_non_exhaustive()
    }
}
