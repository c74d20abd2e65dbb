//! The providers of AWS, and what they share: configuration, connections, credentials and the reading of errors.

use std::sync::OnceLock;
use std::time::Duration;

use aws::{Client, Service};
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use tokio::sync::OnceCell;

pub(crate) use self::counted::CountedAnswer;
pub(crate) use self::entry_results::EntryResults;
pub(crate) use self::failure::{AwsError, AwsFailure, EntryError};
pub(crate) use self::identity::AwsIdentity;
pub(crate) use self::retries::with_retries;

pub(crate) mod batch;
mod class;
mod clients;
mod connections;
mod counted;
mod entry_answer;
mod entry_results;
pub(crate) mod event_bus;
pub(crate) mod eventbridge;
mod failure;
pub(crate) mod firehose;
pub(crate) mod firehose_stream;
mod identity;
pub(crate) mod key;
pub(crate) mod kinesis;
pub(crate) mod kinesis_stream;
pub(crate) mod lambda;
pub(crate) mod limit;
mod queue_host;
mod retries;
mod role;
pub(crate) mod sns;
pub(crate) mod sns_topic;
pub(crate) mod sqs;
pub(crate) mod sqs_queue;
pub(crate) mod step_functions;

use self::batch::Batches;
use self::clients::{ClientCache, ClientKey};
use crate::error::InvokeError;
use crate::network_guard::{AddressRefused, NetworkGuard};
use crate::own_api::OwnConfigApi;
use crate::settings::TargetSettings;

/// Attempts of one call: up to three retries (docs/contract.md §3.3).
const MAX_ATTEMPTS: u32 = 4;
/// The SDK's own second would leave the later attempts no time within the timeout of a call.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// Region of the gateway's own identity where none is set.
const LAST_RESORT_REGION: &str = "us-east-1";
/// Calls that may take this long get connections of their own: network address translation forgets a connection on which
/// nothing was said for 350 s, and load balancers for less.
const LONG_CALL: Duration = Duration::from_mins(1);

/// AWS clients by service, region and credentials. All share one pool of connections.
pub(crate) struct Aws {
    endpoint_url: Option<String>,
    guard: Option<NetworkGuard>,
    own_config_api: OwnConfigApi,
    base: OnceCell<SdkConfig>,
    /// The same with connections for long calls.
    patient_base: OnceLock<SdkConfig>,
    lambda: ClientCache<aws_sdk_lambda::Client>,
    patient_lambda: ClientCache<aws_sdk_lambda::Client>,
    sqs: ClientCache<aws_sdk_sqs::Client>,
    /// Of the services without an SDK.
    others: ClientCache<Client>,
    pub(crate) batches: AwsBatches,
}

/// What is on its way to services that take several events with one request.
#[derive(Default)]
pub(crate) struct AwsBatches {
    pub(crate) kinesis: Batches<kinesis_stream::Stream>,
    pub(crate) firehose: Batches<firehose_stream::Stream>,
    pub(crate) sqs: Batches<sqs_queue::Queue>,
    pub(crate) sns: Batches<sns_topic::Topic>,
    pub(crate) eventbridge: Batches<event_bus::Bus>,
}

impl Aws {
    pub(crate) fn new(settings: &TargetSettings) -> Self {
        Self {
            endpoint_url: settings.aws_endpoint_url.clone(),
            guard: settings.guard.clone(),
            own_config_api: settings.own_config_api.clone(),
            base: OnceCell::new(),
            patient_base: OnceLock::new(),
            lambda: ClientCache::default(),
            patient_lambda: ClientCache::default(),
            sqs: ClientCache::default(),
            others: ClientCache::of_services(),
            batches: AwsBatches::default(),
        }
    }

    /// The same, with a configuration that is not read from the environment.
    #[cfg(test)]
    pub(crate) fn with_configuration(settings: &TargetSettings, configuration: SdkConfig) -> Self {
        Self {
            base: OnceCell::new_with(Some(configuration)),
            ..Self::new(settings)
        }
    }

    /// `limit`: how long a call may take. Long ones need connections that are kept open while nothing is said.
    pub(crate) async fn lambda(
        &self,
        region: &str,
        identity: &AwsIdentity,
        limit: Duration,
    ) -> aws_sdk_lambda::Client {
        let key = ClientKey::new(region, identity);
        let base = self.base(region).await;
        if limit < LONG_CALL {
            return self.lambda.get(key, base, aws_sdk_lambda::Client::new);
        }
        let base = self
            .patient_base
            .get_or_init(|| base.to_builder().http_client(connections::patient()).build());
        self.patient_lambda.get(key, base, aws_sdk_lambda::Client::new)
    }

    /// A client of a service without an SDK.
    pub(crate) async fn client(&self, service: Service, region: &str, identity: &AwsIdentity) -> Client {
        let key = ClientKey::new(region, identity).of(service);
        let base = self.base(region).await;
        self.others.get(key, base, |aws| Client::new(service, aws))
    }

    /// The region of the gateway and who it is to AWS.
    pub(crate) async fn own_identity(&self) -> Result<(String, Credentials), InvokeError> {
        let base = self.base(LAST_RESORT_REGION).await;
        let region = base.region().map_or(LAST_RESORT_REGION, Region::as_ref);
        let provider = base
            .credentials_provider()
            .ok_or_else(|| InvokeError::unavailable("the gateway has no AWS credentials"))?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(InvokeError::unavailable)?;
        Ok((region.to_owned(), credentials))
    }

    /// A queue's URL says where its requests go, as with the original's SDK, unless an endpoint is set. Fails if the
    /// guard does not let them go there.
    pub(crate) async fn sqs(
        &self,
        region: &str,
        identity: &AwsIdentity,
        queue_url: &str,
    ) -> Result<aws_sdk_sqs::Client, InvokeError> {
        let base = self.base(region).await;
        let mut key = ClientKey::new(region, identity);
        if base.endpoint_url().is_none() {
            if let Some(guard) = &self.guard {
                queue_host::check(queue_url, guard).map_err(InvokeError::unusable)?;
            }
            if self.own_config_api.is_reached_by(queue_url).await {
                return Err(InvokeError::unusable(AddressRefused));
            }
            key = key.at(origin(queue_url));
        }
        Ok(self.sqs.get(key, base, aws_sdk_sqs::Client::new))
    }

    async fn base(&self, region: &str) -> &SdkConfig {
        self.base
            .get_or_init(|| load(self.endpoint_url.as_deref(), region))
            .await
    }
}

/// Reads the AWS configuration of the environment and of `~/.aws`, without any network.
async fn load(endpoint_url: Option<&str>, region: &str) -> SdkConfig {
    // Only the default credentials chain uses this region (for STS). Naming a last resort keeps the SDK from asking
    // the instance metadata service, which takes seconds outside of EC2.
    let region = own_regions().or_else(Region::new(region.to_owned()));
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(connections::shared())
        .region(region)
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(MAX_ATTEMPTS)
                .with_initial_backoff(FIRST_BACKOFF),
        )
        // Payloads are small and the whole call has a timeout.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    match endpoint_url {
        Some(url) => loader.endpoint_url(url).load().await,
        None => loader.load().await,
    }
}

/// The region that the gateway itself is in, if it is told.
pub(crate) async fn own_region() -> Option<Region> {
    own_regions().region().await
}

fn own_regions() -> RegionProviderChain {
    RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
}

/// Scheme, host and port of an http(s) URL.
fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let is_http = matches!(url.scheme(), "http" | "https");
    is_http.then(|| url.origin().ascii_serialization())
}
