//! Records of activations: what became of an action.
//!
//! | `response.status` | result |
//! |---|---|
//! | `success` | `response.result`, as the text it came in |
//! | `application error` | failure of the action's own making |
//! | `action developer error` | the action crashed, ran out of time or memory, or could not be started |
//! | `whisk internal error` | OpenWhisk failed |
//!
//! All failures are tried again, as those of Lambda functions are: a record does not tell those that would recur.

use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::retry::FailureClass;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::FunctionAnswer;
use crate::error::InvokeError;

/// Most characters of an action's error that are told.
const MOST_DETAIL: usize = 256;

/// The record of an activation that is over.
#[derive(Debug, Deserialize)]
pub(super) struct Activation {
    response: Response,
}

#[derive(Debug, Deserialize)]
struct Response {
    #[serde(default)]
    status: String,
    success: bool,
    #[serde(default)]
    result: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Taken {
    #[serde(rename = "activationId")]
    id: String,
}

/// The id in an answer or a record; `None` if it has none, or one that is no segment of a path.
pub(super) fn id(body: &[u8]) -> Option<String> {
    let Taken { id } = serde_json::from_slice(body).ok()?;
    let is_one = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (!id.is_empty() && id.bytes().all(is_one)).then_some(id)
}

impl Activation {
    /// Reads a record.
    pub(super) fn parse(body: &[u8]) -> Result<Self, InvokeError> {
        // The parser's errors may repeat what it read.
        serde_json::from_slice(body)
            .map_err(|_| InvokeError::unavailable("OpenWhisk answered with no activation record"))
    }

    pub(super) fn is_success(&self) -> bool {
        self.response.success
    }

    /// The result of the action, or why there is none.
    pub(super) fn into_result(self) -> Result<FunctionAnswer, InvokeError> {
        let Response {
            status,
            success,
            result,
        } = self.response;
        let result = result.map(|result| Bytes::from(String::from(Box::<str>::from(result))));
        if success {
            return Ok(FunctionAnswer::of(result.unwrap_or_default()));
        }
        let result = result.unwrap_or_default();
        Err(InvokeError::FunctionFailed {
            detail: detail(&status, &result),
            class: FailureClass::Transient,
            retry_after: None,
            response: LastResponse::new(None, &result),
        })
    }
}

/// The status, and the action's own words if it has any.
fn detail(status: &str, result: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Failed {
        error: String,
    }
    let status = if status.is_empty() {
        "action failed"
    } else {
        status
    };
    match serde_json::from_slice(result) {
        Ok(Failed { error }) => {
            let error: String = error
                .chars()
                .map(|letter| if letter.is_control() { ' ' } else { letter })
                .take(MOST_DETAIL)
                .collect();
            format!("{status}: {error}")
        }
        Err(_) => status.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<FunctionAnswer, InvokeError> {
        Activation::parse(body.as_bytes())?.into_result()
    }

    #[test]
    fn results_keep_their_text() {
        for (record, want) in [
            (
                r#"{"activationId":"a","logs":[],"response":{"status":"success","statusCode":0,"success":true,"result":{"n": 1.10}}}"#,
                r#"{"n": 1.10}"#,
            ),
            (r#"{"response":{"success":true,"result":[]}}"#, "[]"),
            (r#"{"response":{"success":true}}"#, ""),
        ] {
            let answer = parse(record).unwrap();
            assert_eq!((answer.body, answer.rejection), (Bytes::from(want), None));
        }
    }

    #[test]
    fn failures_say_whose_they_are() {
        let long = "x".repeat(1000);
        for (status, result, want) in [
            ("application error", r#"{"error":"no"}"#, "application error: no"),
            (
                "action developer error",
                r#"{"error":"a\nb"}"#,
                "action developer error: a b",
            ),
            (
                "whisk internal error",
                r#"{"error":{"code":1}}"#,
                "whisk internal error",
            ),
            ("", "null", "action failed"),
            (
                "x",
                &format!(r#"{{"error":"{long}"}}"#),
                &format!("x: {}", &long[..256]),
            ),
        ] {
            let record =
                format!(r#"{{"response":{{"success":false,"status":"{status}","result":{result}}}}}"#);
            let error = parse(&record).unwrap_err();
            let text = format!("Function call failed because of runtime error. Error: {want}");
            assert_eq!(
                (error.to_string(), error.class()),
                (text, FailureClass::Transient)
            );
            let kept = if result == "null" { "" } else { result };
            assert_eq!(
                error.last_response(),
                Some(LastResponse::new(None, kept.as_bytes()))
            );
        }
    }

    #[test]
    fn garbage_is_no_record() {
        for body in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"response":{}}"#,
            r#"{"response":{"success":"yes"}}"#,
            "<html>SECRET",
        ] {
            let error = parse(body).unwrap_err();
            assert_eq!(error.class(), FailureClass::Transient, "{body}");
            assert!(!error.to_string().contains("SECRET"));
        }
    }

    #[test]
    fn ids() {
        for (body, want) in [
            (r#"{"activationId":"0b1c2d"}"#, Some("0b1c2d")),
            (r#"{"activationId":"0b1c-2d"}"#, Some("0b1c-2d")),
            (r#"{"activationId":""}"#, None),
            (r#"{"activationId":"../x"}"#, None),
            (r#"{"activationId":1}"#, None),
            ("{}", None),
            ("", None),
        ] {
            assert_eq!(id(body.as_bytes()).as_deref(), want, "{body}");
        }
    }

    #[test]
    fn reading_is_linear() {
        let members = |n: usize| scaling::pieces(n, |at| format!(",\"m{at}\":[{at}]"));
        let records: [(&str, &dyn Fn(usize) -> String); 6] = [
            ("members", &|n| {
                format!("{{\"response\":{{\"success\":true{0}}}{0}}}", members(n))
            }),
            ("a large result", &|n| {
                format!(
                    "{{\"response\":{{\"success\":true,\"result\":{{\"a\":0{}}}}}}}",
                    members(n)
                )
            }),
            ("a deep result", &|n| {
                format!(
                    "{{\"response\":{{\"success\":true,\"result\":{}{}}}}}",
                    "[".repeat(n),
                    "]".repeat(n)
                )
            }),
            ("a long failure", &|n| {
                let text = r"\n".repeat(n);
                format!(
                    "{{\"response\":{{\"success\":false,\"status\":\"s\",\"result\":{{\"error\":\"{text}\"}}}}}}"
                )
            }),
            ("many members of a failure", &|n| {
                format!(
                    "{{\"response\":{{\"success\":false,\"result\":{{\"error\":\"\"{}}}}}}}",
                    members(n)
                )
            }),
            ("a long id", &|n| {
                format!("{{\"activationId\":\"{}\"{}}}", "a".repeat(n), members(n))
            }),
        ];
        for (name, record) in records {
            scaling::assert_linear(name, 1_000, record, |record| {
                (
                    id(record.as_bytes()),
                    parse(record).map_err(|error| error.to_string()),
                )
            });
        }
    }
}
