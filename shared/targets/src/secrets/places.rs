//! The places that secrets are read from, and which of them may be referred to.

use std::sync::Arc;

use aws::{Client, Service};
use domain::resource::SecretReference;

use super::error::SecretError;
use super::source::Source;
use super::{SecretSettings, files, parameter_store, secrets_manager};
use crate::aws::{Aws, AwsIdentity, own_region};

/// The places.
pub(super) struct Places {
    settings: SecretSettings,
    aws: Arc<Aws>,
}

impl Places {
    /// Reads nothing.
    pub(super) fn new(settings: SecretSettings, aws: Arc<Aws>) -> Self {
        Self { settings, aws }
    }

    /// Refuses what may not be referred to. The Configuration API does so as well; but settings change, and what was
    /// stored before stays.
    pub(super) fn check(&self, reference: &SecretReference) -> Result<(), SecretError> {
        if let Some(fault) = reference.fault() {
            return Err(SecretError::Malformed(fault));
        }
        let place = reference.place();
        let is_allowed = self.settings.places.contains(&place);
        is_allowed
            .then_some(())
            .ok_or(SecretError::NotAllowed(place.member()))
    }

    /// The variable of the environment that is referred to.
    pub(super) fn variable(&self, reference: &SecretReference) -> Result<String, SecretError> {
        let SecretReference::Environment { environment: name } = reference else {
            return Err(SecretError::Malformed("is of an unknown kind"));
        };
        let value = self.settings.environment.get(name);
        let value = value.filter(|value| !value.is_empty());
        value
            .cloned()
            .ok_or_else(|| SecretError::NoVariable(name.clone()))
    }

    /// Reads a secret from its place.
    pub(super) async fn read(&self, source: &Source) -> Result<String, SecretError> {
        match source {
            Source::SecretsManager { name, region } => {
                let region = region_or_own(region.as_deref(), source).await?;
                let client = self.own_client(Service::SecretsManager, &region).await;
                secrets_manager::read(&client, name, source).await
            }
            Source::ParameterStore { name, region } => {
                let region = region_or_own(region.as_deref(), source).await?;
                let client = self.own_client(Service::ParameterStore, &region).await;
                parameter_store::read(&client, name, source).await
            }
            Source::File(file) => {
                let directory = self.settings.directory.clone().ok_or(SecretError::NoDirectory)?;
                files::read(directory, file.clone(), source.to_string()).await
            }
        }
    }

    /// A client with the gateway's own credentials.
    async fn own_client(&self, service: Service, region: &str) -> Client {
        self.aws.client(service, region, &AwsIdentity::default()).await
    }
}

async fn region_or_own(region: Option<&str>, source: &Source) -> Result<String, SecretError> {
    if let Some(region) = region {
        return Ok(region.to_owned());
    }
    let own = own_region().await.map(|region| region.to_string());
    own.ok_or_else(|| SecretError::NoRegion(source.to_string()))
}
