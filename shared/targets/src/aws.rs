//! What the AWS providers share: configuration, connections, credentials and the reading of errors.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpClient as _, SharedHttpClient, http_client_fn};
use domain::resource::AwsCredentials;
use tokio::sync::OnceCell;

pub(crate) use self::failure::Failure;

mod class;
mod clients;
mod failure;

use self::clients::{ClientCache, ClientKey};
use crate::settings::TargetSettings;

/// Attempts of one call: up to three retries (CONTRACT.md §3.3).
const MAX_ATTEMPTS: u32 = 4;
/// The SDK's own second would leave the later attempts no time within the timeout of a call.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// Makes an operation go with a single attempt if that is asked for. The client stays the one that all calls share.
macro_rules! with_retries {
    ($operation:expr, $service:ident, $retries:expr) => {{
        let operation = $operation.customize();
        if $retries {
            operation
        } else {
            let once =
                $service::config::Builder::new().retry_config(aws_config::retry::RetryConfig::disabled());
            operation.config_override(once)
        }
    }};
}
pub(crate) use with_retries;

/// AWS clients by service, region and credentials. All share one pool of connections.
pub(crate) struct Aws {
    endpoint_url: Option<String>,
    base: OnceCell<SdkConfig>,
    lambda: ClientCache<aws_sdk_lambda::Client>,
    kinesis: ClientCache<aws_sdk_kinesis::Client>,
    firehose: ClientCache<aws_sdk_firehose::Client>,
    sqs: ClientCache<aws_sdk_sqs::Client>,
}

impl Aws {
    pub(crate) fn new(settings: &TargetSettings) -> Self {
        Self {
            endpoint_url: settings.aws_endpoint_url.clone(),
            base: OnceCell::new(),
            lambda: ClientCache::default(),
            kinesis: ClientCache::default(),
            firehose: ClientCache::default(),
            sqs: ClientCache::default(),
        }
    }

    pub(crate) async fn lambda(&self, region: &str, credentials: &AwsCredentials) -> aws_sdk_lambda::Client {
        let key = ClientKey::new(region, credentials);
        self.lambda
            .get(key, self.base(region).await, aws_sdk_lambda::Client::new)
    }

    pub(crate) async fn kinesis(
        &self,
        region: &str,
        credentials: &AwsCredentials,
    ) -> aws_sdk_kinesis::Client {
        let key = ClientKey::new(region, credentials);
        self.kinesis
            .get(key, self.base(region).await, aws_sdk_kinesis::Client::new)
    }

    pub(crate) async fn firehose(
        &self,
        region: &str,
        credentials: &AwsCredentials,
    ) -> aws_sdk_firehose::Client {
        let key = ClientKey::new(region, credentials);
        self.firehose
            .get(key, self.base(region).await, aws_sdk_firehose::Client::new)
    }

    /// A queue's URL says where its requests go, as with the original's SDK, unless an endpoint is set.
    pub(crate) async fn sqs(
        &self,
        region: &str,
        credentials: &AwsCredentials,
        queue_url: &str,
    ) -> aws_sdk_sqs::Client {
        let base = self.base(region).await;
        let mut key = ClientKey::new(region, credentials);
        if base.endpoint_url().is_none() {
            key = key.at(origin(queue_url));
        }
        self.sqs.get(key, base, aws_sdk_sqs::Client::new)
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
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(Region::new(region.to_owned()));
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(shared_connections())
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

/// Scheme, host and port of an http(s) URL.
fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    let is_http = matches!(url.scheme(), "http" | "https");
    is_http.then(|| url.origin().ascii_serialization())
}

/// One pool for all clients. The wrapper leaves out the check that the SDK makes for each new client: a whole
/// connector with all certificates, built and thrown away.
fn shared_connections() -> SharedHttpClient {
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    http_client_fn(move |settings, components| client.http_connector(settings, components))
}
