//! What a step of a case may say, after its placeholders are replaced.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value, json};

use super::creation::Creation;
use crate::target::Reply;

/// One step: what is created, what is sent and what is expected, in this order.
#[derive(Debug, Deserialize)]
pub struct Step {
    /// Resources to create before the request.
    #[serde(flatten)]
    pub(super) creation: Creation,
    /// Answers of functions from now on.
    #[serde(default)]
    pub(super) reply: BTreeMap<String, Reply>,
    /// Second space (`b`) for what is created, or `config` as receiver of `wire`.
    pub(super) r#in: Option<String>,
    /// Seconds to wait before the request: time in which something must not happen.
    pub(super) wait: Option<f64>,
    #[serde(flatten)]
    pub(super) request: RequestSpec,
    #[serde(flatten)]
    pub(super) expect: ResponseExpectations,
    /// Values of the answer to keep, by dot path.
    #[serde(default)]
    pub(super) save: BTreeMap<String, String>,
    /// What functions received since the step began.
    #[serde(default, deserialize_with = "call_expectations")]
    pub(super) calls: BTreeMap<String, CallExpectation>,
    /// Series of the metrics page and their values; a missing series counts as 0.
    #[serde(default)]
    pub(super) metrics: BTreeMap<String, Value>,
    /// Whatever the other fields do not know.
    #[serde(flatten)]
    unknown: BTreeMap<String, Value>,
}

/// The request of a step; at most one of `cfg`, `evt` and `wire`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RequestSpec {
    /// Method and target for the Configuration API; `~` is the run's space.
    pub(super) cfg: Option<String>,
    /// Method and target for the Events API; `~` is the run's path prefix.
    pub(super) evt: Option<String>,
    /// Bytes to send as they are.
    pub(super) wire: Option<String>,
    /// JSON body with its content type.
    #[serde(deserialize_with = "present")]
    pub(super) json: Option<Value>,
    /// Text body, without a content type.
    pub(super) raw: Option<String>,
    /// Body as base64.
    pub(super) b64: Option<String>,
    /// Structured sample event with these changes; `${drop}` removes an attribute.
    pub(super) ce: Option<Map<String, Value>>,
    /// Binary sample event with these changes.
    pub(super) bin: Option<BTreeMap<String, String>>,
    pub(super) headers: Headers,
    pub(super) chunked: bool,
    /// Sends the request this often at the same time.
    pub(super) parallel: Option<usize>,
    /// Seconds to wait for the answer, 10 by default.
    pub(super) timeout: Option<f64>,
    /// Follows redirects.
    pub(super) follow: bool,
}

/// Headers of a request; a list can repeat a name.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Headers {
    Map(BTreeMap<String, String>),
    Pairs(Vec<(String, String)>),
}

impl Default for Headers {
    fn default() -> Self {
        Self::Map(BTreeMap::new())
    }
}

/// What the answer must be.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ResponseExpectations {
    pub(super) status: Option<u16>,
    pub(super) status_in: Option<Vec<u16>>,
    /// How often each status occurs among parallel answers.
    pub(super) statuses: Option<BTreeMap<String, usize>>,
    /// Fewest parallel answers of 400 and above.
    pub(super) min_bad: Option<usize>,
    /// Whole JSON body.
    #[serde(deserialize_with = "present")]
    pub(super) is: Option<Value>,
    /// Parts of the JSON body by dot path.
    pub(super) get: BTreeMap<String, Value>,
    /// Message of the error body.
    pub(super) err: Option<String>,
    /// Beginning of the message of the error body.
    pub(super) err_prefix: Option<String>,
    /// Some error body.
    pub(super) err_any: bool,
    pub(super) text: Option<String>,
    /// Pattern in the body; `^` and `$` match at lines.
    pub(super) r#match: Option<String>,
    pub(super) contains: Vec<String>,
    pub(super) body_len: Option<usize>,
    /// Exact header values; a list is compared as a set of comma separated tokens.
    pub(super) head: BTreeMap<String, Value>,
    /// Headers that must not be there.
    pub(super) absent: Vec<String>,
    /// The connection is closed without an answer.
    pub(super) closed: bool,
    /// Most seconds that the answer may take.
    pub(super) faster: Option<f64>,
    /// Fewest seconds that the answer must take.
    pub(super) slower: Option<f64>,
}

/// What a function must have received.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct CallExpectation {
    /// Number of calls, 1 by default; a saved value is possible.
    pub(super) n: Option<Value>,
    /// More calls than `n` are fine.
    pub(super) at_least: bool,
    /// Counts from the beginning of the case instead of the step.
    pub(super) total: bool,
    /// Only payloads with these parts count.
    pub(super) r#where: BTreeMap<String, Value>,
    /// Seconds in which no further call may come after the last expected one.
    pub(super) grace: Option<f64>,
    /// Whole JSON payload.
    #[serde(deserialize_with = "present")]
    pub(super) is: Option<Value>,
    /// Parts of the JSON payload.
    pub(super) get: BTreeMap<String, Value>,
    /// Texts in the JSON payload that are base64 encoded there.
    pub(super) b64json: BTreeMap<String, Value>,
    pub(super) method: Option<String>,
    pub(super) headers: BTreeMap<String, Value>,
    /// Whole payload as text.
    pub(super) text: Option<String>,
    /// The payload must not end with a line end.
    pub(super) no_newline: bool,
    /// Parts that differ from call to call.
    pub(super) distinct: Vec<String>,
    /// Parts of the first payload to keep.
    pub(super) save: BTreeMap<String, String>,
}

impl Step {
    /// Reads a step and refuses what it does not know.
    pub(super) fn from_members(members: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let step: Self = serde_json::from_value(Value::Object(members))?;
        let requests = [&step.request.cfg, &step.request.evt, &step.request.wire];
        if requests.into_iter().flatten().count() > 1 {
            return Err(serde_json::Error::custom("more than one request in a step"));
        }
        if let Some(unknown) = step.unknown.keys().next() {
            return Err(serde_json::Error::custom(format!(
                "unknown key {unknown} in a step"
            )));
        }
        Ok(step)
    }

    /// Whether the step can only be made over a real connection.
    pub(super) fn needs_connection(&self) -> bool {
        self.request.wire.is_some() || self.request.chunked || self.expect.closed
    }
}

/// Keeps an explicit `null`, which would otherwise look like an expectation that is not there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A bare number is a number of calls.
fn call_expectations<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, CallExpectation>, D::Error> {
    let written = BTreeMap::<String, Value>::deserialize(deserializer)?;
    let read = written.into_iter().map(|(function, value)| {
        let value = if value.is_number() {
            json!({ "n": value })
        } else {
            value
        };
        Ok((function, serde_json::from_value(value).map_err(D::Error::custom)?))
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::Step;

    fn read(step: Value) -> Result<Step, serde_json::Error> {
        let Value::Object(members) = step else {
            return Step::from_members(Map::new());
        };
        Step::from_members(members)
    }

    #[test]
    fn unknown_keys_are_refused_wherever_they_stand() {
        for step in [
            json!({"colour": "red"}),
            json!({"evt": "GET /", "colour": "red"}),
            json!({"calls": {"f1": {"colour": 1}}}),
            json!({"reply": {"f1": {"colour": 1}}}),
            json!({"fn": {"functionId": "f1", "reply": {"colour": 1}}}),
            json!({"evt": "GET /", "cfg": "GET /"}),
        ] {
            assert!(read(step.clone()).is_err(), "{step}");
        }
    }

    #[test]
    fn keys_reach_their_group() -> Result<(), serde_json::Error> {
        let step = read(json!({
            "et": "ev", "evt": "GET ~/h", "json": null, "is": null, "status": 200,
            "calls": {"f1": 2, "f2": {"n": "${nok}"}}, "headers": [["X", "1"], ["X", "2"]],
        }))?;
        assert_eq!(step.request.evt.as_deref(), Some("GET ~/h"));
        assert_eq!(step.request.json, Some(Value::Null));
        assert_eq!(step.expect.is, Some(Value::Null));
        assert_eq!(step.calls["f1"].n, Some(json!(2)));
        assert_eq!(step.calls["f2"].n, Some(json!("${nok}")));
        Ok(())
    }
}
