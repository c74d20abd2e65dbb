//! The places that secrets are read from, and which of them may be referred to.

use std::fmt;
use std::sync::Arc;

use domain::resource::SecretReference;

use super::error::SecretError;
use super::{SecretSettings, files, parameter_store, secrets_manager};
use crate::aws::{Aws, own_region};

/// What is read at once. Two members of one secret are the same source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Source {
    SecretsManager { name: String, region: Option<String> },
    ParameterStore { name: String, region: Option<String> },
    File(String),
}

impl Source {
    /// That of a reference; `None` where nothing has to be read, as with the environment.
    pub(super) fn of(reference: &SecretReference) -> Option<Self> {
        let region = reference.region().map(str::to_owned);
        match reference {
            SecretReference::SecretsManager { secret_arn, .. } => Some(Self::SecretsManager {
                name: secret_arn.clone(),
                region,
            }),
            SecretReference::SsmParameter { ssm_parameter } => Some(Self::ParameterStore {
                name: ssm_parameter.clone(),
                region,
            }),
            SecretReference::File { file } => Some(Self::File(file.clone())),
            SecretReference::Environment { .. } => None,
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretsManager { name, .. } => write!(f, "secret {name:?}"),
            Self::ParameterStore { name, .. } => write!(f, "parameter {name:?}"),
            Self::File(file) => write!(f, "secret file {file:?}"),
        }
    }
}

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
                let client = self.aws.secrets_manager(&region).await;
                secrets_manager::read(&client, name, source).await
            }
            Source::ParameterStore { name, region } => {
                let region = region_or_own(region.as_deref(), source).await?;
                parameter_store::read(self.aws.configuration(&region).await, &region, name, source).await
            }
            Source::File(file) => {
                let directory = self.settings.directory.clone().ok_or(SecretError::NoDirectory)?;
                files::read(directory, file.clone(), source.to_string()).await
            }
        }
    }
}

async fn region_or_own(region: Option<&str>, source: &Source) -> Result<String, SecretError> {
    if let Some(region) = region {
        return Ok(region.to_owned());
    }
    let own = own_region().await.map(|region| region.to_string());
    own.ok_or_else(|| SecretError::NoRegion(source.to_string()))
}
