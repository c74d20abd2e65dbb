//! From settings to parts: each is built here, once for a process, whichever of the programs that is.

use std::fmt;

use api::AccessLogging;
use gateway::{DeadLetters, OwnConfigApi, ReportKeys, Usage};
use queue::DeliveryQueue;
use records::{AccessLog, DeliveryLog};
use store::{DynamoDb, Store, StreamTail};
use targets::BytesInFlight;
use traces::Tracer;

use self::access_log::Life;
use self::deliveries::Deliveries;
use crate::aws::Aws;
use crate::settings::Settings;

mod access_log;
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
    /// By which keys reports of leaked keys are signed, if any are taken.
    leak_reports: Option<ReportKeys>,
    /// What counts the usage of spaces, if it is counted.
    usage: Option<Usage>,
    /// Where requests are noted.
    access_log: Option<AccessLogging>,
    /// What begins spans.
    tracer: Tracer,
    own_config_api: OwnConfigApi,
    settings: &'s Settings,
    aws: Aws<'s>,
}

impl<'s> Parts<'s> {
    /// Opens what is embedded on disk, and does no other I/O than that. For a process that is stopped whenever it has
    /// answered, as on AWS Lambda.
    pub async fn open(settings: &'s Settings) -> Result<Self, WiringError> {
        Self::open_with(settings, OwnConfigApi::default(), Life::StopsBetweenRequests).await
    }

    /// The same in a process that lives on and serves the Configuration API there, where no function may be.
    pub async fn open_beside(
        settings: &'s Settings,
        own_config_api: OwnConfigApi,
    ) -> Result<Self, WiringError> {
        Self::open_with(settings, own_config_api, Life::GoesOn).await
    }

    async fn open_with(
        settings: &'s Settings,
        own_config_api: OwnConfigApi,
        life: Life,
    ) -> Result<Self, WiringError> {
        // Before anything is opened, and also where no function is called: the endpoint of AWS is the store's as well.
        calls::target_settings(settings, &own_config_api, BytesInFlight::default()).validate()?;
        let leak_reports = calls::report_keys(settings, &own_config_api)?;
        let aws = Aws::of(settings);
        let store = stores::open(settings, &aws).await?;
        let Deliveries {
            queue,
            dead_letters,
            delivery_log,
        } = deliveries::open(settings, &store, &aws).await?;
        let usage = settings.usage.counting();
        let tracer = settings.spans.tracer().map(Tracer::start).transpose()?;
        Ok(Self {
            leak_reports,
            usage: usage.map(|counting| Usage::new(store.clone(), counting)),
            store,
            queue,
            dead_letters,
            delivery_log,
            tracer: tracer.unwrap_or_default(),
            access_log: access_log::open(&settings.access_log, life)?,
            own_config_api,
            settings,
            aws,
        })
    }

    /// The access log, if there is one.
    pub fn access_log(&self) -> Option<AccessLog> {
        self.access_log.as_ref().map(|logging| logging.log.clone())
    }

    /// What begins spans.
    pub fn tracer(&self) -> Tracer {
        self.tracer.clone()
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
