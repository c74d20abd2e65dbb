//! Secrets that calls of HTTP endpoints are signed with, in the form of Standard Webhooks.

use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::ProviderError;
use crate::json::{JsonError, Object};

/// What every secret starts with.
const PREFIX: &str = "whsec_";

/// How long a key is, in bytes.
const KEY_BYTES: RangeInclusive<usize> = 24..=64;

/// Most secrets of an endpoint: the one in use, and the one that is to replace it.
const MOST: usize = 2;

/// A secret that calls are signed with: `whsec_` and the base64 of 24 to 64 bytes.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(pattern = "^whsec_[A-Za-z0-9+/]{32,86}={0,2}$")]
pub struct SigningSecret(String);

impl SigningSecret {
    /// Checks the form of a secret.
    fn parse(text: String) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        KEY_BYTES.contains(&key.len()).then_some(Self(text))
    }

    /// Reads the member `signingSecrets` of an endpoint. No error repeats any part of a secret.
    pub(super) fn decode_all(object: &Object<'_>) -> Result<Vec<Self>, ProviderError> {
        let texts = object.list("signingSecrets").map_err(|err| match err {
            JsonError::WrongType { .. } => ProviderError::Malformed(err),
            // A faulty escape, whose error shows a character.
            _ => ProviderError::SigningSecrets,
        })?;
        let texts = texts.unwrap_or_default();
        if texts.len() > MOST {
            return Err(ProviderError::SigningSecrets);
        }
        let secrets: Option<_> = texts.into_iter().map(Self::parse).collect();
        secrets.ok_or(ProviderError::SigningSecrets)
    }

    /// The secret as it was given: `whsec_` and the key in base64.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("*****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Function, HttpEndpoint, Provider, Resource as _};

    fn secret(bytes: usize) -> String {
        format!("{PREFIX}{}", STANDARD.encode(vec![0xfb; bytes]))
    }

    fn endpoint(members: &str) -> Result<HttpEndpoint, String> {
        let body = format!(r#"{{"functionId":"f","type":"http","provider":{{"url":"http://x"{members}}}}}"#);
        let function = Function::decode(&"default".into(), None, body.as_bytes());
        match function.map_err(|err| err.to_string())?.provider {
            Provider::Http(endpoint) => Ok(endpoint),
            other => panic!("{other:?}"),
        }
    }

    fn texts(endpoint: &HttpEndpoint) -> Vec<&str> {
        endpoint
            .signing_secrets
            .iter()
            .map(SigningSecret::expose)
            .collect()
    }

    #[test]
    fn one_or_two_are_kept_as_given() {
        let (first, second) = (secret(24), secret(64));
        // The example of the specification.
        let example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        for (members, want) in [
            (String::new(), vec![]),
            (r#","signingSecrets":null"#.to_owned(), vec![]),
            (r#","signingSecrets":[]"#.to_owned(), vec![]),
            (format!(r#","signingSecrets":["{first}"]"#), vec![first.as_str()]),
            (
                format!(r#","SIGNINGSECRETS":["{first}","{second}"]"#),
                vec![&first, &second],
            ),
            (format!(r#","signingSecrets":["{example}"]"#), vec![example]),
        ] {
            let endpoint = endpoint(&members).unwrap();
            assert_eq!(texts(&endpoint), want, "{members}");
            let json = serde_json::to_string(&endpoint).unwrap();
            assert_eq!(json.contains("signingSecrets"), !want.is_empty(), "{json}");
            assert_eq!(serde_json::from_str::<HttpEndpoint>(&json).unwrap(), endpoint);
        }
    }

    #[test]
    fn anything_else_is_refused_without_a_word_of_it() {
        let good = secret(32);
        let key = &good[PREFIX.len()..];
        let unpadded = good.trim_end_matches('=').to_owned();
        let url_safe = good.replace('+', "-");
        assert!(url_safe != good && unpadded != good);
        for bad in [
            String::new(),
            PREFIX.to_owned(),
            secret(0),
            secret(23),
            secret(65),
            key.to_owned(),
            format!("WHSEC_{key}"),
            format!("whsk_{key}"),
            format!(" {good}"),
            format!("{good} "),
            format!("{good}\\n"),
            format!("{PREFIX}{PREFIX}{key}"),
            unpadded,
            url_safe,
            format!("{PREFIX}{}", "é".repeat(32)),
            format!(r"\ud800{good}"),
        ] {
            for list in [format!(r#"["{bad}"]"#), format!(r#"["{good}","{bad}"]"#)] {
                assert_eq!(
                    endpoint(&format!(r#","signingSecrets":{list}"#)).unwrap_err(),
                    "Function doesn't validate. Validation error: signingSecrets must be one or two of the form \
                     whsec_ and the base64 of 24 to 64 bytes",
                    "{list}"
                );
            }
        }
        let three = format!(r#","signingSecrets":["{good}","{good}","{good}"]"#);
        assert!(endpoint(&three).unwrap_err().contains("one or two"));
        assert!(
            endpoint(r#","signingSecrets":[null]"#)
                .unwrap_err()
                .contains("one or two")
        );
        for (wrong, found) in [
            (format!(r#""{good}""#), "string"),
            (format!(r#"{{"a":"{good}"}}"#), "object"),
            (format!("[5,\"{good}\"]"), "number"),
        ] {
            let text = endpoint(&format!(r#","signingSecrets":{wrong}"#)).unwrap_err();
            assert!(text.contains(&format!("cannot unmarshal {found} ")), "{text}");
            assert!(!text.contains(key), "{text}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let good = secret(32);
        let endpoint = endpoint(&format!(r#","signingSecrets":["{good}"]"#)).unwrap();
        let shown = format!("{endpoint:?}");
        assert!(shown.contains("*****") && !shown.contains("whsec_"), "{shown}");
    }

    #[test]
    fn only_http_endpoints_have_them() {
        let body = format!(
            r#"{{"functionId":"f","type":"awssqs","provider":{{"queueUrl":"q","region":"r","signingSecrets":["{}"]}}}}"#,
            secret(32)
        );
        let function = Function::decode(&"default".into(), None, body.as_bytes()).unwrap();
        assert!(!serde_json::to_string(&function).unwrap().contains("whsec_"));
    }
}
