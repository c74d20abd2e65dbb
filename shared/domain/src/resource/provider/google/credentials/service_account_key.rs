//! Key files of Google service accounts.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::resource::ProviderError;
use crate::resource::provider::endpoint_url;

/// Where Google exchanges signed assertions for tokens.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const MEMBER: &str = "credentials.key";

/// The key of a service account, as its file has it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ServiceAccountKey {
    #[serde(rename = "type")]
    kind: String,
    /// Name of the service account.
    pub client_email: String,
    /// RSA key: PKCS #8 or PKCS #1, PEM.
    pub private_key: String,
    /// Id of the key.
    #[serde(default)]
    pub private_key_id: Option<String>,
    /// Where tokens come from: https, or a loopback address.
    #[serde(default = "token_uri")]
    pub token_uri: String,
}

fn token_uri() -> String {
    TOKEN_URI.to_owned()
}

impl ServiceAccountKey {
    /// Reads a key file. Errors repeat none of it.
    pub fn parse(text: &str) -> Result<Self, ProviderError> {
        let invalid = |reason| ProviderError::Invalid {
            member: MEMBER,
            reason,
        };
        let key: Self = serde_json::from_str(text).map_err(|_| {
            invalid("must be the JSON of a service account's key file: type, client_email, private_key")
        })?;
        if key.kind != "service_account" {
            return Err(invalid("must have the type service_account"));
        }
        if key.client_email.is_empty() {
            return Err(invalid("must have a client_email"));
        }
        if !is_private_key(&key.private_key) {
            return Err(invalid("must have a private_key in PEM"));
        }
        endpoint_url::check_token_server("credentials.key: token_uri", &key.token_uri)?;
        Ok(key)
    }
}

impl fmt::Debug for ServiceAccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccountKey")
            .field("client_email", &self.client_email)
            .finish_non_exhaustive()
    }
}

fn is_private_key(pem: &str) -> bool {
    let body = |title: &str| {
        let (begin, end) = (
            format!("-----BEGIN {title}-----"),
            format!("-----END {title}-----"),
        );
        let rest = pem.trim().strip_prefix(&begin)?.strip_suffix(&end)?;
        let encoded: String = rest.split_ascii_whitespace().collect();
        STANDARD.decode(encoded).ok()
    };
    ["PRIVATE KEY", "RSA PRIVATE KEY"]
        .into_iter()
        .any(|title| body(title).is_some_and(|der| !der.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = r"-----BEGIN PRIVATE KEY-----\nU0VDUkVU\nU0VDUkVU\n-----END PRIVATE KEY-----\n";

    fn key(members: &str) -> Result<ServiceAccountKey, String> {
        ServiceAccountKey::parse(members).map_err(|error| error.to_string())
    }

    #[test]
    fn key_files() {
        let file = format!(
            r#"{{"type":"service_account","project_id":"p","private_key_id":"k","private_key":"{PEM}",
            "client_email":"a@p.iam.gserviceaccount.com","token_uri":"https://oauth2.googleapis.com/token"}}"#
        );
        let full = key(&file).unwrap();
        assert_eq!(full.private_key_id.as_deref(), Some("k"));
        let least = format!(r#"{{"type":"service_account","private_key":"{PEM}","client_email":"a"}}"#);
        assert_eq!(key(&least).unwrap().token_uri, TOKEN_URI);
        assert!(!format!("{full:?}").contains("U0VD"));
    }

    #[test]
    fn what_is_wrong_is_told_and_not_quoted() {
        let with = |email: &str, pem: &str, kind: &str, uri: &str| {
            key(&format!(
                r#"{{"type":"{kind}","private_key":"{pem}","client_email":"{email}","token_uri":"{uri}"}}"#
            ))
        };
        let (kind, uri) = ("service_account", "https://t.example/token");
        assert!(with("a", PEM, kind, uri).is_ok());
        assert!(with("a", PEM, kind, "http://127.0.0.1:1/t").is_ok());
        for (result, text) in [
            (
                key("SECRET"),
                "credentials.key must be the JSON of a service account's key file",
            ),
            (key(r#"{"type":"service_account"}"#), "key file"),
            (with("a", PEM, "authorized_user", uri), "type service_account"),
            (with("", PEM, kind, uri), "client_email"),
            (with("a", "", kind, uri), "private_key in PEM"),
            (with("a", "U0VDUkVU", kind, uri), "private_key in PEM"),
            (
                with("a", &PEM.replace("U0", "!!"), kind, uri),
                "private_key in PEM",
            ),
            (
                with("a", PEM, kind, "http://t.example/"),
                "token_uri must be an https URL",
            ),
            (with("a", PEM, kind, "https://u:SECRET@t.example/"), "token_uri"),
        ] {
            let error = result.unwrap_err();
            assert!(error.contains(text), "{error}");
            assert!(!error.contains("SECRET") && !error.contains("U0VD"), "{error}");
        }
    }
}
