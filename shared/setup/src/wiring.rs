//! From settings to parts: each is built here, once for a process, whichever of the programs that is.

use std::fmt;

use gateway::{DeadLetters, OwnConfigApi};
use queue::DeliveryQueue;
use records::DeliveryLog;
use store::{DynamoDb, Store, StreamTail};
use targets::BytesInFlight;

use self::deliveries::Deliveries;
use crate::aws::Aws;
use crate::settings::Settings;

mod calls;
mod config_api;
mod deliveries;
mod engine;
mod error;
mod stores;

pub use self::error::WiringError;

/// What a process works with. What is built over it shares these handles.
pub struct Parts<'s> {
    /// The configuration store.
    store: Store,
    /// Where async deliveries wait.
    queue: DeliveryQueue,
    /// Deliveries that were given up.
    dead_letters: DeadLetters,
    /// Where attempts are noted.
    delivery_log: DeliveryLog,
    own_config_api: OwnConfigApi,
    settings: &'s Settings,
    aws: Aws<'s>,
}

impl<'s> Parts<'s> {
    /// Opens what is embedded on disk, and does no other I/O than that.
    pub async fn open(settings: &'s Settings) -> Result<Self, WiringError> {
        Self::open_beside(settings, OwnConfigApi::default()).await
    }

    /// The same in a process that serves the Configuration API there, where no function may be.
    pub async fn open_beside(
        settings: &'s Settings,
        own_config_api: OwnConfigApi,
    ) -> Result<Self, WiringError> {
        // Before anything is opened, and also where no function is called: the endpoint of AWS is the store's as well.
        calls::target_settings(settings, &own_config_api, BytesInFlight::default()).validate()?;
        let aws = Aws::of(settings);
        let store = stores::open(settings, &aws).await?;
        let Deliveries {
            queue,
            dead_letters,
            delivery_log,
        } = deliveries::open(settings, &store, &aws).await?;
        Ok(Self {
            store,
            queue,
            dead_letters,
            delivery_log,
            own_config_api,
            settings,
            aws,
        })
    }

    /// What follows the stream of a `DynamoDB` store in a process that lives on; `None` for other stores.
    pub async fn stream_tail(&self) -> Result<Option<StreamTail>, WiringError> {
        let Store::DynamoDb(store) = &self.store else {
            return Ok(None);
        };
        let client = aws_sdk_dynamodbstreams::Client::new(self.aws.config().await?);
        Ok(Some(StreamTail::new(
            client,
            store.clone(),
            self.settings.store.stream_poll_interval,
        )))
    }
}

impl fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

/// The store in `DynamoDB` alone, as what publishes its snapshots needs it.
pub async fn dynamodb(settings: &Settings) -> Result<DynamoDb, WiringError> {
    stores::dynamodb(settings, Aws::of(settings).config().await?)
}
