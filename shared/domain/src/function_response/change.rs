//! Answers as hooks see and change them: what they leave out stays as it is.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::value::RawValue;

use super::proxy::{BASE64, status_code};
use super::{FunctionResponse, Malformation, MalformedResponse, belongs_to_connection, header_value};
use crate::json::{Object, elements, kind, string};

/// Most headers that a hook may name.
const MAX_NAMES: usize = 256;
/// Most values of them together.
const MAX_VALUES: usize = 1_000;

/// What is changed of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResponseChange {
    status: Option<StatusCode>,
    /// The values in the place of those that a header had; none of them takes it away.
    headers: Vec<(HeaderName, Vec<HeaderValue>)>,
    body: Option<Bytes>,
}

/// An answer in the form in which hooks see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AnswerView {
    status_code: u16,
    headers: BTreeMap<String, String>,
    /// `None` where it is passed on while it comes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_base64_encoded: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_streamed: bool,
}

impl AnswerView {
    /// Of an answer; without a body of one that is passed on while it comes in.
    pub fn of(status: StatusCode, headers: &HeaderMap, body: Option<&[u8]>) -> Self {
        let text = body.map(std::str::from_utf8);
        let is_base64_encoded = matches!(text, Some(Err(_)));
        Self {
            status_code: status.as_u16(),
            headers: crate::event::flatten_headers(headers),
            is_streamed: body.is_none(),
            body: body.map(|bytes| match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => STANDARD.encode(bytes),
            }),
            is_base64_encoded,
        }
    }
}

impl ResponseChange {
    /// Reads an object with `statusCode`, `headers`, `body` and `isBase64Encoded`, none of which has to be there. A header
    /// has a text, several in an array, or `null`, which takes it away.
    pub fn read(raw: &RawValue) -> Result<Self, MalformedResponse> {
        let object = Object::from_raw(raw, "response")?;
        let status = status_code(&object)?;
        let given = object.object_within("headers", MAX_NAMES)?.unwrap_or_default();
        let mut headers = Vec::with_capacity(given.len());
        for (name, raw) in given.members() {
            let name = HeaderName::from_bytes(name.as_bytes()).ok();
            if let Some(name) = name.filter(|name| !belongs_to_connection(name)) {
                headers.push((name, values(raw)?));
            }
        }
        let count: usize = headers.iter().map(|(_, values)| values.len()).sum();
        if count > MAX_VALUES {
            return Err(Malformation::TooManyHeaders.into());
        }
        let body = match object.string("body")? {
            None => None,
            Some(text) if object.boolean("isBase64Encoded")?.unwrap_or_default() => {
                let bytes = BASE64.decode(&*text).map_err(|_| Malformation::Base64)?;
                Some(Bytes::from(bytes))
            }
            Some(text) => Some(Bytes::from(text.into_owned())),
        };
        Ok(Self {
            status,
            headers,
            body,
        })
    }

    /// The answer where there is no other: 200 without a body, but for what is said.
    pub fn into_response(self) -> Result<FunctionResponse, MalformedResponse> {
        let mut response = FunctionResponse::bare(StatusCode::OK, HeaderMap::new(), Bytes::new());
        self.apply(&mut response)?;
        let FunctionResponse {
            status,
            headers,
            body,
        } = response;
        Ok(FunctionResponse::guessed(status, headers, body))
    }

    /// Whether it has a body of its own.
    pub fn has_body(&self) -> bool {
        self.body.is_some()
    }

    /// The status, where it has one.
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Changes an answer. What an answer said of the body that it had is gone with that.
    pub fn apply(self, response: &mut FunctionResponse) -> Result<(), MalformedResponse> {
        if self.body.is_some() {
            for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
                response.headers.remove(name);
            }
        }
        self.apply_head(&mut response.status, &mut response.headers)?;
        let body = self.body.unwrap_or_else(|| std::mem::take(&mut response.body));
        response.body = if super::may_have_content(response.status) {
            body
        } else {
            Bytes::new()
        };
        Ok(())
    }

    /// Changes the head of an answer whose body is not at hand.
    pub fn apply_head(
        &self,
        status: &mut StatusCode,
        headers: &mut HeaderMap,
    ) -> Result<(), MalformedResponse> {
        if let Some(code) = self.status {
            *status = code;
        }
        for (name, values) in &self.headers {
            headers.remove(name);
            for value in values {
                headers
                    .try_append(name, value.clone())
                    .map_err(|_| Malformation::TooManyHeaders)?;
            }
        }
        Ok(())
    }
}

fn values(raw: &RawValue) -> Result<Vec<HeaderValue>, MalformedResponse> {
    let text = |raw: &RawValue| match kind(raw) {
        "number" | "bool" => Ok(header_value(raw.get())),
        _ => string(raw, "headers").map(|text| header_value(&text)),
    };
    Ok(match kind(raw) {
        "null" => Vec::new(),
        "array" => {
            let values = elements(raw.get().as_bytes())?;
            let values: Vec<_> = values.into_iter().map(text).collect::<Result<_, _>>()?;
            values.into_iter().flatten().collect()
        }
        _ => text(raw)?.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ResponseChange, String> {
        let raw = serde_json::from_str(json).unwrap();
        ResponseChange::read(raw).map_err(|error| std::error::Error::source(&error).unwrap().to_string())
    }

    fn base() -> FunctionResponse {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("content-type", "text/html"),
            ("content-encoding", "gzip"),
            ("content-length", "4"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ] {
            headers.append(name, HeaderValue::from_static(value));
        }
        FunctionResponse {
            status: StatusCode::OK,
            headers,
            body: Bytes::from_static(b"body"),
        }
    }

    #[test]
    fn what_is_left_out_stays() {
        for (json, status, body, headers) in [
            (
                "{}",
                200,
                "body",
                &[("content-encoding", "gzip"), ("set-cookie", "a=1,b=2")][..],
            ),
            (
                r#"{"statusCode":404}"#,
                404,
                "body",
                &[("content-type", "text/html")],
            ),
            (r#"{"statusCode":"204"}"#, 204, "", &[]),
            (
                r#"{"body":"b"}"#,
                200,
                "b",
                &[("content-encoding", ""), ("content-length", "")],
            ),
            (r#"{"body":"","isBase64Encoded":true}"#, 200, "", &[]),
            (r#"{"body":"aGk=","isBase64Encoded":true}"#, 200, "hi", &[]),
            (
                r#"{"headers":{"Set-Cookie":["c=3"],"X-A":1,"content-type":null,"connection":"close","bad name":"x"}}"#,
                200,
                "body",
                &[
                    ("set-cookie", "c=3"),
                    ("x-a", "1"),
                    ("content-type", ""),
                    ("connection", ""),
                ],
            ),
        ] {
            let mut response = base();
            read(json).unwrap().apply(&mut response).unwrap();
            assert_eq!(
                (response.status.as_u16(), &*response.body),
                (status, body.as_bytes()),
                "{json}"
            );
            for (name, want) in headers {
                let got: Vec<_> = response
                    .headers
                    .get_all(*name)
                    .iter()
                    .map(|v| v.to_str().unwrap())
                    .collect();
                assert_eq!(got.join(","), *want, "{json} {name}");
            }
        }
    }

    #[test]
    fn an_answer_of_its_own_has_defaults() {
        for (json, status, content_type) in [
            ("{}", 200, None),
            (
                r#"{"statusCode":429,"body":"slower"}"#,
                429,
                Some("text/plain; charset=utf-8"),
            ),
            (
                r#"{"headers":{"content-type":"a/b"},"body":"x"}"#,
                200,
                Some("a/b"),
            ),
        ] {
            let response = read(json).unwrap().into_response().unwrap();
            let got = response
                .headers
                .get("content-type")
                .map(|value| value.to_str().unwrap());
            assert_eq!((response.status.as_u16(), got), (status, content_type), "{json}");
        }
    }

    #[test]
    fn malformed() {
        for (json, want) in [
            ("[]", "array into Go struct field response"),
            (r#"{"statusCode":199}"#, "statusCode must be from 200 to 999"),
            (r#"{"statusCode":true}"#, "statusCode"),
            (r#"{"body":{}}"#, "body"),
            (r#"{"headers":{"a":{}}}"#, "headers"),
            (r#"{"headers":[]}"#, "headers"),
            (r#"{"body":"?","isBase64Encoded":true}"#, "base64"),
        ] {
            let text = read(json).unwrap_err();
            assert!(text.contains(want), "{json} {text}");
        }
        let many: Vec<_> = (0..=MAX_NAMES).map(|at| format!(r#""x{at}":"1""#)).collect();
        read(&format!(r#"{{"headers":{{{}}}}}"#, many.join(","))).unwrap_err();
    }

    #[test]
    fn views() {
        let FunctionResponse { headers, .. } = base();
        for (body, want) in [
            (Some(&b"hi"[..]), r#""body":"hi"}"#),
            (Some(b"\xff"), r#""body":"/w==","isBase64Encoded":true}"#),
            (None, r#""isStreamed":true}"#),
        ] {
            let view = AnswerView::of(StatusCode::CREATED, &headers, body);
            let json = serde_json::to_string(&view).unwrap();
            assert!(
                json.starts_with(r#"{"statusCode":201,"headers":{"Content-Encoding":"gzip""#),
                "{json}"
            );
            assert!(
                json.contains(r#""Set-Cookie":"a=1, b=2""#) && json.ends_with(want),
                "{json}"
            );
        }
    }
}
