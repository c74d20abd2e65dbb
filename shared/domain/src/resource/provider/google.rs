//! The providers of Google Cloud, and the credentials that they share.

mod cloud_function;
mod credentials;
mod pubsub;

pub use cloud_function::GoogleCloudFunction;
pub use credentials::{AwsFederation, GoogleCredentials, ServiceAccountKey};
pub use pubsub::PubSubTopic;
