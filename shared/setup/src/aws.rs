//! How the services that keep configuration and deliveries are reached. Nothing here waits for a network.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpClient as _, SharedHttpClient, http_client_fn};
use tokio::sync::OnceCell;

use crate::settings::Settings;

/// The services are in the same region: who takes longer to be reached is down.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// No region is set: neither in the environment nor in the AWS profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no AWS region is set: set AWS_REGION")]
pub struct NoRegion;

/// The AWS configuration of the environment and of `~/.aws`, read when it is first asked for: a gateway that keeps
/// everything on its own machine needs none.
pub(crate) struct Aws<'a> {
    endpoint_url: Option<&'a str>,
    config: OnceCell<SdkConfig>,
}

impl<'a> Aws<'a> {
    pub(crate) fn of(settings: &'a Settings) -> Self {
        Self {
            endpoint_url: settings.functions.aws_endpoint_url.as_deref(),
            config: OnceCell::new(),
        }
    }

    pub(crate) async fn config(&self) -> Result<&SdkConfig, NoRegion> {
        self.config.get_or_try_init(|| load(self.endpoint_url)).await
    }
}

async fn load(endpoint_url: Option<&str>) -> Result<SdkConfig, NoRegion> {
    // The SDK's own chain would go on to ask the instance metadata service, which takes seconds where there is none.
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new());
    let region = region.region().await.ok_or(NoRegion)?;
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .region(region)
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build())
        // Calls are small and have timeouts of their own.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Ok(match endpoint_url {
        Some(url) => loader.endpoint_url(url).load().await,
        None => loader.load().await,
    })
}

/// The wrapper leaves out the check that the SDK makes for each new client: a whole connector with all certificates,
/// built and thrown away.
fn http_client() -> SharedHttpClient {
    let client = aws_smithy_http_client::Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    http_client_fn(move |settings, components| client.http_connector(settings, components))
}
