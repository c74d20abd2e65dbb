//! Readers of what functions answer.

use bytes::Bytes;
use domain::authorizer::Authorization;
use domain::dead_letter::LastResponse;
use domain::function_response::{FunctionResponse, Prelude, end_to_end};
use http::{HeaderMap, StatusCode};
use scaling::assert_linear;

use crate::SIZE;
use crate::shapes::{Row, SHAPES, VALUES, Wrapped, list};

/// Answers of about `n` parts.
fn answers() -> Vec<Wrapped> {
    let mut answers: Vec<Wrapped> = Vec::new();
    for (shape, members) in SHAPES {
        let all = move |n: usize| format!(r#"{{{},"statusCode":200}}"#, members(n));
        answers.push((shape.to_owned(), Box::new(all)));
        for member in ["headers", "multiValueHeaders"] {
            let headers = move |n: usize| format!(r#"{{"statusCode":200,"{member}":{{{}}}}}"#, members(n));
            answers.push((format!("{member}, {shape}"), Box::new(headers)));
        }
    }
    for (shape, value) in VALUES {
        let body = move |n: usize| {
            format!(
                r#"{{"statusCode":200,"isBase64Encoded":true,"body":{}}}"#,
                value(n)
            )
        };
        answers.push((format!("body, {shape}"), Box::new(body)));
    }
    let lists: [Row; 3] = [
        ("values of one header", |n| {
            format!(
                r#""multiValueHeaders":{{"x-a":[{}]}}"#,
                list(n, |i| format!("\"{i}\""))
            )
        }),
        ("the same values of one header", |n| {
            let values = list(n, |i| format!("\"{:04}\"", i % 900));
            format!(r#""multiValueHeaders":{{"x-a":[{values}]}}"#)
        }),
        ("cookies", |n| {
            format!(r#""cookies":[{}]"#, list(n, |i| format!("\"{:04}\"", i % 900)))
        }),
    ];
    for (name, text) in lists {
        let text = move |n: usize| format!(r#"{{"statusCode":200,{}}}"#, text(n));
        answers.push((name.to_owned(), Box::new(text)));
    }
    answers
}

#[test]
fn response_objects() {
    for (name, answer) in answers() {
        assert_linear(&name, SIZE, &answer, |answer| {
            FunctionResponse::from_result(answer.as_bytes()).is_ok()
        });
        assert_linear(&name, SIZE, &answer, |answer| {
            FunctionResponse::from_proxy_result(answer.as_bytes()).is_ok()
        });
        assert_linear(&name, SIZE, &answer, |answer| {
            Prelude::from_slice(answer.as_bytes()).is_ok()
        });
        assert_linear(&name, SIZE, &answer, |answer| {
            FunctionResponse::of_payload(StatusCode::OK, Bytes::from(answer.clone()))
        });
    }
}

#[test]
fn answers_of_authorizers() {
    for (name, members) in SHAPES {
        for (before, after) in [
            (r#"{"authorization":{"context":{"#, "}}}"),
            (r#"{"error":{"#, "}}"),
            ("{", r#","authorization":{}}"#),
        ] {
            let answer = |n: usize| format!("{before}{}{after}", members(n));
            assert_linear(name, SIZE, answer, |answer| {
                Authorization::from_response(answer.as_bytes()).is_ok()
            });
        }
    }
}

#[test]
fn headers_of_the_connection() {
    let headers = |n: usize| {
        let mut headers = HeaderMap::new();
        headers.insert("connection", list(n, |i| format!("x-{i}")).parse().unwrap());
        for i in 0..n.min(20_000) {
            let name = http::HeaderName::try_from(format!("x-{i}")).unwrap();
            headers.append(name, "v".parse().unwrap());
        }
        headers
    };
    assert_linear("nominated", 1_200, headers, |headers| end_to_end(headers.clone()));
}

#[test]
fn beginnings_that_are_kept() {
    let body = |n: usize| vec![0xff; n * 64];
    assert_linear("no UTF-8", SIZE, body, |body| LastResponse::new(Some(400), body));
}
