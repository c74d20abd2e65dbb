//! In which form a function gets events.

use serde::{Deserialize, Serialize};

use super::{Members, ProviderError};
use crate::json::kind;

/// Form in which a function gets events: a word, or an object that names a version of CloudEvents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum EventFormat {
    /// One of the words.
    Word(FormatWord),
    /// That version, whatever an event came in.
    Version(VersionedFormat),
}

/// Forms that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum FormatWord {
    /// One JSON object, in the version of CloudEvents that the event came in.
    #[serde(rename = "structured")]
    Structured,
    /// Attributes as HTTP headers, data as the body; HTTP functions only.
    #[serde(rename = "binary")]
    Binary,
    /// The envelope of the gateway's versions 0.5 (docs/contract.md §7.2).
    #[serde(rename = "0.5")]
    V0_5,
    /// The envelope of the gateway's version 0.6 (docs/contract.md §7.2).
    #[serde(rename = "0.6")]
    V0_6,
    /// The envelope of the gateway's version 0.7 (docs/contract.md §7.2).
    #[serde(rename = "0.7")]
    V0_7,
}

/// A form in a version of CloudEvents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionedFormat {
    /// The version.
    pub version: EventVersion,
    /// How attributes and data are sent.
    pub mode: EventMode,
    /// Whether the data of `http.request` has the body of the request in base64, byte for byte.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub raw_body: bool,
}

/// A version of CloudEvents that events can be sent in, whatever they came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum EventVersion {
    /// 1.0.
    #[serde(rename = "1.0")]
    V1_0,
}

/// How attributes and data of an event are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventMode {
    /// One JSON object.
    Structured,
    /// Attributes as HTTP headers, data as the body; HTTP functions only.
    Binary,
}

impl Default for EventFormat {
    fn default() -> Self {
        Self::Word(FormatWord::Structured)
    }
}

impl EventFormat {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Whether attributes are headers.
    pub(super) fn is_binary(self) -> bool {
        match self {
            Self::Word(word) => word == FormatWord::Binary,
            Self::Version(form) => form.mode == EventMode::Binary,
        }
    }

    /// Whether it is an envelope of an old version of the gateway.
    pub(super) fn is_legacy(self) -> bool {
        matches!(
            self,
            Self::Word(FormatWord::V0_5 | FormatWord::V0_6 | FormatWord::V0_7)
        )
    }

    pub(super) fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        if members.raw("format").is_some_and(|raw| kind(raw) == "object")
            && let Some(form) = members.inner("format")?
        {
            return VersionedFormat::decode(&form).map(Self::Version);
        }
        let words = [
            ("structured", FormatWord::Structured),
            ("binary", FormatWord::Binary),
            ("0.5", FormatWord::V0_5),
            ("0.6", FormatWord::V0_6),
            ("0.7", FormatWord::V0_7),
        ];
        let reason = "must be structured, binary, 0.5, 0.6 or 0.7, or an object with version and mode";
        let given = members.word("format", &words, reason)?;
        Ok(given.map(Self::Word).unwrap_or_default())
    }
}

impl VersionedFormat {
    fn decode(members: &Members<'_>) -> Result<Self, ProviderError> {
        let refuse = |reason| ProviderError::Invalid {
            member: "format",
            reason,
        };
        let version = members
            .word("version", &[("1.0", EventVersion::V1_0)], "must be 1.0")
            .map_err(|_| refuse("must have the version 1.0"))?
            .ok_or_else(|| refuse("must have the version 1.0"))?;
        let modes = [
            ("structured", EventMode::Structured),
            ("binary", EventMode::Binary),
        ];
        let mode = members
            .word("mode", &modes, "must be structured or binary")
            .map_err(|_| refuse("must have the mode structured or binary"))?;
        Ok(Self {
            version,
            mode: mode.unwrap_or(EventMode::Structured),
            raw_body: members.flag("rawBody")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::resource::Provider;

    fn stored(format: &str) -> Result<String, String> {
        let settings = format!(r#"{{"url":"http://a/","format":{format}}}"#);
        let raw = serde_json::value::RawValue::from_string(settings).unwrap();
        let provider = Provider::decode("http", Some(&raw)).map_err(|error| error.to_string())?;
        let value = serde_json::to_value(&provider).unwrap();
        Ok(value["provider"]["format"].to_string())
    }

    #[test]
    fn words_and_versions() {
        for (format, want) in [
            (r#""binary""#, r#""binary""#),
            (r#""structured""#, "null"),
            (r#"{"version":"1.0"}"#, r#"{"mode":"structured","version":"1.0"}"#),
            (
                r#"{"version":"1.0","mode":"binary","rawBody":true}"#,
                r#"{"mode":"binary","rawBody":true,"version":"1.0"}"#,
            ),
        ] {
            let got = stored(format).unwrap();
            assert_eq!(got, want);
            // What is stored is read back.
            if got != "null" {
                assert_eq!(stored(&got).unwrap(), want);
            }
        }
        for (format, text) in [
            (r#""1.0""#, "format must be structured"),
            ("{}", "format must have the version 1.0"),
            (r#"{"version":"0.3"}"#, "format must have the version 1.0"),
            (r#"{"version":"1.0","mode":"x"}"#, "format must have the mode"),
        ] {
            let error = stored(format).unwrap_err();
            assert!(error.contains(text), "{error}");
        }
    }
}
