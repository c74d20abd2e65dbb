//! From settings to handles.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use domain::configuration::SpaceRules;
use domain::event::EventLimits;
use domain::hops::Hops;
use domain::routing::PathOwnership;
use gateway::{CircuitBreakerSettings, DeadLetters, Gateway, GatewayParts, GatewaySettings, OwnConfigApi};
use queue::sqs::{Signing, SigningKey, WeakKey};
use queue::{DeadLetterLimits, DeliveryQueue, HIDDEN_FOR, Limits, Share, SpaceShares, Sqs, SqsSettings};
use records::{AttemptFiles, AttemptFilesLimits, DeliveryLog};
use store::{
    DynamoDb, DynamoDbSettings, Embedded, EmbeddedSettings, KeyFile, KeyFileError, KmsKey, OpenError, Store,
    StreamTail,
};
use targets::{BytesInFlight, Invoker, SecretSettings, TargetSettings, TargetSettingsError};

use crate::aws::{Aws, CONNECT_TIMEOUT, NoRegion};
use crate::settings::{
    FunctionSecretSettings, QueueDurability, QueueKind, QueueSettings, Settings, StoreKind,
};

/// Longest time that one attempt of a call of `DynamoDB` or KMS may take.
const DYNAMODB_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest time that a call of KMS may take, with all of its attempts: requests to all spaces may wait for it.
const KMS_TIMEOUT: Duration = Duration::from_secs(1);

/// Deliveries, and bytes of events, that may wait unless the settings say otherwise.
const BACKLOG_ON_DISK: (usize, usize) = (10_000_000, 10 * 1024 * 1024 * 1024);
const BACKLOG_IN_MEMORY: (usize, usize) = (200, 64 * 1024 * 1024);

/// Bytes of dead letters of a space, and of all spaces, that are kept unless the settings say otherwise.
const DEAD_LETTERS_ON_DISK: (u64, u64) = (256 * 1024 * 1024, 2 * 1024 * 1024 * 1024);
const DEAD_LETTERS_IN_MEMORY: (u64, u64) = (16 * 1024 * 1024, 64 * 1024 * 1024);

/// Time that a function which keeps failing is first left alone.
const CIRCUIT_BREAKER_MIN_OPEN: Duration = Duration::from_secs(1);

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
    /// A key for messages of SQS is none.
    #[error("--queue-signing-keys cannot be used: {0}")]
    SigningKey(#[from] WeakKey),
    /// The embedded queue cannot be opened.
    #[error(transparent)]
    Queue(#[from] queue::OpenError),
    /// The delivery log cannot be kept.
    #[error("the folder of the delivery log cannot be used")]
    DeliveryLog(#[source] std::io::Error),
    /// Dead letters and deduplication keys of SQS deliveries have no place.
    #[error("the queue sqs needs the store dynamodb: its dead letters are kept in the table")]
    SqsWithoutDynamoDb,
    /// The keys of the embedded store cannot be read.
    #[error(transparent)]
    EncryptionKeys(#[from] KeyFileError),
    /// A key file is set for the store in DynamoDB.
    #[error("--encryption-key-file is for the embedded store: the store dynamodb takes --kms-key-id")]
    KeyFileWithDynamoDb,
    /// A key of KMS is set for the embedded store.
    #[error("--kms-key-id is for the store dynamodb: the embedded store takes --encryption-key-file")]
    KmsWithEmbedded,
    /// The settings of functions contradict each other.
    #[error(transparent)]
    Targets(#[from] TargetSettingsError),
}

fn bytes_in_flight(settings: &Settings) -> BytesInFlight {
    let limits = &settings.limits;
    let share = limits.max_bytes_in_flight_per_space(settings.access.is_hosted());
    match share {
        Some(share) => BytesInFlight::with_shares(limits.max_bytes_in_flight, share),
        None => BytesInFlight::new(limits.max_bytes_in_flight),
    }
}

/// Joins store, queue and targets. Opens what is embedded on disk, and does no other I/O than that.
pub async fn gateway(settings: &Settings) -> Result<Gateway, WiringError> {
    gateway_beside(settings, OwnConfigApi::default()).await
}

/// The same in a process that serves the Configuration API, where no function may be.
pub async fn gateway_beside(
    settings: &Settings,
    own_config_api: OwnConfigApi,
) -> Result<Gateway, WiringError> {
    let invoker = Invoker::new(TargetSettings {
        timeout: settings.functions.function_timeout,
        max_response_bytes: settings.functions.max_response_bytes,
        in_flight: bytes_in_flight(settings),
        stream_idle_timeout: settings.functions.stream_idle_timeout,
        stream_timeout: settings.functions.stream_timeout,
        aws_endpoint_url: settings.functions.aws_endpoint_url.clone(),
        google_metadata_host: settings.functions.google_metadata_host.clone(),
        google_endpoint_url: settings.functions.google_endpoint_url.clone(),
        guard: settings.network_guard(),
        own_config_api,
        lends_identity: settings.lends_identity(),
        secrets: SecretSettings {
            places: settings.secret_places(),
            directory: settings.secrets.directory.clone(),
            environment: FunctionSecretSettings::environment(),
            cache_time: settings.secrets.cache_time,
        },
        lookups: settings.lookups.limits(),
    })?;
    let aws = Aws::of(settings);
    let store = store(settings, &aws).await?;
    let Deliveries {
        queue,
        dead_letters,
        delivery_log,
    } = deliveries(settings, &store, &aws).await?;
    let parts = GatewayParts {
        store,
        queue,
        dead_letters,
        delivery_log,
        invoker,
    };
    let queue = &settings.queue;
    Ok(Gateway::new(
        parts,
        GatewaySettings {
            hosted: settings.access.hosted(),
            json_events: settings.events.json_events,
            event_limits: EventLimits {
                max_attributes: settings.limits.max_event_attributes,
                max_batch_events: settings.limits.max_batch_events,
            },
            legacy_api: settings.compatibility.legacy_api,
            max_hops: Hops::new(settings.limits.max_hops),
            batch_timeout: settings.limits.batch_timeout,
            max_retry_after: queue.max_retry_after,
            max_concurrent_deliveries: queue.workers(),
            max_sync_calls_per_space: settings
                .limits
                .max_sync_calls_per_space(settings.access.is_hosted()),
            max_deliver_delay: queue.max_deliver_delay,
            circuit_breaker: CircuitBreakerSettings {
                failure_threshold: queue.circuit_breaker_failures,
                min_open: CIRCUIT_BREAKER_MIN_OPEN.min(queue.circuit_breaker_max_open),
                max_open: queue.circuit_breaker_max_open,
            },
            metrics: settings.metrics.limits(),
        },
    ))
}

/// The store in `DynamoDB` alone, as what publishes its snapshots needs it.
pub async fn dynamodb(settings: &Settings) -> Result<DynamoDb, WiringError> {
    dynamodb_store(settings, Aws::of(settings).config().await?)
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

async fn store(all: &Settings, aws: &Aws<'_>) -> Result<Store, WiringError> {
    let settings = &all.store;
    match settings.kind {
        StoreKind::DynamoDb => Ok(Store::DynamoDb(dynamodb_store(all, aws.config().await?)?)),
        // Nobody may believe that secrets are encrypted when they are not.
        StoreKind::Embedded if settings.kms_key_id.is_some() => Err(WiringError::KmsWithEmbedded),
        StoreKind::Embedded => Ok(Store::Embedded(Embedded::open(EmbeddedSettings {
            directory: settings.embed_data_dir.clone(),
            cache_bytes: settings.store_cache_bytes,
            keys: match &settings.encryption_key_file {
                Some(path) => Some(KeyFile::read(path)?),
                None => None,
            },
            rules: space_rules(all),
        })?)),
    }
}

/// What deliveries go through.
struct Deliveries {
    queue: DeliveryQueue,
    dead_letters: DeadLetters,
    delivery_log: DeliveryLog,
}

async fn deliveries(settings: &Settings, store: &Store, aws: &Aws<'_>) -> Result<Deliveries, WiringError> {
    let QueueSettings { kind, .. } = settings.queue;
    if kind == QueueKind::Sqs {
        return sqs(&settings.queue, store, aws).await;
    }
    let queue = queue::Embedded::open(embedded_queue(settings))?;
    let log = settings.store.embed_data_dir.join("delivery-log");
    let limits = AttemptFilesLimits {
        bytes_per_space: settings.queue.delivery_log_bytes,
        bytes: settings.queue.delivery_log_total_bytes,
    };
    let log = AttemptFiles::open(log, limits).map_err(WiringError::DeliveryLog)?;
    Ok(Deliveries {
        queue: DeliveryQueue::Embedded(queue.clone()),
        dead_letters: DeadLetters::Queue(queue),
        delivery_log: DeliveryLog::Files(log),
    })
}

async fn sqs(settings: &QueueSettings, store: &Store, aws: &Aws<'_>) -> Result<Deliveries, WiringError> {
    let Store::DynamoDb(table) = store else {
        return Err(WiringError::SqsWithoutDynamoDb);
    };
    let queue = DeliveryQueue::Sqs(Sqs::new(
        aws_sdk_sqs::Client::new(aws.config().await?),
        SqsSettings {
            queue_url: settings.sqs_queue_url.clone().ok_or(WiringError::NoQueueUrl)?,
            fifo_queue_url: settings.sqs_fifo_queue_url.clone(),
            dead_letter_queue_url: settings.sqs_dead_letter_queue_url.clone(),
            fifo_dead_letter_queue_url: settings.sqs_fifo_dead_letter_queue_url.clone(),
            signing: signing(settings)?,
            max_message_bytes: settings.sqs_max_message_bytes,
            hidden_for: HIDDEN_FOR,
        },
    ));
    Ok(Deliveries {
        queue: queue.clone(),
        dead_letters: DeadLetters::Table {
            table: table.clone(),
            queue,
        },
        delivery_log: DeliveryLog::Tracing,
    })
}

fn signing(settings: &QueueSettings) -> Result<Signing, WeakKey> {
    let keys = settings.signing_keys.iter().map(|key| SigningKey::new(&key.0));
    let signing = Signing {
        keys: keys.collect::<Result<_, _>>()?,
        accept_unsigned: settings.accept_unsigned,
    };
    if signing.keys.is_empty() {
        tracing::warn!(
            "Messages of the queue are not signed: whoever may send to it can have functions called."
        );
    } else if signing.accept_unsigned {
        tracing::warn!("Messages of the queue are taken without a signature as well.");
    }
    Ok(signing)
}

fn embedded_queue(settings: &Settings) -> queue::EmbeddedSettings {
    let queue = &settings.queue;
    let is_on_disk = queue.kind == QueueKind::Embedded;
    let ((deliveries, bytes), (dead_of_space, dead_of_all)) = if is_on_disk {
        (BACKLOG_ON_DISK, DEAD_LETTERS_ON_DISK)
    } else {
        (BACKLOG_IN_MEMORY, DEAD_LETTERS_IN_MEMORY)
    };
    let durability = match queue.durability {
        QueueDurability::Disk => queue::Durability::Disk,
        QueueDurability::Os => queue::Durability::OperatingSystem,
    };
    if !is_on_disk {
        tracing::warn!("Async deliveries wait in memory: those that wait are lost when the process ends.");
    } else if durability == queue::Durability::OperatingSystem {
        tracing::warn!("Accepted events are not forced to disk: a crash of the machine can lose them.");
    }
    queue::EmbeddedSettings {
        directory: is_on_disk.then(|| settings.store.embed_data_dir.clone()),
        cache_bytes: queue.cache_bytes,
        durability,
        reserve_bytes: queue.reserve_bytes,
        limits: Limits {
            deliveries: queue.workers_backlog.unwrap_or(deliveries),
            bytes: queue.workers_backlog_bytes.unwrap_or(bytes),
            workers: queue.workers(),
            per_function: queue.workers_per_function(),
            spaces: SpaceShares {
                workers: share(queue.workers_per_space),
                deliveries: share(queue.workers_backlog_per_space),
                bytes: share(queue.workers_backlog_bytes_per_space),
                deduplication_keys: queue.deduplication_keys_per_space,
                strangers: settings.access.is_hosted(),
            },
            dead_letters: DeadLetterLimits {
                bytes_per_space: settings.dead_letters.bytes.unwrap_or(dead_of_space),
                bytes: settings.dead_letters.total_bytes.unwrap_or(dead_of_all),
                max_age: settings.dead_letters.max_age(),
            },
        },
    }
}

/// What a space may have, as it is set.
fn share(setting: Option<usize>) -> Share {
    setting.map_or(Share::Half, Share::Fixed)
}

/// What spaces may have. Where they are hosted they own their paths.
fn space_rules(settings: &Settings) -> SpaceRules {
    SpaceRules {
        paths: if settings.access.is_hosted() {
            PathOwnership::BySpace
        } else {
            PathOwnership::Shared
        },
        max_cors: settings.limits.max_cors_per_space,
    }
}

fn dynamodb_store(all: &Settings, aws: &SdkConfig) -> Result<DynamoDb, WiringError> {
    let settings = &all.store;
    if settings.encryption_key_file.is_some() {
        return Err(WiringError::KeyFileWithDynamoDb);
    }
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(DYNAMODB_ATTEMPT_TIMEOUT)
        .build();
    let config = aws_sdk_dynamodb::config::Builder::from(aws)
        .timeout_config(timeouts.clone())
        .build();
    let kms = settings.kms_key_id.as_ref().map(|key_id| KmsKey {
        client: aws_sdk_kms::Client::from_conf(
            aws_sdk_kms::config::Builder::from(aws)
                .timeout_config(timeouts.to_builder().operation_timeout(KMS_TIMEOUT).build())
                .build(),
        ),
        key_id: key_id.clone(),
        bound_to: settings.kms_bound_table.clone(),
    });
    Ok(DynamoDb::new(
        aws_sdk_dynamodb::Client::from_conf(config),
        DynamoDbSettings {
            table: settings.dynamodb_table.clone(),
            revalidate_after: settings.routes_revalidate_after,
            max_staleness: settings.routes_max_staleness,
            write_timeout: settings.store_write_timeout,
            kms,
            rules: space_rules(all),
            pauses_by_request: settings.pause_by_request,
            dead_letter_max_age: all.dead_letters.max_age(),
        },
    ))
}
