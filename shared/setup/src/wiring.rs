//! From settings to handles.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use gateway::{Gateway, GatewaySettings, HostedDomains};
use queue::{DeliveryQueue, InMemory, Limits, Sqs, SqsSettings};
use store::{DynamoDb, DynamoDbSettings, Embedded, EmbeddedSettings, OpenError, Store, StreamTail};
use targets::{Invoker, TargetSettings, TargetSettingsError};

use crate::aws::{Aws, CONNECT_TIMEOUT, NoRegion};
use crate::settings::{QueueKind, QueueSettings, Settings, StoreKind, StoreSettings};

/// Longest time that one attempt of a call of `DynamoDB` may take.
const DYNAMODB_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Why the parts of a process cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum WiringError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// AWS cannot be reached with these settings.
    #[error(transparent)]
    Aws(#[from] NoRegion),
    /// The queue of SQS has no URL.
    #[error("the URL of the SQS queue is not set: set EVENT_GATEWAY_SQS_QUEUE_URL")]
    NoQueueUrl,
    /// The settings of functions contradict each other.
    #[error(transparent)]
    Targets(#[from] TargetSettingsError),
}

/// Joins store, queue and targets. Reads an embedded store from disk, and does no other I/O than that.
pub async fn gateway(settings: &Settings) -> Result<Gateway, WiringError> {
    let invoker = Invoker::new(TargetSettings {
        timeout: settings.functions.function_timeout,
        max_response_bytes: settings.functions.max_response_bytes,
        aws_endpoint_url: settings.functions.aws_endpoint_url.clone(),
    })?;
    let aws = Aws::of(settings);
    Ok(Gateway::new(
        store(&settings.store, &aws).await?,
        queue(&settings.queue, &aws).await?,
        invoker,
        GatewaySettings {
            hosted: HostedDomains::new(settings.access.hosted_domains.iter().cloned()),
            json_events: settings.events.json_events,
            max_concurrent_deliveries: settings.queue.workers,
        },
    ))
}

/// The store in `DynamoDB` alone, as what publishes its snapshots needs it.
pub async fn dynamodb(settings: &Settings) -> Result<DynamoDb, WiringError> {
    Ok(dynamodb_store(&settings.store, Aws::of(settings).config().await?))
}

/// What follows the stream of a `DynamoDB` store in a process that lives on; `None` for other stores.
pub async fn stream_tail(settings: &Settings, store: &Store) -> Result<Option<StreamTail>, WiringError> {
    let Store::DynamoDb(store) = store else {
        return Ok(None);
    };
    let client = aws_sdk_dynamodbstreams::Client::new(Aws::of(settings).config().await?);
    Ok(Some(StreamTail::new(
        client,
        store.clone(),
        settings.store.stream_poll_interval,
    )))
}

async fn store(settings: &StoreSettings, aws: &Aws<'_>) -> Result<Store, WiringError> {
    match settings.kind {
        StoreKind::DynamoDb => Ok(Store::DynamoDb(dynamodb_store(settings, aws.config().await?))),
        StoreKind::Embedded => Ok(Store::Embedded(Embedded::open(EmbeddedSettings {
            directory: settings.embed_data_dir.clone(),
            cache_bytes: settings.store_cache_bytes,
        })?)),
    }
}

async fn queue(settings: &QueueSettings, aws: &Aws<'_>) -> Result<DeliveryQueue, WiringError> {
    match settings.kind {
        QueueKind::Sqs => Ok(DeliveryQueue::Sqs(Sqs::new(
            aws_sdk_sqs::Client::new(aws.config().await?),
            SqsSettings {
                queue_url: settings.sqs_queue_url.clone().ok_or(WiringError::NoQueueUrl)?,
                max_message_bytes: settings.sqs_max_message_bytes,
            },
        ))),
        QueueKind::Memory => Ok(DeliveryQueue::InMemory(InMemory::new(Limits {
            deliveries: settings.workers_backlog,
            bytes: settings.workers_backlog_bytes,
        }))),
    }
}

fn dynamodb_store(settings: &StoreSettings, aws: &SdkConfig) -> DynamoDb {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(DYNAMODB_ATTEMPT_TIMEOUT)
        .build();
    let config = aws_sdk_dynamodb::config::Builder::from(aws)
        .timeout_config(timeouts)
        .build();
    DynamoDb::new(
        aws_sdk_dynamodb::Client::from_conf(config),
        DynamoDbSettings {
            table: settings.dynamodb_table.clone(),
            revalidate_after: settings.routes_revalidate_after,
            max_staleness: settings.routes_max_staleness,
            write_timeout: settings.store_write_timeout,
        },
    )
}
