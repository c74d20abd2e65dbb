//! What deliveries go through: their queue, the dead letters and the delivery log, on this machine or on AWS.

use gateway::DeadLetters;
use queue::sqs::{Signing, SigningKey, WeakKey};
use queue::{DeadLetterLimits, DeliveryQueue, HIDDEN_FOR, Limits, Share, SpaceShares, Sqs, SqsSettings};
use records::{AttemptFiles, AttemptFilesLimits, DeliveryLog};
use store::Store;

use super::WiringError;
use crate::aws::Aws;
use crate::settings::{QueueDurability, QueueKind, QueueSettings, Settings};

/// Deliveries, and bytes of events, that may wait unless the settings say otherwise.
const BACKLOG_ON_DISK: (usize, usize) = (10_000_000, 10 * 1024 * 1024 * 1024);
const BACKLOG_IN_MEMORY: (usize, usize) = (200, 64 * 1024 * 1024);

/// Bytes of dead letters of a space, and of all spaces, that are kept unless the settings say otherwise.
const DEAD_LETTERS_ON_DISK: (u64, u64) = (256 * 1024 * 1024, 2 * 1024 * 1024 * 1024);
const DEAD_LETTERS_IN_MEMORY: (u64, u64) = (16 * 1024 * 1024, 64 * 1024 * 1024);

/// What deliveries go through.
pub(super) struct Deliveries {
    pub(super) queue: DeliveryQueue,
    pub(super) dead_letters: DeadLetters,
    pub(super) delivery_log: DeliveryLog,
}

/// Opens them. Dead letters of a queue on SQS are kept in the table of the store.
pub(super) async fn open(
    settings: &Settings,
    store: &Store,
    aws: &Aws<'_>,
) -> Result<Deliveries, WiringError> {
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
            fair: settings.sqs_fair,
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
