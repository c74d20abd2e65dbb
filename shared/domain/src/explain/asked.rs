//! What authorizers are asked where an explanation is to have their answers, and what they answer.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;

use crate::json::{JsonError, Object};

/// The value of `ask` that has authorizers asked.
const AUTHORIZERS: &str = "authorizers";

/// What an authorizer says of an event that it was asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum AuthorizerAnswer {
    /// The event may pass.
    #[serde(rename_all = "camelCase")]
    Allowed {
        /// Who the authorizer says has sent it.
        principal_id: String,
        /// What else it says.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(nullable = false)]
        context: Option<BTreeMap<String, String>>,
    },
    /// The event may not.
    Denied {
        /// What the caller of a sync function is answered: 401 or 403.
        status: u16,
        /// Why.
        error: String,
    },
    /// The authorizer did not get to decide: the event does not pass.
    Failed {
        /// Why.
        error: String,
    },
    /// It was not asked, as there are more of them than are asked at a time.
    NotAsked {},
}

/// Why a request does not say what authorizers are to be asked about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// A member has another type.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Something else is to be asked.
    #[error("\"ask\" must be \"authorizers\"")]
    Unknown,
    /// Something is no header. The value is not shown: it may be what somebody proves himself with.
    #[error("\"headers\": {name:?} is no header, its value is none, or there are too many of them")]
    Header {
        /// The name.
        name: String,
    },
}

/// The headers of the request that authorizers are to be asked about, if a body has them asked.
pub fn asked_headers(body: &[u8]) -> Result<Option<HeaderMap>, AskError> {
    let object = Object::from_first_value(body)?;
    match object.string("ask")?.as_deref() {
        None => return Ok(None),
        Some(AUTHORIZERS) => {}
        Some(_) => return Err(AskError::Unknown),
    }
    let mut headers = HeaderMap::new();
    for (name, value) in object.strings("headers")?.unwrap_or_default() {
        let read = HeaderName::from_bytes(name.as_bytes())
            .ok()
            .zip(HeaderValue::from_str(&value).ok());
        let is_taken = read.is_some_and(|(name, mut value)| {
            value.set_sensitive(true);
            headers.try_append(name, value).is_ok()
        });
        if !is_taken {
            return Err(AskError::Header { name });
        }
    }
    Ok(Some(headers))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        assert_eq!(asked_headers(b"{}"), Ok(None));
        // Headers alone ask nobody.
        assert_eq!(asked_headers(br#"{"headers":{"a":"b"}}"#), Ok(None));
        assert_eq!(
            asked_headers(br#"{"ask":"authorizers"}"#),
            Ok(Some(HeaderMap::new()))
        );
        let asked = br#"{"ask":"authorizers","headers":{"Authorization":"Bearer s3cret","x-b":""}}"#;
        let headers = asked_headers(asked).unwrap().unwrap();
        assert_eq!(headers["authorization"], "Bearer s3cret");
        assert_eq!(headers["x-b"], "");
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_no_question() {
        for body in [
            r#"{"ask":"everybody"}"#,
            r#"{"ask":true}"#,
            r#"{"ask":"authorizers","headers":[]}"#,
            r#"{"ask":"authorizers","headers":{"a":1}}"#,
            r#"{"ask":"authorizers","headers":{"a b":"s3cret"}}"#,
            r#"{"ask":"authorizers","headers":{"a":"s3cret\n"}}"#,
            r#"{"ask":"authorizers","headers":{"":"s3cret"}}"#,
        ] {
            let error = asked_headers(body.as_bytes()).unwrap_err();
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
