//! AWS Secrets Manager.

use std::borrow::Cow;
use std::collections::HashMap;

use aws::{Base64, Client};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::SecretError;
use super::source::Source;
use crate::aws::{AwsFailure, AwsIdentity};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue<'s> {
    secret_id: &'s str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SecretValue {
    secret_string: Option<String>,
    secret_binary: Option<Base64>,
}

/// The current version of a secret.
pub(super) async fn read(client: &Client, name: &str, source: &Source) -> Result<String, SecretError> {
    let get = GetSecretValue { secret_id: name };
    let read = client.call("GetSecretValue").json::<SecretValue>(&get).await;
    let read = read.map_err(|error| {
        let failure = AwsFailure::of(error, &AwsIdentity::default());
        SecretError::service(source.to_string(), failure.into())
    })?;
    if let Some(text) = read.secret_string {
        return Ok(text);
    }
    let Base64(binary) = read.secret_binary.unwrap_or_default();
    String::from_utf8(binary.into()).map_err(|_| SecretError::NoText {
        name: source.to_string(),
        reason: "is not text in UTF-8",
    })
}

/// A member of the JSON object that a secret is: the text of a string, anything else as it stands.
pub(super) fn member(text: &str, key: &str) -> Option<String> {
    let members: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).ok()?;
    let raw = members.get(key)?.get();
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str(raw).ok(),
        b'n' => None,
        _ => Some(raw.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members() {
        let text = r#"{"a":"x\n","b":5,"c":{"d":[1]},"e":null,"\u0066":"g"}"#;
        for (key, want) in [
            ("a", Some("x\n")),
            ("b", Some("5")),
            ("c", Some(r#"{"d":[1]}"#)),
            ("e", None),
            ("f", Some("g")),
            ("A", None),
            ("", None),
        ] {
            assert_eq!(member(text, key).as_deref(), want, "{key}");
        }
        for text in ["", "plain", "[]", "\"a\"", "{"] {
            assert_eq!(member(text, "a"), None, "{text}");
        }
    }
}
