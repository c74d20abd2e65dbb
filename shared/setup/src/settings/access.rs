//! Hosted mode, and who may use the Configuration API.

use std::fmt;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use gateway::HostedDomains;

/// Hosted mode and access.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Hosting")]
pub struct AccessSettings {
    /// Domains whose host names stand for a path prefix, separated by commas; none turns hosted mode off.
    #[arg(
        long = "hosted-domains",
        env = "EVENT_GATEWAY_HOSTED_DOMAINS",
        value_delimiter = ',',
        value_name = "DOMAINS"
    )]
    pub hosted_domains: Vec<String>,
    /// Key that clients of the Configuration API must send as `Authorization: bearer KEY`; prefer the variable.
    #[arg(
        long = "config-access-key",
        env = "EVENT_GATEWAY_CONFIG_ACCESS_KEY",
        hide_env_values = true,
        value_name = "KEY",
        conflicts_with = "config_access_key_sha256"
    )]
    pub config_access_key: Option<Secret>,
    /// SHA-256 digest of that key, in hexadecimal, for deployments that should not hold the key itself.
    #[arg(
        long = "config-access-key-sha256",
        env = "EVENT_GATEWAY_CONFIG_ACCESS_KEY_SHA256",
        hide_env_values = true,
        value_name = "HEX"
    )]
    pub config_access_key_sha256: Option<Sha256Digest>,
    /// URL of the public keys that reports of keys found in public are signed with; without it no reports are taken.
    #[arg(
        long = "leak-report-keys-url",
        env = "EVENT_GATEWAY_LEAK_REPORT_KEYS_URL",
        value_name = "URL"
    )]
    pub leak_report_keys_url: Option<String>,
    /// Origins of web pages that may use the Configuration API, separated by commas.
    #[arg(
        long = "config-allowed-origins",
        env = "EVENT_GATEWAY_CONFIG_ALLOWED_ORIGINS",
        value_delimiter = ',',
        value_parser = origin,
        value_name = "ORIGINS"
    )]
    pub config_allowed_origins: Vec<String>,
    /// Host names that a Configuration API without a key is known by, besides localhost and addresses, separated by commas.
    #[arg(
        long = "config-hosts",
        env = "EVENT_GATEWAY_CONFIG_HOSTS",
        value_delimiter = ',',
        value_parser = host_name,
        value_name = "HOSTS"
    )]
    pub config_hosts: Vec<String>,
    /// What protects the Configuration API where it is deployed: key or iam.
    #[arg(
        long = "config-auth",
        env = "EVENT_GATEWAY_CONFIG_AUTH",
        default_value = "key",
        hide_possible_values = true,
        value_name = "KIND"
    )]
    pub config_auth: ConfigAuth,
}

impl AccessSettings {
    /// The domains of hosted mode.
    pub fn hosted(&self) -> HostedDomains {
        HostedDomains::new(self.hosted_domains.iter().cloned())
    }

    /// Whether hosted mode is on: those who register functions are then not who runs the gateway.
    pub fn is_hosted(&self) -> bool {
        self.hosted().is_on()
    }

    /// Whether clients of the Configuration API need a key.
    pub fn has_key(&self) -> bool {
        self.config_access_key.is_some() || self.config_access_key_sha256.is_some()
    }

    /// Refuses settings that leave the Configuration API open to whoever can reach it.
    pub fn require_protection(&self) -> Result<(), OpenConfigApi> {
        match self.config_auth {
            ConfigAuth::Iam => Ok(()),
            ConfigAuth::Key if self.has_key() => Ok(()),
            ConfigAuth::Key => Err(OpenConfigApi),
        }
    }
}

/// An origin as browsers write it, or nothing.
fn origin(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    let has_place = |rest: &str| !rest.is_empty() && !rest.contains(['/', '?', '#', '@', '*', ' ']);
    let is_origin = text.is_empty() || text.split_once("://").is_some_and(|(_, rest)| has_place(rest));
    if is_origin {
        Ok(text.to_owned())
    } else {
        Err("must be an origin such as https://dash.example or http://localhost:3000, without a path")
    }
}

/// A host name without port, or nothing.
fn host_name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.contains([':', '/', '*', '@', ' ']) {
        Err("must be a host name without scheme and port, such as gateway.internal")
    } else {
        Ok(text.to_owned())
    }
}

/// What protects a deployed Configuration API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConfigAuth {
    /// The access key.
    Key,
    /// AWS IAM, in front of the function.
    Iam,
}

/// The Configuration API would be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the Configuration API would be open to everyone: set EVENT_GATEWAY_CONFIG_ACCESS_KEY_SHA256, or \
     EVENT_GATEWAY_CONFIG_AUTH=iam where AWS IAM protects it"
)]
pub struct OpenConfigApi;

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sha256Digest(pub [u8; 32]);

/// A text that is no digest. It is not shown: it may be the key itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 64 hexadecimal digits")]
pub struct NoDigest;

impl FromStr for Sha256Digest {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let mut digest = [0; 32];
        match hex::decode_to_slice(text, &mut digest) {
            Ok(()) => Ok(Self(digest)),
            Err(_) => Err(NoDigest),
        }
    }
}

impl fmt::Debug for Sha256Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("*****")
    }
}

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(pub String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("*****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_and_hosts() {
        for (text, want) in [
            ("https://dash.example", true),
            (" http://localhost:3000", true),
            ("http://[::1]:3000", true),
            ("", true),
            ("dash.example", false),
            ("https://", false),
            ("https://dash.example/", false),
            ("https://*.example", false),
            ("https://a@b", false),
            ("*", false),
        ] {
            assert_eq!(origin(text).is_ok(), want, "{text}");
        }
        for (text, want) in [
            ("gateway", true),
            ("gateway.internal.", true),
            ("", true),
            ("gateway:4001", false),
            ("http://gateway", false),
            ("*.internal", false),
        ] {
            assert_eq!(host_name(text).is_ok(), want, "{text}");
        }
    }

    #[test]
    fn digests() {
        let hex = "00ff".repeat(16);
        let Sha256Digest(digest) = hex.parse().unwrap();
        assert_eq!((digest[0], digest[1], digest[31]), (0, 255, 255));
        assert_eq!(hex.to_uppercase().parse(), Ok(Sha256Digest(digest)));
        for text in [
            "",
            "00",
            &hex[1..],
            &format!("{hex}00"),
            &hex.replacen('0', "g", 1),
        ] {
            assert_eq!(text.parse::<Sha256Digest>(), Err(NoDigest), "{text}");
        }
    }
}
