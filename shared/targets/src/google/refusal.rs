//! What Google says when it refuses something, in words that can be shown.

use std::fmt;

use domain::retry::FailureClass;
use serde::Deserialize;

use crate::error::{BoxError, InvokeError};
use crate::http::{HttpResponse, Refusal, refusal};
use crate::tokens;

/// A quota is used up; not every service says so by its status.
const EXHAUSTED: &str = "RESOURCE_EXHAUSTED";
/// What token servers call a key, or who has it, that they do not accept, whatever the status.
const REFUSED: [&str; 2] = ["invalid_client", "invalid_grant"];
/// Longest word that is shown: tokens and assertions, which servers may repeat, are longer.
const MOST_WORD: usize = 100;
/// Most characters of a text that are shown.
const MOST_TEXT: usize = 300;

/// An answer that is no success.
#[derive(Debug, thiserror::Error)]
pub(crate) struct GoogleError {
    /// Who answered.
    server: &'static str,
    status: u16,
    /// Google's name of the error.
    code: String,
    message: String,
}

impl fmt::Display for GoogleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.server)?;
        for text in [&self.code, &self.message] {
            if !text.is_empty() {
                write!(f, "{text}: ")?;
            }
        }
        write!(f, "status code {}", self.status)
    }
}

/// The forms of errors of Google's APIs and of OAuth 2.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    error: Option<Named>,
    error_description: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Code(String),
    Status {
        #[serde(default)]
        status: String,
        #[serde(default)]
        message: String,
    },
}

impl GoogleError {
    /// Reads an answer.
    pub(crate) fn of(server: &'static str, response: &HttpResponse) -> Self {
        let body: Body = serde_json::from_slice(&response.shown()).unwrap_or_default();
        let (code, message) = match body.error {
            Some(Named::Code(code)) => (code, body.error_description.unwrap_or_default()),
            Some(Named::Status { status, message }) => (status, message),
            None => (String::new(), String::new()),
        };
        Self {
            server,
            status: response.status.as_u16(),
            code: shown(&code),
            message: shown(&message),
        }
    }

    /// The error of a call that was answered so.
    pub(crate) fn into_failure(self, response: &HttpResponse) -> InvokeError {
        let Some(Refusal { class, retry_after }) = refusal(response.status, &response.headers) else {
            return InvokeError::unavailable(self);
        };
        match class {
            _ if self.code == EXHAUSTED => InvokeError::Throttled {
                retry_after,
                source: self.into(),
            },
            FailureClass::Throttled => InvokeError::Throttled {
                retry_after,
                source: self.into(),
            },
            FailureClass::Permanent | FailureClass::Gone => InvokeError::unusable(self),
            FailureClass::Transient => InvokeError::unavailable(self),
        }
    }
}

/// Whether the cause of a failed call is that Google, or a token server, does not accept who calls.
pub(crate) fn is_refusal(cause: &BoxError) -> bool {
    let error: Option<&GoogleError> = tokens::unshared(cause).downcast_ref();
    error.is_some_and(|error| matches!(error.status, 401 | 403) || REFUSED.contains(&error.code.as_str()))
}

/// The first line, without what is too long to be a word.
fn shown(text: &str) -> String {
    let words = text.lines().next().unwrap_or_default().split_whitespace();
    let words = words.map(|word| if word.len() > MOST_WORD { "*****" } else { word });
    let text = words.collect::<Vec<_>>().join(" ");
    text.chars().filter(|c| !c.is_control()).take(MOST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::http::Redaction;

    fn failure(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> InvokeError {
        let response = HttpResponse {
            held: None,
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect::<HeaderMap>(),
            body: Bytes::from(body.to_owned()),
            redaction: Redaction::default(),
        };
        GoogleError::of("Pub/Sub", &response).into_failure(&response)
    }

    #[test]
    fn classes_and_texts() {
        let api =
            |status: &str| format!(r#"{{"error":{{"code":1,"status":"{status}","message":"m\nmore"}}}}"#);
        for (status, body, class, text) in [
            (
                403,
                api("PERMISSION_DENIED"),
                FailureClass::Permanent,
                "Pub/Sub: PERMISSION_DENIED: m: status code 403",
            ),
            (
                404,
                api("NOT_FOUND"),
                FailureClass::Permanent,
                "Pub/Sub: NOT_FOUND: m: status code 404",
            ),
            (
                401,
                api("UNAUTHENTICATED"),
                FailureClass::Permanent,
                "Pub/Sub: UNAUTHENTICATED: m: status code 401",
            ),
            (
                429,
                api("RESOURCE_EXHAUSTED"),
                FailureClass::Throttled,
                "Pub/Sub: RESOURCE_EXHAUSTED: m: status code 429",
            ),
            (
                503,
                api("RESOURCE_EXHAUSTED"),
                FailureClass::Throttled,
                "Pub/Sub: RESOURCE_EXHAUSTED: m: status code 503",
            ),
            (
                503,
                api("UNAVAILABLE"),
                FailureClass::Transient,
                "Pub/Sub: UNAVAILABLE: m: status code 503",
            ),
            (
                409,
                api("ABORTED"),
                FailureClass::Transient,
                "Pub/Sub: ABORTED: m: status code 409",
            ),
            (
                400,
                r#"{"error":"invalid_grant","error_description":"Invalid JWT Signature."}"#.to_owned(),
                FailureClass::Permanent,
                "Pub/Sub: invalid_grant: Invalid JWT Signature.: status code 400",
            ),
            (
                502,
                "<html>".to_owned(),
                FailureClass::Transient,
                "Pub/Sub: status code 502",
            ),
            (
                500,
                r#"{"error":[]}"#.to_owned(),
                FailureClass::Transient,
                "Pub/Sub: status code 500",
            ),
            (
                200,
                "{}".to_owned(),
                FailureClass::Transient,
                "Pub/Sub: status code 200",
            ),
        ] {
            let error = failure(status, &[], &body);
            let want = format!("Function call failed. Error: {text}");
            assert_eq!((error.class(), error.to_string()), (class, want));
        }
        let throttled = failure(503, &[("retry-after", "7")], "");
        assert_eq!(
            throttled.retry_after(),
            Some(std::time::Duration::from_secs(7)),
            "{throttled:?}"
        );
    }

    #[test]
    fn refusals_of_who_calls() {
        for (status, body, want) in [
            (401, "", true),
            (403, "{}", true),
            (400, r#"{"error":"invalid_grant"}"#, true),
            (400, r#"{"error":"invalid_client"}"#, true),
            (400, r#"{"error":"invalid_scope"}"#, false),
            (404, r#"{"error":{"status":"NOT_FOUND"}}"#, false),
        ] {
            let InvokeError::Unavailable { source, .. } = failure(status, &[], body) else {
                panic!("{status}")
            };
            assert_eq!(is_refusal(&source), want, "{status} {body}");
        }
        assert!(!is_refusal(&"another".into()));
    }

    #[test]
    fn tokens_that_come_back_are_not_shown() {
        let token = "S".repeat(MOST_WORD + 1);
        let error = failure(
            400,
            &[],
            &format!(r#"{{"error":"{token}","error_description":"got {token} and\n{token}"}}"#),
        );
        let text = format!("{error} {error:?}");
        assert!(!text.contains("SSS") && text.contains("got ***** and"), "{text}");
    }

    #[test]
    fn reading_is_linear() {
        let details = |n: usize| scaling::pieces(n, |at| format!(",\"d{at}\":{{}}"));
        let bodies: [(&str, &dyn Fn(usize) -> String); 5] = [
            ("details", &|n| {
                format!("{{\"error\":{{\"status\":\"S\"{0}}}{0}}}", details(n))
            }),
            ("words", &|n| {
                format!("{{\"error\":{{\"message\":\"{}\"}}}}", "word ".repeat(n))
            }),
            ("lines", &|n| {
                format!(
                    "{{\"error\":\"c\",\"error_description\":\"{}\"}}",
                    r"\n".repeat(n)
                )
            }),
            ("a long word", &|n| {
                format!("{{\"error\":\"{}\"}}", "x".repeat(n * 8))
            }),
            ("no JSON", &|n| "<p>".repeat(n)),
        ];
        for (name, body) in bodies {
            scaling::assert_linear(name, 1_000, body, |body| failure(403, &[], body).to_string());
        }
    }
}
