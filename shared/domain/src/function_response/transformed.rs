//! Answers as transforms see them, and what becomes of what transforms give (docs/transforms.md).

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{FunctionResponse, belongs_to_connection, header_value, may_have_content, status};
use crate::json::{Json, Object, kind, raw_value, string};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Most members of what is looked at as an answer.
const MOST_MEMBERS: usize = 3;

/// Why an answer is not transformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UntransformedAnswer {
    /// Its body is no text.
    #[error("the body of the answer is no text, which cannot be transformed")]
    Binary,
    /// It is passed on while it comes in.
    #[error("an answer that is passed on as it comes in cannot be transformed")]
    Streamed,
    /// The transform gives a status or headers that are none.
    #[error("the transform gives an answer whose {0} cannot be sent")]
    Malformed(&'static str),
}

#[derive(Serialize)]
struct Seen<'a> {
    status: u16,
    headers: serde_json::Map<String, serde_json::Value>,
    body: &'a RawValue,
}

impl FunctionResponse {
    /// The answer as transforms see it: `status`, `headers`, whose names are in lower case, and `body`, which is JSON or a
    /// text.
    pub fn to_transform(&self) -> Result<String, UntransformedAnswer> {
        let body = if let Some(raw) = raw_value(&self.body) {
            Json::from_raw(raw)
        } else {
            let text = str::from_utf8(&self.body).map_err(|_| UntransformedAnswer::Binary)?;
            Json::from_value(text)
        };
        let mut headers = serde_json::Map::new();
        for name in self.headers.keys() {
            let values = self.headers.get_all(name).iter();
            let mut texts: Vec<_> = values
                .map(|value| String::from_utf8_lossy(value.as_bytes()))
                .collect();
            let value = match texts.len() {
                1 => texts.remove(0).into_owned().into(),
                _ => texts.into(),
            };
            headers.insert(name.as_str().to_owned(), value);
        }
        let seen = Seen {
            status: self.status.as_u16(),
            headers,
            body: body.as_raw(),
        };
        Ok(Json::from_value(&seen).get().to_owned())
    }

    /// The answer that a caller gets of what a transform gave. An object with `body`, and with nothing besides but `status`
    /// and `headers`, is a whole answer: what it leaves out stays. Anything else is the body, as JSON.
    pub fn transformed(mut self, json: &str) -> Result<Self, UntransformedAnswer> {
        let object = Object::from_slice_within(json.as_bytes(), MOST_MEMBERS).ok();
        let object = object.filter(|object| {
            let mut names = object.members().map(|(name, _)| name);
            json.starts_with('{') && names.all(|name| matches!(name, "status" | "headers" | "body"))
        });
        let given = |name: &str| {
            let mut members = object.iter().flat_map(Object::members).rev();
            members.find(|(known, _)| *known == name).map(|(_, value)| value)
        };
        let Some(body) = given("body") else {
            self.set_json(json.as_bytes());
            return Ok(self);
        };
        if let Some(value) = given("status") {
            let code = value.get().parse().ok().and_then(status);
            self.status = code.ok_or(UntransformedAnswer::Malformed("status"))?;
        }
        if kind(body) == "string" {
            let text = string(body, "body").map_err(|_| UntransformedAnswer::Malformed("body"))?;
            self.body = Bytes::from(text.into_owned());
        } else {
            self.set_json(body.get().as_bytes());
        }
        if let Some(headers) = given("headers") {
            let headers = Object::from_raw(headers, "headers").ok();
            let headers = headers.ok_or(UntransformedAnswer::Malformed("headers"))?;
            for (name, value) in headers.members() {
                set_header(&mut self.headers, name, value)
                    .ok_or(UntransformedAnswer::Malformed("headers"))?;
            }
        }
        if !may_have_content(self.status) {
            self.body = Bytes::new();
        }
        Ok(self)
    }

    fn set_json(&mut self, json: &[u8]) {
        self.body = Bytes::copy_from_slice(json);
        self.headers.insert(CONTENT_TYPE, JSON);
    }
}

/// Sets a header to a text, or to each of several; `null` takes it out. Those of the connection stay as they are.
fn set_header(headers: &mut HeaderMap, name: &str, value: &RawValue) -> Option<()> {
    let name = HeaderName::try_from(name).ok()?;
    if belongs_to_connection(&name) {
        return Some(());
    }
    let text = |value: &RawValue| match kind(value) {
        "string" => header_value(&string(value, "").ok()?),
        "number" | "bool" => header_value(value.get()),
        _ => None,
    };
    headers.remove(&name);
    match kind(value) {
        "null" => {}
        "array" => {
            for value in serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()? {
                headers.append(name.clone(), text(value)?);
            }
        }
        _ => {
            headers.insert(name, text(value)?);
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn response(body: &'static str) -> FunctionResponse {
        let mut headers = HeaderMap::new();
        headers.append(CONTENT_TYPE, "text/x".parse().unwrap());
        headers.append("set-cookie", "a=1".parse().unwrap());
        headers.append("set-cookie", "b=2".parse().unwrap());
        FunctionResponse::bare(StatusCode::CREATED, headers, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn what_transforms_see() {
        let start = r#"{"status":201,"headers":{"content-type":"text/x","set-cookie":["a=1","b=2"]},"body":"#;
        for (body, want) in [
            (r#"{"n":1.50}"#, r#"{"n":1.50}"#),
            ("plain", r#""plain""#),
            ("", r#""""#),
        ] {
            assert_eq!(response(body).to_transform().unwrap(), format!("{start}{want}}}"));
        }
        let mut binary = response("");
        binary.body = Bytes::from_static(&[0xff]);
        assert_eq!(binary.to_transform(), Err(UntransformedAnswer::Binary));
    }

    #[test]
    fn what_callers_get() {
        for (given, status, content_type, body) in [
            (
                r#"{"status":"ok"}"#,
                201,
                "application/json",
                r#"{"status":"ok"}"#,
            ),
            (
                r#"{"body":1,"more":2}"#,
                201,
                "application/json",
                r#"{"body":1,"more":2}"#,
            ),
            ("\"text\"", 201, "application/json", "\"text\""),
            (r#"{"body":"a\"b"}"#, 201, "text/x", "a\"b"),
            (
                r#"{"body":{"n":1.50},"status":418}"#,
                418,
                "application/json",
                r#"{"n":1.50}"#,
            ),
            (
                r#"{"body":"x","headers":{"Content-Type":"a/b","connection":"close"}}"#,
                201,
                "a/b",
                "x",
            ),
            (r#"{"body":"x","status":204}"#, 204, "text/x", ""),
        ] {
            let made = response("{}").transformed(given).unwrap();
            let kind = made.headers[CONTENT_TYPE].to_str().unwrap().to_owned();
            let got = (
                made.status.as_u16(),
                kind.as_str(),
                str::from_utf8(&made.body).unwrap(),
            );
            assert_eq!(got, (status, content_type, body), "{given}");
            assert!(!made.headers.contains_key("connection"), "{given}");
        }
        let headers = r#"{"body":1,"headers":{"set-cookie":null,"x-a":["1","2"],"x-n":7}}"#;
        let made = response("{}").transformed(headers).unwrap();
        assert!(!made.headers.contains_key("set-cookie"));
        assert_eq!(made.headers.get_all("x-a").iter().count(), 2);
        assert_eq!(made.headers["x-n"], "7");
        for (given, member) in [
            (r#"{"body":1,"status":99}"#, "status"),
            (r#"{"body":1,"status":"200"}"#, "status"),
            (r#"{"body":1,"headers":[]}"#, "headers"),
            (r#"{"body":1,"headers":{"x":{}}}"#, "headers"),
            (r#"{"body":1,"headers":{"b d":"x"}}"#, "headers"),
        ] {
            let error = response("{}").transformed(given).unwrap_err();
            assert_eq!(error, UntransformedAnswer::Malformed(member), "{given}");
        }
    }
}
