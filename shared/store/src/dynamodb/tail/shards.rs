//! The shards of a stream, each read in the order of its records, and none before the one that it continues.

use std::collections::HashSet;
use std::mem;
use std::time::Duration;

use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::types::{Record, Shard, ShardIteratorType};
use tokio::time::Instant;

use super::super::table::unavailable;
use crate::error::StoreError;

/// How often new shards are looked for when no shard ended: those that continue one may be told of a little late.
const DISCOVERY_INTERVAL: Duration = Duration::from_mins(1);

/// The shards of a stream that are being read.
#[derive(Debug)]
pub(super) struct Shards {
    client: Client,
    stream_arn: String,
    following: Vec<Following>,
    /// Every shard that is or was followed, or that had ended before.
    known: HashSet<String>,
    discovered: Instant,
}

/// A shard that is read.
#[derive(Debug)]
struct Following {
    id: String,
    iterator: String,
}

impl Shards {
    /// Takes a stream from where it ends now.
    pub(super) async fn at_the_end(client: Client, stream_arn: String) -> Result<Self, StoreError> {
        let mut shards = Self {
            client,
            stream_arn,
            following: Vec::new(),
            known: HashSet::new(),
            discovered: Instant::now(),
        };
        let listed = shards.list().await?;
        let continued: HashSet<_> = listed.iter().filter_map(Shard::parent_shard_id).collect();
        for id in listed.iter().filter_map(Shard::shard_id) {
            if continued.contains(id) {
                shards.known.insert(id.to_owned());
            } else {
                shards.start(id, ShardIteratorType::Latest).await?;
            }
        }
        Ok(shards)
    }

    /// The next records of all shards; none when there are no new ones. After an error nothing is left to poll.
    pub(super) async fn poll(&mut self) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        let mut has_ended = false;
        for shard in mem::take(&mut self.following) {
            let call = self.client.get_records().shard_iterator(&shard.iterator);
            let output = call.send().await.map_err(unavailable)?;
            records.extend(output.records.unwrap_or_default());
            match output.next_shard_iterator {
                Some(iterator) => self.following.push(Following { iterator, ..shard }),
                None => has_ended = true,
            }
        }
        if has_ended || self.discovered.elapsed() > DISCOVERY_INTERVAL {
            self.discover().await?;
        }
        Ok(records)
    }

    /// Starts with new shards, but with none whose predecessor is still being read.
    async fn discover(&mut self) -> Result<(), StoreError> {
        self.discovered = Instant::now();
        let listed = self.list().await?;
        for shard in &listed {
            let Some(id) = shard.shard_id() else { continue };
            let is_followed = |parent: &str| self.following.iter().any(|shard| shard.id == parent);
            let has_to_wait = shard.parent_shard_id().is_some_and(is_followed);
            if !self.known.contains(id) && !has_to_wait {
                self.start(id, ShardIteratorType::TrimHorizon).await?;
            }
        }
        let listed: HashSet<_> = listed.iter().filter_map(Shard::shard_id).collect();
        self.known.retain(|id| listed.contains(id.as_str()));
        Ok(())
    }

    async fn start(&mut self, id: &str, from: ShardIteratorType) -> Result<(), StoreError> {
        let call = self.client.get_shard_iterator();
        let call = call
            .stream_arn(&self.stream_arn)
            .shard_id(id)
            .shard_iterator_type(from);
        let iterator = call.send().await.map_err(unavailable)?.shard_iterator;
        let id = id.to_owned();
        self.known.insert(id.clone());
        self.following
            .extend(iterator.map(|iterator| Following { id, iterator }));
        Ok(())
    }

    async fn list(&self) -> Result<Vec<Shard>, StoreError> {
        let mut listed = Vec::new();
        let mut from = None;
        loop {
            let call = self.client.describe_stream().stream_arn(&self.stream_arn);
            let output = call.set_exclusive_start_shard_id(from).send().await;
            let Some(description) = output.map_err(unavailable)?.stream_description else {
                return Ok(listed);
            };
            listed.extend(description.shards.unwrap_or_default());
            from = description.last_evaluated_shard_id;
            if from.is_none() {
                return Ok(listed);
            }
        }
    }
}
