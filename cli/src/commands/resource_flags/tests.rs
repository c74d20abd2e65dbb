//! Bodies that come of flags.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Program {
    #[command(subcommand)]
    resource: Resource,
}

fn body(arguments: &[&str]) -> Value {
    let parsed = Program::try_parse_from([&["create"], arguments].concat()).unwrap();
    parsed.resource.body().unwrap().1
}

#[test]
fn what_is_not_given_is_not_sent() {
    assert_eq!(body(&["eventtype", "a"]), json!({"name": "a"}));
    let subscription = body(&[
        "subscription",
        "--type",
        "async",
        "--event-type",
        "a",
        "--function",
        "f",
    ]);
    assert_eq!(
        subscription,
        json!({"type": "async", "eventType": "a", "functionId": "f"})
    );
    assert_eq!(
        body(&["cors", "--method", "GET", "--path", "/"]),
        json!({"method": "GET", "path": "/"})
    );
}

#[test]
fn functions_are_by_url_arn_or_type() {
    assert_eq!(
        body(&["function", "f", "--url", "http://a/", "--label", "team=x"]),
        json!({"functionId": "f", "type": "http", "provider": {"url": "http://a/"}, "metadata": {"team": "x"}})
    );
    let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
    assert_eq!(
        body(&["function", "f", "--arn", arn])["provider"],
        json!({"arn": arn, "region": "eu-west-1"})
    );
    let set = [
        "--set",
        "url=http://a",
        "--set",
        "timeoutSeconds=5",
        "--set",
        "authorization.type=bearer",
    ];
    let other = body(&[["function", "f", "--type", "http"].as_slice(), &set].concat());
    assert_eq!(
        other["provider"],
        json!({"url": "http://a", "timeoutSeconds": 5, "authorization": {"type": "bearer"}})
    );
}

#[test]
fn one_target_is_needed() {
    for arguments in [
        ["create", "function", "f"].as_slice(),
        &["create", "function", "f", "--url", "http://a", "--arn", "b"],
        &[
            "create",
            "subscription",
            "--type",
            "both",
            "--event-type",
            "a",
            "--function",
            "f",
        ],
    ] {
        assert!(Program::try_parse_from(arguments).is_err(), "{arguments:?}");
    }
    let no_region = Program::try_parse_from(["create", "function", "f", "--arn", "lambda"]).unwrap();
    assert_eq!(no_region.resource.body().unwrap_err().exit_code(), 2);
}

#[test]
fn filters_are_json() {
    let filters = body(&[
        "subscription",
        "--type=sync",
        "--event-type=a",
        "--function=f",
        r#"--filter={"exact":{"region":"eu"}}"#,
    ]);
    assert_eq!(filters["filters"], json!([{"exact": {"region": "eu"}}]));
}
