//! Kinds of places that secrets are read from, and the forms that references to them must have.

use std::path::{Component, Path};

use super::{Secret, SecretReference};
use crate::resource::{InvalidCause, InvalidResource, ProviderError, Resource};

/// What the names of environment variables must begin with: no reference reaches any other variable.
pub const ENVIRONMENT_PREFIX: &str = "EVENT_GATEWAY_SECRET_";

/// A kind of place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretPlace {
    /// AWS Secrets Manager.
    SecretsManager,
    /// Parameter Store of AWS Systems Manager.
    ParameterStore,
    /// The gateway's environment.
    Environment,
    /// Files of the gateway's machine.
    File,
}

impl SecretPlace {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::SecretsManager,
        Self::ParameterStore,
        Self::Environment,
        Self::File,
    ];

    /// The member by which a reference names it.
    pub fn member(self) -> &'static str {
        match self {
            Self::SecretsManager => "secretArn",
            Self::ParameterStore => "ssmParameter",
            Self::Environment => "environment",
            Self::File => "file",
        }
    }
}

impl SecretReference {
    /// The kind of its place.
    pub fn place(&self) -> SecretPlace {
        match self {
            Self::SecretsManager { .. } => SecretPlace::SecretsManager,
            Self::SsmParameter { .. } => SecretPlace::ParameterStore,
            Self::Environment { .. } => SecretPlace::Environment,
            Self::File { .. } => SecretPlace::File,
        }
    }

    /// AWS region that the reference itself names: that of an ARN.
    pub fn region(&self) -> Option<&str> {
        match self {
            Self::SecretsManager { secret_arn: name, .. } | Self::SsmParameter { ssm_parameter: name } => {
                name.strip_prefix("arn:")?.split(':').nth(2)
            }
            Self::Environment { .. } | Self::File { .. } => None,
        }
    }

    /// What is wrong with its form, if anything is. What it names may still be missing.
    pub fn fault(&self) -> Option<&'static str> {
        let (fits, reason) = match self {
            Self::SecretsManager { secret_arn, .. } => (
                is_name_or_arn(secret_arn, "secretsmanager"),
                "must have the name or the ARN of a secret as its secretArn",
            ),
            Self::SsmParameter { ssm_parameter } => (
                is_name_or_arn(ssm_parameter, "ssm"),
                "must have the name or the ARN of a parameter as its ssmParameter",
            ),
            Self::Environment { environment } => (
                is_variable(environment),
                "must name an environment variable that begins with EVENT_GATEWAY_SECRET_",
            ),
            Self::File { file } => (
                is_below(file),
                "must name a file by its path below the folder of secrets",
            ),
        };
        (!fits).then_some(reason)
    }
}

/// Refuses a resource that refers to secrets in other places than these.
pub fn check_places<R: Resource>(resource: &R, allowed: &[SecretPlace]) -> Result<(), InvalidResource> {
    for (member, secret) in resource.clone().secrets_mut() {
        if let Secret::Reference(reference) = secret
            && !allowed.contains(&reference.place())
        {
            let place = reference.place().member();
            return Err(InvalidCause::from(ProviderError::PlaceNotAllowed { member, place }).of(R::KIND));
        }
    }
    Ok(())
}

/// Regions become part of the host that is called, so nothing but a region may stand in their place.
fn is_name_or_arn(text: &str, service: &str) -> bool {
    let is_plain = !text.is_empty() && text.len() <= 2048 && !text.contains(char::is_control);
    let Some(rest) = text.strip_prefix("arn:") else {
        return is_plain;
    };
    let mut parts = rest.split(':').skip(1);
    let is_label = |region: &str| {
        region
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && region.starts_with(|c: char| c.is_ascii_lowercase())
    };
    is_plain && parts.next() == Some(service) && parts.next().is_some_and(is_label)
}

fn is_variable(name: &str) -> bool {
    let rest = name.strip_prefix(ENVIRONMENT_PREFIX).unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_below(path: &str) -> bool {
    !path.contains('\0')
        && Path::new(path)
            .components()
            .all(|component| matches!(component, Component::Normal(_)))
        && !path.is_empty()
}
