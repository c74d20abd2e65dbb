//! Results as proxy integrations of Amazon API Gateway read them, of the payload formats 1.0 and 2.0 alike, and the
//! metadata that functions behind streaming function URLs begin with.
//!
//! A JSON result without `statusCode` is the body itself, as format 2.0 has it. Where an answer has both `headers` and
//! `multiValueHeaders` they are merged, and a pair that is in both appears once, as in format 1.0.

use std::borrow::Cow;
use std::collections::HashSet;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde_json::value::RawValue;

use super::{FunctionResponse, Malformation, MalformedResponse, belongs_to_connection, header_value, status};
use crate::json::{JsonError, Object, elements, kind, raw_value, string};

/// API Gateway takes base64 with and without padding.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Most headers of an answer; no client takes that many.
const MAX_LINES: usize = 1_000;

/// What a streaming function says before the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prelude {
    /// Status of the answer.
    pub status: StatusCode,
    /// Headers of the answer, cookies included.
    pub headers: HeaderMap,
}

/// Metadata of a streaming function that makes no head of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metadata of the response stream malformed")]
pub struct PreludeError(#[source] MalformedResponse);

impl FunctionResponse {
    /// Reads the result of a function as API Gateway does.
    pub fn from_proxy_result(result: &[u8]) -> Result<Self, MalformedResponse> {
        let value: &RawValue = raw_value(result).ok_or(Malformation::NoJson)?;
        let object = match kind(value) {
            "object" => Object::from_raw(value, "")?,
            _ => Object::default(),
        };
        let Some(code) = status_code(&object)? else {
            return Ok(Self::inferred(value)?);
        };
        let headers = headers(&object)?;
        let body = object.string_or_empty("body")?;
        let body = if object.boolean("isBase64Encoded")?.unwrap_or_default() {
            let bytes = BASE64.decode(body).map_err(|_| Malformation::Base64)?;
            Bytes::from(bytes)
        } else {
            Bytes::from(body)
        };
        Ok(Self::guessed(code, headers, body))
    }

    /// The answer that format 2.0 infers: a string as it reads, any other value as JSON.
    fn inferred(value: &RawValue) -> Result<Self, JsonError> {
        let text = match kind(value) {
            "string" => string(value, "body")?,
            _ => Cow::Borrowed(value.get()),
        };
        let content_type = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type)]);
        Ok(Self::bare(
            StatusCode::OK,
            headers,
            Bytes::from(text.into_owned()),
        ))
    }
}

impl Prelude {
    /// Reads the JSON before the body.
    pub fn from_slice(text: &[u8]) -> Result<Self, PreludeError> {
        let read = || {
            let object = Object::from_slice(text)?;
            Ok(Self {
                status: status_code(&object)?.unwrap_or(StatusCode::OK),
                headers: headers(&object)?,
            })
        };
        read().map_err(PreludeError)
    }
}

/// The status, a number or its digits.
pub(super) fn status_code(object: &Object<'_>) -> Result<Option<StatusCode>, MalformedResponse> {
    let Some(raw) = object.get("statusCode") else {
        return Ok(None);
    };
    let code = match kind(raw) {
        "string" => string(raw, "statusCode")?.parse().ok(),
        _ => object.integer("statusCode")?,
    };
    let code = code.and_then(status).ok_or(Malformation::StatusCode)?;
    Ok(Some(code))
}

fn headers(object: &Object<'_>) -> Result<HeaderMap, MalformedResponse> {
    let single = object.object("headers")?.unwrap_or_default();
    let multiple = object.object("multiValueHeaders")?.unwrap_or_default();
    let cookies = object.list("cookies")?.unwrap_or_default();
    let mut lines = Lines::default();
    for (name, raw) in multiple.members() {
        if kind(raw) == "null" {
            continue;
        }
        for value in elements(raw.get().as_bytes())? {
            lines.add(name, value)?;
        }
    }
    for (name, raw) in single.members() {
        lines.add(name, raw)?;
    }
    for cookie in cookies {
        lines.append(header::SET_COOKIE, &cookie)?;
    }
    Ok(lines.headers)
}

/// The headers of an answer, and which pairs of name and value are among them.
#[derive(Default)]
struct Lines {
    headers: HeaderMap,
    known: HashSet<(HeaderName, HeaderValue)>,
}

impl Lines {
    /// Adds a value, unless the name already has it. Numbers and booleans become text; `null` is no value.
    fn add(&mut self, name: &str, raw: &RawValue) -> Result<(), MalformedResponse> {
        let text = match kind(raw) {
            "null" => return Ok(()),
            "number" | "bool" => Cow::Borrowed(raw.get()),
            _ => string(raw, "headers")?,
        };
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) if !belongs_to_connection(&name) => self.append(name, &text),
            _ => Ok(()),
        }
    }

    fn append(&mut self, name: HeaderName, text: &str) -> Result<(), MalformedResponse> {
        let Some(value) = header_value(text) else {
            return Ok(());
        };
        // An answer has one type, whatever it says twice.
        let is_second_type = name == header::CONTENT_TYPE && self.headers.contains_key(&name);
        if is_second_type || !self.known.insert((name.clone(), value.clone())) {
            return Ok(());
        }
        if self.headers.len() == MAX_LINES {
            return Err(Malformation::TooManyHeaders.into());
        }
        let added = self.headers.try_append(name, value);
        added.map(|_| ()).map_err(|_| Malformation::TooManyHeaders.into())
    }
}

#[cfg(test)]
mod tests;
