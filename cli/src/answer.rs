//! What came back, and what a gateway says in it besides the body.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::failure::{Failure, Problem, Refusal};

/// An HTTP answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Deserialize)]
struct ErrorBody {
    errors: Vec<ErrorElement>,
}

#[derive(Deserialize)]
struct ErrorElement {
    message: String,
    field: Option<String>,
    value: Option<String>,
    rule: Option<String>,
    hint: Option<String>,
}

impl Answer {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What the gateway took and warns of all the same, one for each line of the header.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let lines = self.headers.get_all("x-event-gateway-warning").into_iter();
        lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
            .collect()
    }

    /// Headers that the gateway says something of its own in, by name.
    pub(crate) fn notable_headers(&self) -> Vec<(String, String)> {
        let is_notable = |name: &str| name.starts_with("x-event-gateway-") || name == "x-request-id";
        let headers = self.headers.iter().filter(|(name, _)| is_notable(name.as_str()));
        headers
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into_owned(),
                )
            })
            .collect()
    }

    /// This answer if it is a success, and else what the gateway said.
    pub(crate) fn success(self) -> Result<Self, Failure> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(Failure::Refused(self.refusal()))
    }

    fn refusal(&self) -> Refusal {
        let body: Option<ErrorBody> = serde_json::from_slice(&self.body).ok();
        let errors = body.map(|body| body.errors).unwrap_or_default();
        let mut problems: Vec<_> = errors.into_iter().map(problem).collect();
        if problems.is_empty() {
            problems.push(Problem {
                message: self.shortened(),
                details: Vec::new(),
            });
        }
        let id = self.headers.get("x-request-id").and_then(|id| id.to_str().ok());
        if let (Some(id), Some(last)) = (id, problems.last_mut()) {
            last.details.push(("request id".to_owned(), id.to_owned()));
        }
        Refusal {
            status: self.status,
            problems,
        }
    }

    /// The status, and the begin of a body that is not the gateway's.
    fn shortened(&self) -> String {
        let text = self.text();
        let text = text.trim();
        match text.char_indices().nth(500) {
            _ if self.status == StatusCode::NOT_FOUND && text == "404 page not found" => {
                "the gateway has no such endpoint: it may be older than this program".to_owned()
            }
            _ if text.is_empty() => format!("the answer was {}", self.status),
            Some((end, _)) => format!("{}: {}…", self.status, &text[..end]),
            None => format!("{}: {text}", self.status),
        }
    }
}

fn problem(error: ErrorElement) -> Problem {
    let parts = [
        ("field", error.field),
        ("value", error.value),
        ("rule", error.rule),
        ("hint", error.hint),
    ];
    let details = parts
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), text?)));
    Problem {
        message: error.message,
        details: details.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    #[test]
    fn errors_have_what_the_gateway_says_of_them() {
        let body = r#"{"errors":[{"message":"Function \"none\" not found.","field":"functionId","value":"none","rule":"exists","hint":"register it first"},{"message":"more"}]}"#;
        let Failure::Refused(refusal) = answer(400, body).success().unwrap_err() else {
            panic!("not refused");
        };
        let [first, second] = refusal.problems.as_slice() else {
            panic!("{refusal:?}");
        };
        assert_eq!(
            (first.message.as_str(), second.message.as_str()),
            ("Function \"none\" not found.", "more")
        );
        let said: Vec<_> = first
            .details
            .iter()
            .map(|(name, text)| format!("{name}={text}"))
            .collect();
        assert_eq!(
            said,
            [
                "field=functionId",
                "value=none",
                "rule=exists",
                "hint=register it first"
            ]
        );
    }

    #[test]
    fn other_errors_are_shown_as_they_are() {
        for (status, body, want) in [
            (
                404,
                "404 page not found\n",
                "the gateway has no such endpoint: it may be older than this program",
            ),
            (404, "nginx", "404 Not Found: nginx"),
            (502, "", "the answer was 502 Bad Gateway"),
            (400, r#"{"errors":[]}"#, r#"400 Bad Request: {"errors":[]}"#),
        ] {
            assert_eq!(answer(status, body).success().unwrap_err().to_string(), want);
        }
        assert!(answer(204, "").success().is_ok());
    }
}
