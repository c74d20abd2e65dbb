//! What is doubted, as tables.

use super::*;
use crate::configuration::Configured as _;
use crate::resource::{Cors, EventType, Function, Resource, Subscription};

fn decode<R: Resource>(body: &serde_json::Value) -> R {
    R::decode(&"default".into(), None, body.to_string().as_bytes()).unwrap()
}

fn fields(doubts: &[Doubt]) -> Vec<&'static str> {
    doubts.iter().map(|doubt| doubt.field).collect()
}

/// Whether one of them is refused of everybody.
fn is_refused(doubts: &[Doubt]) -> bool {
    let mut consequences = doubts.iter().map(|doubt| doubt.consequence);
    consequences.any(|consequence| consequence == Consequence::Refused)
}

#[test]
fn providers() {
    let lambda = |arn: &str, region: &str| ("awslambda", serde_json::json!({"arn": arn, "region": region}));
    let url = |url: &str| ("http", serde_json::json!({ "url": url }));
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
    for ((kind, provider), want) in [
        (url("http://localhost:8080/f"), &[][..]),
        (url("HTTPS://u:p@host"), &[]),
        (url("http://[::1]:1/"), &[]),
        (url("localhost:8080/f"), &["provider.url"]),
        (url("mailto:x"), &["provider.url"]),
        (url("ftp://host/"), &["provider.url"]),
        (lambda(arn, "us-east-1"), &[]),
        (lambda("my-function", "us-gov-west-1"), &[]),
        (lambda("123456789012:function:f", "eusc-de-east-1"), &[]),
        (lambda("arn::::", "us-east-1"), &["provider.arn"]),
        (lambda(arn, "eu-west-1"), &["provider.arn"]),
        (
            lambda("arn:aws:sqs:us-east-1:1:q", "us-east-1"),
            &["provider.arn"],
        ),
        (lambda("f", "us-east"), &["provider.region"]),
        (lambda("f", "US-EAST-1"), &["provider.region"]),
        (lambda("f", "local"), &["provider.region"]),
        (lambda("f", "us--1"), &["provider.region"]),
        (
            ("awssqs", serde_json::json!({"queueUrl": "q", "region": "mars"})),
            &["provider.queueUrl", "provider.region"],
        ),
        (
            (
                "awskinesis",
                serde_json::json!({"streamName": "s", "region": "x"}),
            ),
            &["provider.region"],
        ),
    ] {
        let body = serde_json::json!({"functionId": "f", "type": kind, "provider": provider});
        assert_eq!(fields(&decode::<Function>(&body).doubts()), want, "{body}");
    }
}

#[test]
fn what_the_contract_does_not_take_is_refused() {
    let lambda = |arn: &str, region: &str| ("awslambda", serde_json::json!({"arn": arn, "region": region}));
    let url = |url: &str| ("http", serde_json::json!({ "url": url }));
    let queue = |url: &str| {
        let settings = serde_json::json!({"queueUrl": url, "region": "elasticmq"});
        ("awssqs", settings)
    };
    for ((kind, provider), want) in [
        (url("localhost:8080/f"), true),
        (url("example.com:80"), true),
        (url("example.com:80?a=b"), true),
        (url("mailto:x"), false),
        (url("ftp://x"), false),
        (url("http:///f"), false),
        (queue("q"), false),
        (queue("localhost:9324/000000000000/q"), true),
        (lambda("arn:aws:sqs:us-east-1:1:q", "us-east-1"), true),
        (lambda("arn:aws-cn:iam::1:role/r", "cn-north-1"), true),
        (lambda("arn::::", "us-east-1"), false),
        (lambda("a", "r"), false),
        (
            lambda("arn:aws:lambda:us-east-1:1:function:f", "eu-west-1"),
            false,
        ),
        (lambda("f", "local"), false),
        (lambda("f", "us-east"), true),
        (lambda("f", "us-east-1a"), true),
        (lambda("f", "US-EAST-1"), true),
        (lambda("f", "us_east_1"), true),
        (lambda("f", "us-east-1."), true),
        (lambda("f", "us east 1"), true),
    ] {
        let body = serde_json::json!({"functionId": "f", "type": kind, "provider": provider});
        assert_eq!(is_refused(&decode::<Function>(&body).doubts()), want, "{body}");
    }
    for (path, want) in [
        ("/users/{id}", true),
        ("/users/}", true),
        ("https://host/users", true),
        ("*", true),
        ("/users/*", true),
        ("/users/:/a", true),
        ("/users/*rest", false),
        ("/users?x=1", false),
        ("/users#x", false),
        ("/sp ace", false),
    ] {
        let body = serde_json::json!({"type": "sync", "eventType": "e", "functionId": "f", "path": path});
        assert_eq!(
            is_refused(&decode::<Subscription>(&body).doubts()),
            want,
            "{path}"
        );
    }
    for (path, want) in [("/a?b", true), ("/a#b", true), ("/{a}", true), ("/a b", false)] {
        let body = serde_json::json!({"method": "GET", "path": path});
        assert_eq!(is_refused(&decode::<Cors>(&body).doubts()), want, "{path}");
    }
    for (length, want) in [(257, false), (1024, false), (1025, true), (3000, true)] {
        let name = "n".repeat(length);
        let event_type: EventType = decode(&serde_json::json!({"name": name}));
        assert_eq!(is_refused(&event_type.doubts()), want, "{length}");
    }
}

#[test]
fn paths() {
    for (path, is_doubted) in [
        ("/", false),
        ("/users/:id/*rest", false),
        ("/a%20b/~x;v=1,2", false),
        ("users", false),
        ("/users/{id}", true),
        ("/users?x=1", true),
        ("/users#x", true),
        ("https://host/users", true),
        ("*", true),
        ("/users/*", true),
        ("/users/:", true),
        ("/a b", true),
        ("/gr\u{fc}n", true),
    ] {
        let want: &[_] = if is_doubted { &["path"] } else { &[] };
        let body = serde_json::json!({"type": "sync", "eventType": "e", "functionId": "f", "path": path});
        assert_eq!(fields(&decode::<Subscription>(&body).doubts()), want, "{path}");
        let body = serde_json::json!({"method": "GET", "path": path});
        assert_eq!(fields(&decode::<Cors>(&body).doubts()), want, "{path}");
    }
}

#[test]
fn names() {
    for (length, want) in [(256, &[][..]), (257, &["name"]), (3000, &["name"])] {
        let event_type: EventType = decode(&serde_json::json!({"name": "n".repeat(length)}));
        assert_eq!(fields(&event_type.doubts()), want);
    }
    let long = serde_json::json!({
        "functionId": "f".repeat(3000), "type": "http", "provider": {"url": "mailto:x"}
    });
    let doubts = decode::<Function>(&long).doubts();
    assert_eq!(fields(&doubts), ["functionId", "provider.url"]);
    assert!(doubts.iter().all(|doubt| doubt.to_string().is_ascii()));
}

#[test]
fn cors() {
    for (list, entry, is_doubted) in [
        ("allowedOrigins", "*", false),
        ("allowedOrigins", "null", false),
        ("allowedOrigins", "https://app.example.com", false),
        ("allowedOrigins", "HTTP://[::1]:3000", false),
        ("allowedOrigins", "https://*.example.com", false),
        ("allowedOrigins", "*.example.com", false),
        ("allowedOrigins", "http*://localhost", false),
        ("allowedOrigins", "https://app.example.com/", true),
        ("allowedOrigins", "https://*.example.com/shop", true),
        ("allowedOrigins", "app.example.com", true),
        ("allowedOrigins", "localhost:3000", true),
        ("allowedOrigins", "https://", true),
        ("allowedOrigins", "https://user@example.com", true),
        ("allowedOrigins", "https://a.com https://b.com", true),
        ("allowedOrigins", "https://*.*.example.com", true),
        ("allowedOrigins", "https://müller.example", true),
        ("allowedMethods", "patch", false),
        ("allowedMethods", "PURGE", false),
        ("allowedMethods", "*", true),
        ("allowedMethods", "GET, POST", true),
        ("allowedHeaders", "*", false),
        ("allowedHeaders", "x-request-id", false),
        ("allowedHeaders", "X-A, X-B", true),
    ] {
        let body = serde_json::json!({"method": "GET", "path": "/", list: [entry]});
        let doubts = decode::<Cors>(&body).doubts();
        assert_eq!(
            fields(&doubts),
            if is_doubted { vec![list] } else { vec![] },
            "{body}"
        );
        assert!(doubts.iter().all(|doubt| doubt.reason.is_ascii()));
    }
}
