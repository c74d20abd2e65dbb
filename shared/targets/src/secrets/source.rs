//! What secrets are read from.

use std::fmt;

use domain::resource::SecretReference;

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
