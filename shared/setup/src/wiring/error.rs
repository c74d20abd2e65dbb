//! Why the parts of a process cannot be put together.

use domain::quota::PlansError;
use queue::sqs::WeakKey;
use store::{KeyFileError, OpenError};
use targets::TargetSettingsError;
use traces::SinkError;

use crate::aws::NoRegion;

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
    /// The access log cannot be kept.
    #[error("the file of the access log cannot be used")]
    AccessLog(#[source] std::io::Error),
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
    /// The plans of spaces cannot be used.
    #[error("--plans cannot be used: {0}")]
    Plans(#[from] PlansError),
    /// Spans cannot be sent.
    #[error(transparent)]
    Traces(#[from] SinkError),
    /// The settings of functions contradict each other.
    #[error(transparent)]
    Targets(#[from] TargetSettingsError),
}
