//! Events as AWS sends them, through a router that tells what arrived.

use axum::body::Bytes;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Uri, Version};
use lambda_runtime::Context as InvocationContext;
use serde_json::{Value, json};

use super::*;

async fn tell(method: Method, uri: Uri, version: Version, headers: HeaderMap, body: Bytes) -> String {
    let header = |name: &str| {
        let values = headers.get_all(name).iter();
        values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .collect::<Vec<_>>()
    };
    json!({
        "method": method.as_str(),
        "uri": uri.to_string(),
        "uri host": uri.host(),
        "version": format!("{version:?}"),
        "host": header("host"),
        "cookie": header("cookie"),
        "x-odd": header("x-odd"),
        "body": body.to_vec(),
    })
    .to_string()
}

async fn invoke(router: Router, event: &str) -> Value {
    let event = serde_json::from_str(event).unwrap();
    let event = LambdaEvent::new(event, InvocationContext::default());
    let Ok(answer) = service(router).oneshot(event).await;
    serde_json::to_value(answer).unwrap()
}

async fn told(event: &str) -> Value {
    let answer = invoke(Router::new().fallback(tell), event).await;
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_get_through_a_function_url() {
    assert_eq!(
        told(include_str!("events/function-url-get.json")).await,
        json!({
            "method": "GET",
            "uri": "/a/../b//c%2Fd/%68?q=1&q=%32&r=a+b",
            "uri host": null,
            "version": "HTTP/1.1",
            "host": ["example.lambda-url.eu-central-1.on.aws"],
            "cookie": [],
            "x-odd": ["grün"],
            "body": [],
        })
    );
}

#[tokio::test]
async fn a_post_through_a_function_url() {
    assert_eq!(
        told(include_str!("events/function-url-post.json")).await,
        json!({
            "method": "POST",
            "uri": "/",
            "uri host": null,
            "version": "HTTP/1.1",
            "host": ["example.lambda-url.eu-central-1.on.aws"],
            "cookie": ["a=1; b=2"],
            "x-odd": [],
            "body": [0xff, 0xfe, 0],
        })
    );
}

#[tokio::test]
async fn a_stage_of_an_http_api() {
    assert_eq!(
        told(include_str!("events/http-api-stage.json")).await,
        json!({
            "method": "PURGE",
            "uri": "/users/Ada%20Lovelace/100%25?name=%C3%A4",
            "uri host": null,
            "version": "HTTP/1.1",
            "host": ["example.execute-api.eu-central-1.amazonaws.com"],
            "cookie": [],
            "x-odd": [],
            "body": "{\"a\":\"ä\"}".as_bytes(),
        })
    );
}

#[tokio::test]
async fn events_that_are_no_request_are_refused() {
    let event: Value = serde_json::from_str(include_str!("events/function-url-post.json")).unwrap();
    for (field, value, status, message) in [
        ("body", "=".to_owned(), 400, "request body is not base64"),
        ("rawPath", "/a".repeat(40_000), 414, "request target is malformed"),
    ] {
        let mut event = event.clone();
        event[field] = value.into();
        let answer = invoke(Router::new().fallback(tell), &event.to_string()).await;
        assert_eq!(answer["statusCode"], status);
        assert_eq!(
            answer["body"],
            format!("{{\"errors\":[{{\"message\":\"{message}\"}}]}}\n")
        );
    }
}

#[tokio::test]
async fn some_answers_have_no_body() {
    async fn answer(uri: Uri) -> Response {
        let status = uri.path().trim_start_matches('/').parse().unwrap();
        (http::StatusCode::from_u16(status).unwrap(), "body").into_response()
    }
    let event: Value = serde_json::from_str(include_str!("events/function-url-post.json")).unwrap();
    for (method, status, want) in [
        ("GET", 200, "body"),
        ("GET", 299, "body"),
        ("GET", 204, ""),
        ("GET", 205, ""),
        ("GET", 304, ""),
        ("HEAD", 200, ""),
        ("HEAD", 404, ""),
    ] {
        let mut event = event.clone();
        event["requestContext"]["http"]["method"] = method.into();
        event["rawPath"] = format!("/{status}").into();
        let got = invoke(Router::new().fallback(answer), &event.to_string()).await;
        assert_eq!(
            (&got["statusCode"], &got["body"]),
            (&status.into(), &want.into()),
            "{method}"
        );
        let length = got["headers"].get("content-length").and_then(Value::as_str);
        let is_without = matches!(status, 204 | 205 | 304);
        assert_eq!(length, Some("4").filter(|_| !is_without), "{method} {status}");
    }
}
