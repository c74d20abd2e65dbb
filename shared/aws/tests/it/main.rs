//! Calls of services, against a server on the loopback interface that stands for AWS.

#![expect(clippy::unwrap_used, reason = "servers and checks fail the test by panicking")]

use aws::{Client, Service};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use self::peer::Peer;

mod failures;
mod peer;
mod requests;
mod signature;

/// Secret key of the clients.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// Session token of the clients.
const TOKEN: &str = "SESSIONTOKEN";

/// A configuration whose AWS is this peer.
fn configuration(peer: &Peer) -> aws_types::sdk_config::Builder {
    let token = Some(TOKEN.to_owned());
    let credentials = Credentials::new("AKIDEXAMPLE", SECRET, token, None, "test");
    SdkConfig::builder()
        .region(Region::new("eu-west-1"))
        .endpoint_url(peer.url())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .retry_config(
            RetryConfig::standard()
                .with_max_attempts(3)
                .with_initial_backoff(std::time::Duration::from_millis(1)),
        )
}

fn client(service: Service, peer: &Peer) -> Client {
    Client::new(service, &configuration(peer).build())
}
