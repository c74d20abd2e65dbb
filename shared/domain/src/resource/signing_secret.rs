//! Secrets that calls of HTTP endpoints are signed with, in the form of Standard Webhooks.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::secret::MASK;
use super::{ProviderError, Secret};
use crate::json::{JsonError, Object, elements_within, kind};

/// What every secret starts with.
const PREFIX: &str = "whsec_";

/// How long a key is, in bytes.
const KEY_BYTES: RangeInclusive<usize> = 24..=64;

/// Most secrets of an endpoint: the one in use, and the one that is to replace it.
const MOST: usize = 2;

/// A secret that calls are signed with: `whsec_` and the base64 of 24 to 64 bytes, or where such a text is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct SigningSecret(Secret);

impl SigningSecret {
    /// Checks the form of a secret.
    pub fn parse(text: String) -> Option<Self> {
        let key = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
        KEY_BYTES
            .contains(&key.len())
            .then_some(Self(Secret::Inline(text)))
    }

    /// Reads the member `signingSecrets` of an endpoint. A mask is let through: only who knows the stored secrets can
    /// tell what it stands for. No error repeats any part of a secret.
    pub(super) fn decode_all(object: &Object<'_>) -> Result<Vec<Self>, ProviderError> {
        let Some(raw) = object.get("signingSecrets") else {
            return Ok(Vec::new());
        };
        let wrong_type = |found| JsonError::WrongType {
            found,
            field: "signingSecrets".to_owned(),
            wanted: "array",
        };
        if kind(raw) != "array" {
            return Err(ProviderError::Malformed(wrong_type(kind(raw))));
        }
        let elements =
            elements_within(raw.get().as_bytes(), MOST).map_err(|_| ProviderError::SigningSecrets)?;
        elements.into_iter().map(Self::decode).collect()
    }

    fn decode(raw: &RawValue) -> Result<Self, ProviderError> {
        let secret = match kind(raw) {
            "string" => Secret::from_raw(raw, "signingSecrets").map_err(|_| ProviderError::SigningSecrets)?,
            "object" => Secret::from_raw(raw, "signingSecrets")?,
            "null" => return Err(ProviderError::SigningSecrets),
            found => {
                return Err(ProviderError::Malformed(JsonError::WrongType {
                    found,
                    field: "signingSecrets".to_owned(),
                    wanted: "string",
                }));
            }
        };
        match secret {
            Secret::Inline(text) if text != MASK => Self::parse(text).ok_or(ProviderError::SigningSecrets),
            mask_or_reference => Ok(Self(mask_or_reference)),
        }
    }

    /// The secret as it was given: `whsec_` and the key in base64. Empty where it is kept elsewhere.
    pub fn expose(&self) -> &str {
        match &self.0 {
            Secret::Inline(text) => text,
            Secret::Reference(_) => "",
        }
    }

    /// The secret, or where it is.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    pub(super) fn secret_mut(&mut self) -> &mut Secret {
        &mut self.0
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
            Provider::Http(endpoint) => Ok(*endpoint),
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
