//! Checks what functions received.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

use super::{
    matching::{differences, excerpt, lookup},
    step::CallExpectation,
};
use crate::target::{Call, FunctionKey, RecordingTarget};

/// How long expected calls may take to arrive.
const DEADLINE: Duration = Duration::from_secs(4);

/// How long a function that must not be called is watched. A late call can be missed, never be invented: the check
/// cannot fail because a machine is slow.
const QUIET: Duration = Duration::from_millis(350);

/// The same for calls beyond the expected ones.
const GRACE: Duration = Duration::from_millis(100);

/// What the calls of one run are checked with.
#[derive(Debug)]
pub(super) struct CallCheck<'a> {
    /// Where the functions of the run live.
    pub(super) target: &'a RecordingTarget,
    /// Token of the run.
    pub(super) token: &'a str,
    /// Number of calls that each function named in the step had received when it began.
    pub(super) before: &'a BTreeMap<String, usize>,
    /// How much longer than usual calls may take to arrive.
    pub(super) patience: Duration,
}

impl CallCheck<'_> {
    /// Waits for the expected calls and compares them; returns values to keep.
    pub(super) async fn check(
        &self,
        expected: &BTreeMap<String, CallExpectation>,
    ) -> Result<BTreeMap<String, Value>, Vec<String>> {
        // One quiet time is enough for all functions that must not be called, but calls that are expected come first.
        let mut in_order: Vec<_> = expected.iter().collect();
        in_order.sort_by_key(|(_, expectation)| count(expectation) == Ok(0));
        let mut saved = BTreeMap::new();
        let mut watched = false;
        for (function, expectation) in in_order {
            let n = count(expectation).map_err(|difference| vec![difference])?;
            if n == 0 && !watched {
                tokio::time::sleep(QUIET).await;
                watched = true;
            }
            let calls = self.received(function, expectation, n).await?;
            for call in &calls {
                let found = check_call(expectation, call);
                if !found.is_empty() {
                    let mut all: Vec<_> = found
                        .into_iter()
                        .map(|d| format!("call of {function}: {d}"))
                        .collect();
                    all.push(format!("payload was {}", excerpt(&call.text())));
                    return Err(all);
                }
            }
            let payloads: Vec<_> = calls.iter().map(|call| call.json().unwrap_or_default()).collect();
            for path in &expectation.distinct {
                let values: HashSet<_> = payloads
                    .iter()
                    .map(|payload| format!("{:?}", lookup(payload, path)))
                    .collect();
                if values.len() != payloads.len() {
                    return Err(vec![format!(
                        "values of {path} in the calls of {function} are not distinct"
                    )]);
                }
            }
            for (name, path) in &expectation.save {
                let value = payloads.first().and_then(|payload| lookup(payload, path));
                let value = value.ok_or_else(|| vec![format!("call of {function} has no {path} to save")])?;
                saved.insert(name.clone(), value);
            }
        }
        Ok(saved)
    }

    async fn received(
        &self,
        function: &str,
        expectation: &CallExpectation,
        n: usize,
    ) -> Result<Vec<Call>, Vec<String>> {
        let key = FunctionKey {
            token: self.token.to_owned(),
            name: function.to_owned(),
        };
        let since = if expectation.total {
            0
        } else {
            self.before.get(function).copied().unwrap_or_default()
        };
        let wanted = |call: &Call| meets(expectation, call);
        let mut calls = self
            .target
            .wait_for(&key, since, n, wanted, DEADLINE + self.patience)
            .await;
        if n > 0 && calls.len() == n && !expectation.at_least {
            let grace = expectation
                .grace
                .map_or(Ok(GRACE), Duration::try_from_secs_f64)
                .unwrap_or(GRACE);
            calls = self.target.wait_for(&key, since, n + 1, wanted, grace).await;
        }
        if calls.len() == n || (expectation.at_least && calls.len() > n) {
            return Ok(calls);
        }
        let least = if expectation.at_least { "at least " } else { "" };
        let first = calls
            .first()
            .map(|call| excerpt(&call.text()))
            .unwrap_or_default();
        Err(vec![format!(
            "function {function} expected {least}{n} call(s), got {} {first}",
            calls.len()
        )])
    }
}

fn count(expectation: &CallExpectation) -> Result<usize, String> {
    let Some(n) = &expectation.n else { return Ok(1) };
    n.as_u64()
        .and_then(|n| usize::try_from(n).ok())
        .ok_or_else(|| format!("{n} is not a number of calls"))
}

fn meets(expectation: &CallExpectation, call: &Call) -> bool {
    if expectation.r#where.is_empty() {
        return true;
    }
    let Some(payload) = call.json() else { return false };
    let conditions = &mut expectation.r#where.iter();
    conditions.all(|(path, value)| differences(value, lookup(&payload, path).as_ref(), path).is_empty())
}

fn check_call(expectation: &CallExpectation, call: &Call) -> Vec<String> {
    let mut all = Vec::new();
    let payload = call.json();
    let part = |path: &str| payload.as_ref().and_then(|payload| lookup(payload, path));
    if let Some(expected) = &expectation.is {
        all.extend(differences(expected, payload.as_ref(), "$"));
    }
    for (path, expected) in &expectation.get {
        all.extend(differences(expected, part(path).as_ref(), path));
    }
    for (path, expected) in &expectation.b64json {
        let decoded = part(path).and_then(|value| decode(&value));
        all.extend(differences(
            expected,
            decoded.as_ref(),
            &format!("{path} decoded"),
        ));
    }
    if let Some(method) = expectation
        .method
        .as_ref()
        .filter(|method| call.head.method.as_str() != **method)
    {
        all.push(format!("method expected {method}, got {}", call.head.method));
    }
    for (name, expected) in &expectation.headers {
        let got = call.header(name).map(Value::from);
        all.extend(differences(expected, got.as_ref(), &format!("header {name}")));
    }
    let text = call.text();
    if let Some(expected) = expectation.text.as_ref().filter(|expected| **expected != text) {
        all.push(format!("payload expected {:?}", excerpt(expected)));
    }
    if expectation.no_newline && text.ends_with('\n') {
        all.push("payload ends with a newline".to_owned());
    }
    all
}

/// The text in a base64 string.
fn decode(value: &Value) -> Option<Value> {
    let bytes = BASE64_STANDARD.decode(value.as_str()?).ok()?;
    String::from_utf8(bytes).ok().map(Value::from)
}

#[cfg(test)]
mod tests;
