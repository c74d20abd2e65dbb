//! The table as calls. All reads are strongly consistent.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::configuration::{Configured, Snapshot, Stored};
use domain::ids::Space;

use super::change::SpaceChange;
use super::items::{self, Item, Key, PK, SK, SpaceRecord, read_change, read_into, read_resource};
use super::opened::Opened;
use crate::encryption::DataKeys;
use crate::error::StoreError;

mod commit;
mod page;

pub(super) use commit::CommitOutcome;

/// Longest time that one attempt at a call may take that a request waits for. Calls take milliseconds; what takes longer is
/// most likely a connection that died while the instance was frozen, and a second attempt takes a new one.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest time that such a call may take with its repetitions.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(2);

/// A table and the client to reach it with.
#[derive(Clone)]
pub(super) struct Table {
    /// The client.
    pub(super) client: Client,
    /// Name of the table.
    pub(super) name: String,
    /// What secrets are encrypted with, if they are.
    pub(super) keys: Option<DataKeys>,
}

impl Table {
    /// The same table, by calls that end in a time that a request can wait for.
    pub(super) fn impatient(&self) -> Self {
        let config = self.client.config();
        let timeouts = config
            .timeout_config()
            .map_or_else(TimeoutConfig::builder, TimeoutConfig::to_builder);
        let timeouts = timeouts
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .operation_timeout(OPERATION_TIMEOUT)
            .build();
        Self {
            client: Client::from_conf(config.to_builder().timeout_config(timeouts).build()),
            name: self.name.clone(),
            keys: self.keys.clone(),
        }
    }

    /// What is known of each space that was ever written to. A record that cannot be read is logged and left out.
    pub(super) async fn versions(&self) -> Result<Vec<SpaceRecord>, StoreError> {
        let mut records = Vec::new();
        self.query(items::versions_partition(), None, |item| {
            records.extend(readable(SpaceRecord::read(item)));
            Ok(())
        })
        .await?;
        Ok(records)
    }

    /// What is known of a space; `None` when it was never written to.
    pub(super) async fn space_record(&self, space: &Space) -> Result<Option<SpaceRecord>, StoreError> {
        let item = self.get(Key::space_record(space)).await?;
        item.as_ref().map(SpaceRecord::read).transpose()
    }

    /// The newest change of a space; `None` when it was never written to. One that cannot be read is logged and taken
    /// as missing: the items tell the same.
    pub(super) async fn newest_change(&self, space: &Space) -> Result<Option<SpaceChange>, StoreError> {
        let item = self.get(Key::change(space)).await?;
        match item.as_ref().and_then(|item| readable(read_change(item))) {
            Some(change) => lenient(self.open_change(change).await),
            None => Ok(None),
        }
    }

    /// One resource.
    pub(super) async fn resource<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
    ) -> Result<Option<Stored<R>>, StoreError> {
        let item = self.get(Key::resource(space, R::KIND, id.as_ref())).await?;
        match item.as_ref().map(read_resource).transpose()? {
            Some(sealed) => Ok(Some(self.open(sealed).await?)),
            None => Ok(None),
        }
    }

    /// All resources of a kind, in no order that means anything.
    pub(super) async fn resources<R: Configured>(&self, space: &Space) -> Result<Vec<Stored<R>>, StoreError> {
        let mut sealed = Vec::new();
        let prefix = items::kind_prefix(R::KIND);
        self.query(items::space_partition(space), Some(prefix), |item| {
            sealed.push(read_resource(item)?);
            Ok(())
        })
        .await?;
        let opened = self.open_all(sealed).await;
        opened.into_iter().collect()
    }

    /// All resources of a space. Ones that cannot be read are logged and left out, so that they do not take the
    /// others down; functions whose secrets do not open for now are not, but told. Reading takes several calls: it is the state of one version only if that version, read before,
    /// still holds afterwards.
    pub(super) async fn read_space(&self, space: &Space) -> Result<Opened<Snapshot>, StoreError> {
        let (mut snapshot, mut sealed) = (Snapshot::default(), Vec::new());
        self.query(items::space_partition(space), None, |item| {
            readable(read_into(&mut snapshot, &mut sealed, item));
            Ok(())
        })
        .await?;
        let closed: Vec<_> = sealed.iter().map(|sealed| sealed.value.clone()).collect();
        let mut read = Opened::all(snapshot);
        for (closed, opened) in closed.into_iter().zip(self.open_all(sealed).await) {
            match lenient(opened) {
                Ok(Some(function)) => read.insert(function),
                Ok(None) => {}
                Err(error) => read.insert_sealed(closed, error),
            }
        }
        Ok(read)
    }

    /// One item.
    pub(super) async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        let call = self.client.get_item().table_name(&self.name);
        let call = call.set_key(Some(key.into_item())).consistent_read(true);
        Ok(call.send().await.map_err(unavailable)?.item)
    }

    /// Hands over each item of a partition, or of those whose sort key starts with a text.
    pub(super) async fn query(
        &self,
        partition: String,
        prefix: Option<&str>,
        mut each: impl FnMut(&Item) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut call = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":pk", AttributeValue::S(partition));
        if let Some(prefix) = prefix {
            call = call
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :prefix)")
                .expression_attribute_names("#sk", SK)
                .expression_attribute_values(":prefix", AttributeValue::S(prefix.to_owned()));
        }
        let mut pages = call.into_paginator().send();
        while let Some(page) = pages.next().await {
            for item in page.map_err(unavailable)?.items() {
                each(item)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// The error of a call that failed. The SDK's own would show the response, which may hold stored resources.
pub(super) fn unavailable<E, R>(err: SdkError<E, R>) -> StoreError
where
    E: Error + Send + Sync + 'static,
    R: fmt::Debug + Send + Sync + 'static,
{
    match err.into_source() {
        Ok(source) => StoreError::Unavailable {
            source: source.into(),
        },
        Err(_) => StoreError::unavailable(UnknownFailure),
    }
}

/// A call failed in a way that the SDK has no words for.
#[derive(Debug, thiserror::Error)]
#[error("the call failed")]
struct UnknownFailure;

/// What could be read; what could not is told to the operator.
pub(super) fn readable<T>(result: Result<T, StoreError>) -> Option<T> {
    result
        .inspect_err(|err| {
            if let StoreError::Corrupt { key, source } = err {
                tracing::error!(key, error = %source, "stored configuration cannot be read");
            }
        })
        .ok()
}

/// The same, but what is not damaged and still cannot be read stays an error: with the right key it can.
pub(super) fn lenient<T>(result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Err(err @ StoreError::Corrupt { .. }) => Ok(readable(Err(err))),
        result => result.map(Some),
    }
}
