//! Compares an answer with what a step expects of it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{
    matching::{differences, excerpt, has_match, lookup, pattern},
    step::ResponseExpectations,
};
use crate::client::{Answer, Api};

/// Every way in which one answer, which took `took`, is not what is expected.
pub(super) fn check(expect: &ResponseExpectations, api: Api, answer: &Answer, took: Duration) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(status) = expect.status.filter(|status| *status != answer.status) {
        all.push(format!("status expected {status}, got {}", answer.status));
    }
    if let Some(allowed) = expect
        .status_in
        .as_ref()
        .filter(|allowed| !allowed.contains(&answer.status))
    {
        all.push(format!(
            "status expected one of {allowed:?}, got {}",
            answer.status
        ));
    }
    all.extend(check_json(expect, api, answer));
    all.extend(check_text(expect, answer));
    all.extend(
        expect
            .head
            .iter()
            .filter_map(|(name, value)| check_header(name, value, answer)),
    );
    for name in &expect.absent {
        let got = answer.header_values(name);
        if !got.is_empty() {
            all.push(format!("header {name} expected absent, got {got:?}"));
        }
    }
    let seconds = took.as_secs_f64();
    if let Some(limit) = expect.faster.filter(|limit| seconds > *limit) {
        all.push(format!("answer took {seconds:.2} s, expected at most {limit} s"));
    }
    if let Some(limit) = expect.slower.filter(|limit| seconds < *limit) {
        all.push(format!("answer took {seconds:.2} s, expected at least {limit} s"));
    }
    if !all.is_empty() {
        all.push(format!(
            "answer was {} {}",
            answer.status,
            excerpt(&answer.text())
        ));
    }
    all
}

/// Every way in which the answers to parallel requests are not what is expected together.
pub(super) fn check_parallel(expect: &ResponseExpectations, answers: &[Answer]) -> Vec<String> {
    let mut got = BTreeMap::<String, usize>::new();
    for answer in answers {
        *got.entry(answer.status.to_string()).or_default() += 1;
    }
    let mut all = Vec::new();
    if let Some(statuses) = expect.statuses.as_ref().filter(|statuses| **statuses != got) {
        all.push(format!("statuses expected {statuses:?}, got {got:?}"));
    }
    if let Some(allowed) = &expect.status_in
        && answers.iter().any(|answer| !allowed.contains(&answer.status))
    {
        all.push(format!("statuses expected only {allowed:?}, got {got:?}"));
    }
    let refused = answers.iter().filter(|answer| answer.status >= 400).count();
    if let Some(least) = expect.min_bad.filter(|least| refused < *least) {
        all.push(format!("expected at least {least} refusals, got {got:?}"));
    }
    all
}

fn check_json(expect: &ResponseExpectations, api: Api, answer: &Answer) -> Vec<String> {
    let mut all = Vec::new();
    let error_wanted = expect.err.is_some() || expect.err_prefix.is_some() || expect.err_any;
    if expect.is.is_none() && expect.get.is_empty() && !error_wanted {
        return all;
    }
    let Some(body) = answer.json() else {
        return vec!["body expected JSON".to_owned()];
    };
    if let Some(expected) = &expect.is {
        all.extend(differences(expected, Some(&body), "$"));
    }
    for (path, expected) in &expect.get {
        all.extend(differences(expected, lookup(&body, path).as_ref(), path));
    }
    if let Some(message) = &expect.err {
        all.extend(differences(
            &json!({"errors": [{ "message": message }]}),
            Some(&body),
            "$",
        ));
    }
    if let Some(prefix) = &expect.err_prefix {
        let message = lookup(&body, "errors.0.message");
        if !message
            .as_ref()
            .and_then(Value::as_str)
            .is_some_and(|message| message.starts_with(prefix))
        {
            all.push(format!("message expected to start with {prefix:?}"));
        }
    }
    if expect.err_any {
        all.extend(differences(
            &json!({"errors": [{"message": "${nonempty}"}]}),
            Some(&body),
            "$",
        ));
    }
    // docs/contract.md §0.2 and §1.2: so is every JSON answer of the Configuration API, expected or not.
    if api == Api::Config && answer.header_values("Content-Type") != ["application/json"] {
        all.push(format!(
            "Content-Type expected application/json, got {:?}",
            answer.header_values("Content-Type")
        ));
    }
    if api == Api::Config && !answer.body.ends_with(b"\n") {
        all.push("JSON body does not end with a newline".to_owned());
    }
    all
}

fn check_text(expect: &ResponseExpectations, answer: &Answer) -> Vec<String> {
    let mut all = Vec::new();
    let text = answer.text();
    if let Some(expected) = expect.text.as_ref().filter(|expected| **expected != text) {
        all.push(format!(
            "body expected {:?}, got {:?}",
            excerpt(expected),
            excerpt(&text)
        ));
    }
    if let Some(pattern) = expect
        .r#match
        .as_ref()
        .filter(|pattern| !has_match(pattern, &text, true))
    {
        all.push(format!("body expected to match /{pattern}/"));
    }
    for part in expect
        .contains
        .iter()
        .filter(|part| !text.contains(part.as_str()))
    {
        all.push(format!("body lacks {part:?}"));
    }
    if let Some(length) = expect.body_len.filter(|length| *length != answer.body.len()) {
        all.push(format!("body expected {length} bytes, got {}", answer.body.len()));
    }
    all
}

fn check_header(name: &str, expected: &Value, answer: &Answer) -> Option<String> {
    let got = answer.header_values(name);
    let fits = match expected {
        Value::Array(tokens) => {
            let mut expected: Vec<_> = tokens
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_lowercase)
                .collect();
            let mut present: Vec<_> = got
                .iter()
                .flat_map(|value| value.split(','))
                .map(|token| token.trim().to_lowercase())
                .collect();
            expected.sort();
            present.sort();
            expected == present
        }
        Value::String(text) => match pattern(text) {
            Some(pattern) => got.iter().any(|value| has_match(pattern, value, false)),
            None => got == [text.as_str()],
        },
        other => got == [other.to_string()],
    };
    (!fits).then(|| format!("header {name} expected {expected}, got {got:?}"))
}

#[cfg(test)]
mod tests;
