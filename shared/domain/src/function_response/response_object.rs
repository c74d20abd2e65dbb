//! The response object (docs/contract.md §2.6), and what is none but was meant to be an answer.

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, StatusCode};

use super::{FunctionResponse, Malformation, MalformedResponse, belongs_to_connection, header_value, status};
use crate::json::Object;

/// The members of a response object.
const MEMBERS: [&str; 3] = ["statusCode", "headers", "body"];
/// What response objects of Amazon API Gateway have besides, which is ignored in this mode.
const IGNORED: [&str; 3] = ["isBase64Encoded", "multiValueHeaders", "cookies"];

impl FunctionResponse {
    /// Reads the result of a function.
    pub fn from_result(result: &[u8]) -> Result<Self, MalformedResponse> {
        Self::of_object(&Object::from_slice(result)?)
    }

    /// The same, and where the result says something else instead of a body, which nobody gets to see, the members of a
    /// response object that it lacks.
    pub fn with_missing_members(result: &[u8]) -> Result<(Self, Vec<&'static str>), MalformedResponse> {
        let object = Object::from_slice(result)?;
        let response = Self::of_object(&object)?;
        if !response.body.is_empty() || object.get("body").is_some() || !has_other_members(&object) {
            return Ok((response, Vec::new()));
        }
        let missing = |name: &&str| object.get(name).is_none();
        Ok((response, MEMBERS.into_iter().filter(missing).collect()))
    }

    /// Reads the result of a function that need not be a response object: `None` if it is none. An object is one with no
    /// members but those of response objects, or with a `statusCode` and a `body` or `headers`: others are documents
    /// that happen to have a member of that name, such as errors with a `statusCode` or comments with a `body`.
    pub fn if_object(result: &[u8]) -> Result<Option<Self>, MalformedResponse> {
        if !result.trim_ascii_start().starts_with(b"{") {
            return Ok(None);
        }
        let Ok(object) = Object::from_slice(result) else {
            return Ok(None);
        };
        let [has_status, has_headers, has_body] = MEMBERS.map(|name| object.get(name).is_some());
        let is_one = if has_other_members(&object) {
            has_status && (has_headers || has_body)
        } else {
            has_status || has_headers || has_body
        };
        is_one.then(|| Self::of_object(&object)).transpose()
    }

    fn of_object(object: &Object<'_>) -> Result<Self, MalformedResponse> {
        let status = match object.integer("statusCode")? {
            None => StatusCode::OK,
            Some(code) => status(code).ok_or(Malformation::StatusCode)?,
        };
        let given = object.strings("headers")?.unwrap_or_default();
        // A map of headers is bounded; one that is full with these, a content type and those of CORS is no answer.
        let mut headers =
            HeaderMap::try_with_capacity(given.len() + 8).map_err(|_| Malformation::TooManyHeaders)?;
        for (name, value) in &given {
            if let Ok(name) = HeaderName::from_bytes(name.as_bytes())
                && !belongs_to_connection(&name)
                && let Some(value) = header_value(value)
            {
                headers
                    .try_insert(name, value)
                    .map_err(|_| Malformation::TooManyHeaders)?;
            }
        }
        let body = Bytes::from(object.string_or_empty("body")?);
        Ok(Self::guessed(status, headers, body))
    }
}

/// Whether an object has members that no response object has.
fn has_other_members(object: &Object<'_>) -> bool {
    let mut names = object.members().map(|(name, _)| name);
    let is_known = |name: &str| {
        let mut known = MEMBERS.iter().chain(&IGNORED);
        known.any(|known| known.eq_ignore_ascii_case(name))
    };
    names.any(|name| !is_known(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects() {
        for (text, status, body) in [
            ("{}", 200, ""),
            ("null", 200, ""),
            (r#"{"message":"x"}"#, 200, ""),
            (r#"{"STATUSCODE":201,"Body":"b"}"#, 201, "b"),
            (r#"{"statusCode":null,"headers":null,"body":null}"#, 200, ""),
            (r#"{"statusCode":204,"body":"b"}"#, 204, ""),
            (r#"{"statusCode":205,"body":"b"}"#, 205, ""),
            (r#"{"statusCode":304,"body":"b"}"#, 304, ""),
            (r#"{"statusCode":999,"body":"b"}"#, 999, "b"),
        ] {
            let response = FunctionResponse::from_result(text.as_bytes()).unwrap();
            assert_eq!(
                (response.status.as_u16(), &*response.body),
                (status, body.as_bytes()),
                "{text}"
            );
        }
    }

    #[test]
    fn malformed() {
        for text in [
            "",
            "[]",
            "\"x\"",
            "5",
            "{} x",
            r#"{"statusCode":"200"}"#,
            r#"{"statusCode":200.0}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":100}"#,
            r#"{"statusCode":1000}"#,
            r#"{"statusCode":-1}"#,
            r#"{"body":{}}"#,
            r#"{"headers":{"a":1}}"#,
        ] {
            let err = FunctionResponse::from_result(text.as_bytes()).unwrap_err();
            assert_eq!(err.to_string(), "HTTP response object malformed", "{text}");
            assert!(std::error::Error::source(&err).is_some(), "{text}");
        }
    }

    #[test]
    fn the_log_learns_what_is_malformed() {
        for (text, want) in [
            (r#"{"statusCode":99}"#, "statusCode must be from 200 to 999"),
            (
                r#"{"body":{}}"#,
                "json: cannot unmarshal object into Go struct field body of type string",
            ),
            ("[]", "json: cannot unmarshal array into Go value of type object"),
        ] {
            let error = FunctionResponse::from_result(text.as_bytes()).unwrap_err();
            let source = std::error::Error::source(&error).unwrap();
            assert_eq!(source.to_string(), want, "{text}");
        }
    }

    #[test]
    fn what_is_dropped_lacks_members() {
        let all = MEMBERS.as_slice();
        for (text, want) in [
            (r#"{"id":1}"#, all),
            (r#"{"error":"no such user","body":null}"#, all),
            (r#"{"statusCode":404,"error":"x"}"#, &["headers", "body"]),
            (r#"{"body":"b","id":1}"#, &[]),
            (r#"{"statusCode":204}"#, &[]),
            (
                r#"{"statusCode":302,"headers":{},"cookies":[],"isBase64Encoded":false}"#,
                &[],
            ),
            ("{}", &[]),
            ("null", &[]),
        ] {
            let (_, missing) = FunctionResponse::with_missing_members(text.as_bytes()).unwrap();
            assert_eq!(missing, want, "{text}");
        }
    }

    #[test]
    fn only_response_objects_are_read_as_such() {
        for (text, want) in [
            (r#"{"statusCode":201,"body":"b"}"#, Some((201, "b"))),
            (r#"{"BODY":"b"}"#, Some((200, "b"))),
            (r#" {"statusCode":404}"#, Some((404, ""))),
            (r#"{"statusCode":200,"body":"b","trace":1}"#, Some((200, "b"))),
            (r#"{"body":"b","isBase64Encoded":false}"#, Some((200, "b"))),
            // The errors of a web framework, and a document of the function's own.
            (r#"{"statusCode":404,"error":"Not Found","message":"x"}"#, None),
            (r#"{"id":7,"body":"a comment"}"#, None),
            (r#"{"error":"x"}"#, None),
            (r#"{"statusCode":null}"#, None),
            ("{}", None),
            ("null", None),
            ("[]", None),
            ("<p>", None),
            (r#"{"body":"b"} x"#, None),
            ("", None),
        ] {
            let response = FunctionResponse::if_object(text.as_bytes()).unwrap();
            let got = response.as_ref().map(|response| {
                let body = std::str::from_utf8(&response.body).unwrap();
                (response.status.as_u16(), body)
            });
            assert_eq!(got, want, "{text}");
        }
        for text in [
            r#"{"statusCode":"200","body":"b"}"#,
            r#"{"statusCode":200,"body":{}}"#,
        ] {
            assert!(FunctionResponse::if_object(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn headers() {
        let text = r#"{"headers":{"x-a":"1\r\nx-b: 2","bad header":"x","Content-Length":"99","connection":"close","x-null":null,"Set-Cookie":"a=1; Path=/"},"body":"<p>"}"#;
        let headers = FunctionResponse::from_result(text.as_bytes()).unwrap().headers;
        assert_eq!(headers["x-a"], "1  x-b: 2");
        assert_eq!(headers["x-null"], "");
        assert_eq!(headers["set-cookie"], "a=1; Path=/");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(headers.len(), 4);
    }
}
