//! Secrets of functions: where they may be, how they are shown, and how they are kept.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use domain::resource::{ENVIRONMENT_PREFIX, SecretPlace};

use super::milliseconds;

/// Secrets of functions.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Secrets of functions")]
pub struct FunctionSecretSettings {
    /// Places that functions may refer to for their secrets, separated by commas: secretArn, ssmParameter, environment and
    /// file, or none; without it all, and in hosted mode none.
    #[arg(
        long = "secret-references",
        env = "EVENT_GATEWAY_SECRET_REFERENCES",
        value_name = "PLACES"
    )]
    pub references: Option<SecretPlaces>,
    /// Folder whose files functions may refer to for their secrets.
    #[arg(long = "secrets-dir", env = "EVENT_GATEWAY_SECRETS_DIR", value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Time that a secret which was read from its place is good for, in milliseconds.
    #[arg(long = "secret-cache-time", env = "EVENT_GATEWAY_SECRET_CACHE_TIME", default_value = "300000", value_parser = milliseconds, value_name = "MS")]
    pub cache_time: Duration,
    /// Show a mask for secrets in answers of the Configuration API; an update with the mask keeps what is stored.
    #[arg(
        long = "mask-secrets",
        env = "EVENT_GATEWAY_MASK_SECRETS",
        num_args = 0..=1,
        require_equals = true,
        default_value = "false",
        default_missing_value = "true",
        action = clap::ArgAction::Set,
        value_name = "true|false"
    )]
    pub mask: bool,
}

impl FunctionSecretSettings {
    /// Places that functions may refer to. In hosted mode those who register functions are not who runs the gateway, so
    /// they get at nothing of its own unless a setting says so.
    pub fn places(&self, is_hosted: bool) -> Vec<SecretPlace> {
        match &self.references {
            Some(SecretPlaces(places)) => places.clone(),
            None if is_hosted => Vec::new(),
            None => SecretPlace::ALL.to_vec(),
        }
    }

    /// The variables of the environment that functions may refer to. Ones that are not text are left out.
    pub(crate) fn environment() -> BTreeMap<String, String> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let mut variables: BTreeMap<_, _> = std::env::vars_os().filter_map(text).collect();
        variables.retain(|name, _| name.starts_with(ENVIRONMENT_PREFIX));
        variables
    }
}

/// Kinds of places that secrets may be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPlaces(pub Vec<SecretPlace>);

/// A text that names no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be none, or some of secretArn, ssmParameter, environment and file, separated by commas")]
pub struct UnknownPlace;

impl FromStr for SecretPlaces {
    type Err = UnknownPlace;

    fn from_str(text: &str) -> Result<Self, UnknownPlace> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let place = |name: &str| {
            let mut places = SecretPlace::ALL.into_iter();
            places.find(|place| place.member() == name.trim())
        };
        let places: Option<_> = text.split(',').map(place).collect();
        places.map(Self).ok_or(UnknownPlace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        use SecretPlace::{File, SecretsManager};
        assert_eq!("none".parse(), Ok(SecretPlaces(Vec::new())));
        assert_eq!(
            "secretArn, file".parse(),
            Ok(SecretPlaces(vec![SecretsManager, File]))
        );
        for text in ["", "all", "none,file", "file,", "File"] {
            assert_eq!(text.parse::<SecretPlaces>(), Err(UnknownPlace), "{text}");
        }
    }
}
