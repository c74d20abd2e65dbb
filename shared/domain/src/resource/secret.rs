//! Secrets of functions: a text that is stored with them, or where the text is to be found.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::ProviderError;
use crate::json::{Object, kind};

mod place;

pub use place::{ENVIRONMENT_PREFIX, SecretPlace, check_places};

/// What stands for a secret that is not shown.
pub(super) const MASK: &str = "*****";

/// What a call is made with and nobody else is to know. A JSON string is the secret itself; an object says where it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Secret {
    /// The secret itself; empty stands for none.
    Inline(String),
    /// Where it is read at the time of a call.
    Reference(SecretReference),
}

/// A place that a secret is read from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum SecretReference {
    /// A secret of AWS Secrets Manager.
    #[serde(rename_all = "camelCase")]
    SecretsManager {
        /// ARN, or name in the gateway's own account and region.
        secret_arn: String,
        /// Member of the JSON object that the secret is; without it the secret is taken as it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        json_key: Option<String>,
    },
    /// A parameter of AWS Systems Manager, decrypted.
    #[serde(rename_all = "camelCase")]
    SsmParameter {
        /// Name or ARN.
        ssm_parameter: String,
    },
    /// A variable of the gateway's environment.
    Environment {
        /// Name of the variable.
        environment: String,
    },
    /// A file of the gateway's machine; whitespace at its end does not count.
    File {
        /// Path below the folder of secrets.
        file: String,
    },
}

/// Secrets of a resource, each with the path of its member, such as `authorization.token` or `headers.X-Key`.
pub type SecretMembers<'r> = Vec<(Cow<'static, str>, &'r mut Secret)>;

impl Secret {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Inline(text) if text.is_empty())
    }

    /// Whether it can be sent as the value of an HTTP header. Where it is elsewhere, that shows at a call.
    pub(super) fn can_be_header(&self) -> bool {
        match self {
            Self::Inline(text) => text.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
            Self::Reference(_) => true,
        }
    }

    /// Whether it is what masked secrets are shown as.
    pub(super) fn is_mask(&self) -> bool {
        matches!(self, Self::Inline(text) if text == MASK)
    }

    /// Reads a member; a missing one is empty. No error repeats any part of it.
    pub(super) fn decode(raw: Option<&RawValue>, name: &'static str) -> Result<Self, ProviderError> {
        match raw {
            None => Ok(Self::default()),
            Some(raw) => Self::from_raw(raw, name),
        }
    }

    /// Reads a value that is a string or a reference; `name` is that of the member in errors.
    pub(super) fn from_raw(raw: &RawValue, name: &'static str) -> Result<Self, ProviderError> {
        let invalid = || ProviderError::Invalid {
            member: name,
            reason: "must be a string, or an object with one of secretArn, ssmParameter, environment and file",
        };
        if kind(raw) == "string" {
            return serde_json::from_str(raw.get())
                .map(Self::Inline)
                .map_err(|_| invalid());
        }
        let object = Object::from_raw(raw, name).map_err(|_| invalid())?;
        let text = |member: &str| object.string(member).map_err(|_| invalid());
        let found = [
            text("secretArn")?.map(|arn| (arn, 0)),
            text("ssmParameter")?.map(|name| (name, 1)),
            text("environment")?.map(|name| (name, 2)),
            text("file")?.map(|path| (path, 3)),
        ];
        let mut found = found.into_iter().flatten().filter(|(text, _)| !text.is_empty());
        let (Some((text, place)), None) = (found.next(), found.next()) else {
            return Err(invalid());
        };
        let text = text.into_owned();
        let reference = match place {
            0 => SecretReference::SecretsManager {
                secret_arn: text,
                json_key: object
                    .string("jsonKey")
                    .map_err(|_| invalid())?
                    .map(Cow::into_owned),
            },
            1 => SecretReference::SsmParameter { ssm_parameter: text },
            2 => SecretReference::Environment { environment: text },
            _ => SecretReference::File { file: text },
        };
        match reference.fault() {
            None => Ok(Self::Reference(reference)),
            Some(reason) => Err(ProviderError::Invalid { member: name, reason }),
        }
    }
}

impl Default for Secret {
    fn default() -> Self {
        Self::Inline(String::new())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::Inline(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(text) if text.is_empty() => f.write_str("\"\""),
            Self::Inline(_) => f.write_str(MASK),
            Self::Reference(reference) => reference.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Secret, String> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        Secret::from_raw(raw, "token").map_err(|err| err.to_string())
    }

    #[test]
    fn references_round_trip() {
        for json in [
            r#"{"secretArn":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:s-AbCdEf"}"#,
            r#"{"secretArn":"name","jsonKey":"password"}"#,
            r#"{"ssmParameter":"/a/b"}"#,
            r#"{"ssmParameter":"arn:aws:ssm:eu-west-1:123456789012:parameter/a/b"}"#,
            r#"{"environment":"EVENT_GATEWAY_SECRET_A"}"#,
            r#"{"file":"folder/token"}"#,
        ] {
            let secret = read(json).unwrap();
            assert_eq!(serde_json::to_string(&secret).unwrap(), json);
            assert_eq!(serde_json::from_str::<Secret>(json).unwrap(), secret);
            assert!(!secret.is_empty());
        }
        assert_eq!(
            read(r#"{"SECRETARN":"n","jsonkey":"k"}"#).unwrap(),
            read(r#"{"secretArn":"n","jsonKey":"k"}"#).unwrap()
        );
        assert_eq!(read(r#""plain""#).unwrap(), Secret::from("plain"));
    }

    #[test]
    fn anything_else_is_refused_and_not_quoted() {
        for json in [
            "5",
            "[]",
            "{}",
            r#"{"secretArn":""}"#,
            r#"{"secretArn":"SHOWN","file":"SHOWN"}"#,
            r#"{"secretArn":["SHOWN"]}"#,
            r#"{"environment":"SHOWN"}"#,
            r#"{"environment":"EVENT_GATEWAY_SECRET_=SHOWN"}"#,
            r#"{"file":"/SHOWN"}"#,
            r#"{"file":"../SHOWN"}"#,
            r#"{"file":"a/../../SHOWN"}"#,
            r#"{"file":"SHOWN\u0000"}"#,
            r#"{"secretArn":"arn:aws:iam::1:role/SHOWN"}"#,
            r#"{"secretArn":"arn:aws:secretsmanager:evil.example#:1:secret:SHOWN"}"#,
            r#"{"ssmParameter":"arn:aws:ssm:evil.example/:1:parameter/SHOWN"}"#,
        ] {
            let text = read(json).unwrap_err();
            assert!(text.starts_with("token must"), "{json}: {text}");
            assert!(!text.contains("SHOWN"), "{text}");
        }
    }

    #[test]
    fn only_references_show() {
        assert_eq!(format!("{:?}", Secret::from("hidden")), MASK);
        assert!(format!("{:?}", read(r#"{"file":"a"}"#).unwrap()).contains("file"));
    }
}
