//! What the answer of an authorizer function means (docs/contract.md §2.7).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::json::{JsonError, Object};

/// What an authorizer that allows an event says about its sender.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    /// Who sent the event.
    pub principal_id: String,
    /// Whatever else the function should know; `null` if not given.
    pub context: Option<BTreeMap<String, String>>,
}

/// Why an event is not passed on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denial {
    /// The authorizer answered with an error.
    #[error("the authorizer refused: {0}")]
    Refused(String),
    /// The authorizer's answer has no `authorization` (Q39).
    #[error("the authorizer's response has no authorization")]
    NoAuthorization,
    /// The authorizer's answer cannot be read.
    #[error("the authorizer's response is malformed")]
    Malformed(#[from] JsonError),
}

impl Authorization {
    /// Reads the answer of an authorizer function.
    pub fn from_response(response: &[u8]) -> Result<Self, Denial> {
        let object = Object::from_slice(response)?;
        if let Some(error) = object.object("error")? {
            return Err(Denial::Refused(error.string_or_empty("message")?));
        }
        let authorization = object.object("authorization")?.ok_or(Denial::NoAuthorization)?;
        Ok(Self {
            principal_id: authorization.string_or_empty("principalId")?,
            context: authorization.strings("context")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses() {
        let allowed =
            Authorization::from_response(br#"{"authorization":{"principalId":"p","context":{"k":"v"}}}"#);
        assert_eq!(allowed.unwrap().context.unwrap()["k"], "v");
        let bare = Authorization::from_response(br#"{"authorization":{}}"#).unwrap();
        assert_eq!(
            serde_json::to_string(&bare).unwrap(),
            r#"{"principalId":"","context":null}"#
        );
        for text in [
            "{}",
            "null",
            "",
            "[]",
            r#"{"error":{}}"#,
            r#"{"error":"x"}"#,
            r#"{"error":null}"#,
            r#"{"authorization":null}"#,
            r#"{"authorization":{"principalId":"p"},"error":{"message":"no"}}"#,
            r#"{"authorization":{"principalId":5}}"#,
            r#"{"authorization":{"context":{"a":1}}}"#,
            r#"{"authorization":{}} x"#,
        ] {
            assert!(Authorization::from_response(text.as_bytes()).is_err(), "{text}");
        }
    }
}
