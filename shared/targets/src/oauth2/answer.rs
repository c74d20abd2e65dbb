//! What an authorization server answers: a token (RFC 6749, section 5.1) or why there is none (section 5.2).

use std::time::Duration;

use domain::retry::FailureClass;
use http::{HeaderValue, StatusCode};
use serde::Deserialize;

use crate::error::InvokeError;
use crate::http::{HttpResponse, Refusal, refusal};
use crate::tokens::Token;

/// The codes that are shown as they are; a server may write what it likes into others.
const KNOWN_CODES: [&str; 10] = [
    "access_denied",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    SERVER_ERROR,
    TEMPORARILY_UNAVAILABLE,
    "unauthorized_client",
    "unsupported_grant_type",
];
const SERVER_ERROR: &str = "server_error";
const TEMPORARILY_UNAVAILABLE: &str = "temporarily_unavailable";

/// An answer without a token. The texts repeat no part of it but known codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnswerError {
    #[error("access refused by the authorization server: {code}, HTTP status code {}", status.as_u16())]
    Refused { status: StatusCode, code: &'static str },
    #[error("the authorization server failed: {code}, HTTP status code {}", status.as_u16())]
    Failed {
        status: StatusCode,
        code: &'static str,
        class: FailureClass,
        retry_after: Option<Duration>,
    },
    #[error("the authorization server answered no access token")]
    NoToken,
    #[error("the authorization server answered a token of another type than Bearer")]
    OtherType,
    #[error("the authorization server answered a token that fits no header")]
    Unsendable,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    expires_in: Option<Lifetime>,
}

/// Seconds. Some servers write them as a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Lifetime {
    Number(f64),
    Text(String),
    /// Nothing that could be read; no reason to have no token.
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl AnswerError {
    /// What it says about another attempt, and when that is welcome.
    pub(super) fn class(&self) -> (FailureClass, Option<Duration>) {
        match self {
            Self::Failed {
                class, retry_after, ..
            } => (*class, *retry_after),
            Self::Refused { .. } | Self::NoToken | Self::OtherType | Self::Unsendable => {
                (FailureClass::Permanent, None)
            }
        }
    }
}

/// The token of an answer.
pub(super) fn token(response: &HttpResponse) -> Result<Token, InvokeError> {
    match refusal(response.status, &response.headers) {
        Some(refusal) => Err(refused(response, refusal).into()),
        None => Ok(granted(&response.body)?),
    }
}

fn granted(body: &[u8]) -> Result<Token, AnswerError> {
    let granted: Granted = serde_json::from_slice(body).map_err(|_| AnswerError::NoToken)?;
    if granted.access_token.is_empty() {
        return Err(AnswerError::NoToken);
    }
    let is_bearer = |given: &String| given.eq_ignore_ascii_case("bearer");
    if !granted.token_type.as_ref().is_none_or(is_bearer) {
        return Err(AnswerError::OtherType);
    }
    if HeaderValue::from_str(&granted.access_token).is_err() {
        return Err(AnswerError::Unsendable);
    }
    let seconds = match granted.expires_in {
        Some(Lifetime::Number(seconds)) => Some(seconds),
        Some(Lifetime::Text(text)) => text.trim().parse().ok(),
        Some(Lifetime::Other(_)) | None => None,
    };
    // One that is over already is good for this call at most.
    let lifetime =
        seconds.map(|seconds: f64| Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX));
    Ok(Token {
        text: granted.access_token,
        lifetime: lifetime.unwrap_or(Token::DEFAULT_LIFETIME),
    })
}

fn refused(response: &HttpResponse, refusal: Refusal) -> AnswerError {
    let Refusal {
        mut class,
        retry_after,
    } = refusal;
    let given = serde_json::from_slice(&response.body).map(|refused: Refused| refused.error);
    let given = given.unwrap_or_default();
    let code = KNOWN_CODES.into_iter().find(|known| *known == given);
    let status = response.status;
    let code = code.unwrap_or("no known code");
    // These two are said with status 400 where a server sticks to the letter.
    if class == FailureClass::Permanent && matches!(code, SERVER_ERROR | TEMPORARILY_UNAVAILABLE) {
        class = FailureClass::Transient;
    }
    match class {
        FailureClass::Permanent | FailureClass::Gone => AnswerError::Refused { status, code },
        FailureClass::Transient | FailureClass::Throttled => AnswerError::Failed {
            status,
            code,
            class,
            retry_after,
        },
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;
    use crate::http::Redaction;

    fn read(status: u16, body: &str) -> Result<(String, u64), InvokeError> {
        let response = HttpResponse {
            held: None,
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::from(body.to_owned()),
            redaction: Redaction::default(),
        };
        token(&response).map(|token| (token.text, token.lifetime.as_secs()))
    }

    #[test]
    fn lifetimes() {
        for (expires_in, want) in [
            (r#","expires_in":3599"#, 3599),
            (r#","expires_in":"3599""#, 3599),
            (r#","expires_in":3599.5"#, 3599),
            (r#","expires_in":0"#, 0),
            (r#","expires_in":-5"#, 0),
            (r#","expires_in":1e300"#, u64::MAX),
            (r#","expires_in":null"#, 300),
            (r#","expires_in":"soon""#, 300),
            (r#","expires_in":"NaN""#, 0),
            (r#","expires_in":[1]"#, 300),
            (r#","token_type":"bearer","scope":"a b""#, 300),
            (r#","token_type":"BEARER""#, 300),
        ] {
            let got = read(200, &format!(r#"{{"access_token":"t"{expires_in}}}"#)).unwrap();
            assert_eq!(got, ("t".to_owned(), want), "{expires_in}");
        }
    }

    #[test]
    fn answers_without_a_token() {
        for (status, body, text, class) in [
            (200, "", "answered no access token", FailureClass::Permanent),
            (
                200,
                "<html>SHOWN</html>",
                "answered no access token",
                FailureClass::Permanent,
            ),
            (
                200,
                r#"{"access_token":""}"#,
                "answered no access token",
                FailureClass::Permanent,
            ),
            (
                200,
                r#"{"access_token":5}"#,
                "answered no access token",
                FailureClass::Permanent,
            ),
            (
                200,
                r#"{"access_token":"SHOWN\r\nx: y"}"#,
                "fits no header",
                FailureClass::Permanent,
            ),
            (
                200,
                r#"{"access_token":"SHOWN","token_type":"DPoP"}"#,
                "another type than Bearer",
                FailureClass::Permanent,
            ),
            (
                401,
                r#"{"error":"invalid_client","error_description":"SHOWN"}"#,
                "access refused by the authorization server: invalid_client, HTTP status code 401",
                FailureClass::Permanent,
            ),
            (
                400,
                r#"{"error":"SHOWN"}"#,
                "access refused by the authorization server: no known code, HTTP status code 400",
                FailureClass::Permanent,
            ),
            (
                302,
                "",
                "no known code, HTTP status code 302",
                FailureClass::Permanent,
            ),
            (404, "SHOWN", "HTTP status code 404", FailureClass::Permanent),
            (410, "", "access refused", FailureClass::Permanent),
            (
                400,
                r#"{"error":"temporarily_unavailable"}"#,
                "the authorization server failed: temporarily_unavailable",
                FailureClass::Transient,
            ),
            (429, "", "HTTP status code 429", FailureClass::Throttled),
            (500, "SHOWN", "HTTP status code 500", FailureClass::Transient),
            (503, "", "HTTP status code 503", FailureClass::Transient),
        ] {
            let error = read(status, body).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains(text), "{status} {body}: {shown}");
            assert!(!shown.contains("SHOWN"), "{shown}");
            assert_eq!(error.class(), class, "{shown}");
        }
    }

    /// What a server answers, of about so many parts.
    type Body<'b> = &'b dyn Fn(usize) -> String;

    #[test]
    fn reading_is_linear() {
        let members = |n: usize| scaling::pieces(n, |at| format!(",\"m{at}\":{at}"));
        let answers: [(&str, u16, Body<'_>); 6] = [
            ("members", 200, &|n| {
                format!("{{\"access_token\":\"t\"{}}}", members(n))
            }),
            ("a long token", 200, &|n| {
                format!("{{\"access_token\":\"{}\"}}", "t".repeat(n * 16))
            }),
            ("escapes", 200, &|n| {
                format!("{{\"access_token\":\"{}\"}}", r"\u0041".repeat(n))
            }),
            ("a long lifetime", 200, &|n| {
                format!(
                    "{{\"access_token\":\"t\",\"expires_in\":\"{}\"}}",
                    "9".repeat(n * 4)
                )
            }),
            ("no object", 200, &|n| "[".repeat(n * 16)),
            ("a long error", 400, &|n| {
                format!("{{\"error\":\"{}\"{}}}", "e".repeat(n), members(n))
            }),
        ];
        for (name, status, body) in answers {
            scaling::assert_linear(name, 1_000, body, |body| {
                read(status, body).map_err(|error| error.to_string())
            });
        }
    }
}
