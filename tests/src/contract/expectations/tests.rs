//! Answers that fit and answers that do not, one table each.

use std::time::Duration;

use serde_json::{Value, json};

use super::{check, check_parallel};
use crate::{
    client::{Answer, Api},
    contract::step::ResponseExpectations,
};

fn expectations(written: &Value) -> ResponseExpectations {
    match serde_json::from_value(written.clone()) {
        Ok(expect) => expect,
        Err(error) => panic!("{written}: {error}"),
    }
}

fn differences(written: &Value, answer: &Answer) -> Vec<String> {
    check(
        &expectations(written),
        Api::Config,
        answer,
        Duration::from_secs(1),
    )
}

fn refusal() -> Answer {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Answer {
        status: 400,
        headers: vec![
            header("content-type", "application/json"),
            header("vary", "Origin, X"),
            header("vary", "Y"),
        ],
        body: b"{\"errors\":[{\"message\":\"no such\\nthing\"}]}\n".to_vec(),
    }
}

#[test]
fn fitting_answers_have_no_differences() {
    for written in [
        json!({}),
        json!({"status": 400, "err": "no such\nthing"}),
        json!({"status_in": [200, 400], "err_prefix": "no ", "err_any": true}),
        json!({"is": {"errors": [{"message": "${nonempty}"}]}, "get": {"errors.#": 1}}),
        json!({"match": "^\\{.*such", "contains": ["errors", "message"], "body_len": 42}),
        json!({"head": {"Vary": ["x", "origin", "Y"], "Content-Type": "application/json"}, "absent": ["X"]}),
        json!({"head": {"vary": "${re:^Y$}"}, "faster": 2, "slower": 0.5}),
    ] {
        assert_eq!(
            differences(&written, &refusal()),
            Vec::<String>::new(),
            "{written}"
        );
    }
}

#[test]
fn each_expectation_can_fail() {
    for written in [
        json!({"status": 404}),
        json!({"status_in": [200]}),
        json!({"is": {}}),
        json!({"is": null}),
        json!({"get": {"errors.0.message": "x"}}),
        json!({"get": {"errors": "${absent}"}}),
        json!({"err": "no such"}),
        json!({"err_prefix": "such"}),
        json!({"text": "x"}),
        json!({"match": "^such"}),
        json!({"contains": ["errors", "x"]}),
        json!({"body_len": 1}),
        json!({"head": {"Vary": "Y"}}),
        json!({"head": {"Vary": ["Y"]}}),
        json!({"head": {"Vary": "${re:Z}"}}),
        json!({"head": {"X": "1"}}),
        json!({"absent": ["Vary"]}),
        json!({"faster": 0.5}),
        json!({"slower": 2}),
    ] {
        assert_eq!(differences(&written, &refusal()).len(), 2, "{written}");
    }
}

#[test]
fn configuration_json_has_its_form() {
    let bare = Answer {
        status: 200,
        headers: Vec::new(),
        body: b"{}".to_vec(),
    };
    assert_eq!(differences(&json!({"is": {}}), &bare).len(), 3);
    let expect = expectations(&json!({"is": {}}));
    assert_eq!(
        check(&expect, Api::Events, &bare, Duration::ZERO),
        Vec::<String>::new()
    );
    let text = Answer {
        body: b"nope".to_vec(),
        ..bare
    };
    assert_eq!(differences(&json!({"err_any": true}), &text).len(), 2);
}

#[test]
fn parallel_answers_are_counted() {
    let answers = [201, 409, 409].map(|status| Answer {
        status,
        ..Answer::default()
    });
    for (written, fits) in [
        (json!({"statuses": {"201": 1, "409": 2}}), true),
        (json!({"statuses": {"201": 1}}), false),
        (json!({"statuses": {"201": 2, "409": 1}}), false),
        (json!({"status_in": [201, 409]}), true),
        (json!({"status_in": [201]}), false),
        (json!({"min_bad": 2}), true),
        (json!({"min_bad": 3}), false),
    ] {
        assert_eq!(
            check_parallel(&expectations(&written), &answers).is_empty(),
            fits,
            "{written}"
        );
    }
}
