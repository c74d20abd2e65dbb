//! What is accepted of the AWS providers when they are registered.

use serde_json::value::RawValue;

use super::*;
use crate::resource::Provider;

#[test]
fn arns() {
    for (arn, service, resource) in [
        ("arn:aws:iam::123456789012:role/path/name", "iam", "role/"),
        ("arn:aws-us-gov:iam::123456789012:role/r", "iam", "role/"),
        ("arn:aws:sns:eu-west-1:123456789012:topic.fifo", "sns", ""),
        (
            "arn:aws:states:eu-west-1:123456789012:stateMachine:m:alias",
            "states",
            "stateMachine:",
        ),
    ] {
        assert!(is_arn(arn, service, resource), "{arn}");
    }
    for arn in [
        "",
        "role",
        "arn:aws:iam::123456789012:role/",
        "arn:aws:iam::123456789012:user/u",
        "arn:aws:iam::12345678901:role/r",
        "arn:aws:iam::12345678901x:role/r",
        "arn:aws:sts::123456789012:role/r",
        "arn:gcp:iam::123456789012:role/r",
        "arn:aws:iam::123456789012:role/a b",
        "urn:aws:iam::123456789012:role/r",
    ] {
        assert!(!is_arn(arn, "iam", "role/"), "{arn}");
    }
}

#[test]
fn external_ids() {
    let role = "arn:aws:iam::123456789012:role/r";
    assert_eq!(check_external_id("tenant-7/x@y", role), Ok(()));
    for (id, role) in [
        ("x", role),
        ("a b", role),
        ("größe", role),
        (&*"x".repeat(1225), role),
        ("fine", ""),
    ] {
        assert!(check_external_id(id, role).is_err(), "{id}");
    }
}

fn decoded(kind: &str, json: &str) -> Result<Provider, ProviderError> {
    let settings: Box<RawValue> = serde_json::from_str(json).unwrap();
    Provider::decode(kind, Some(&settings))
}

/// What a registered function answers with, as JSON.
fn shown(kind: &str, json: &str) -> String {
    let provider = decoded(kind, json).unwrap_or_else(|error| panic!("{json}: {error}"));
    serde_json::to_string(&provider).unwrap()
}

#[test]
fn settings_come_back_as_they_were_given() {
    for (kind, settings) in [
        ("awslambda", r#"{"arn":"f","region":"r"}"#),
        (
            "awslambda",
            r#"{"arn":"f","region":"r","roleArn":"arn:aws:iam::123456789012:role/r","externalId":"x-1","qualifier":"$LATEST","invocationType":"Event","timeoutSeconds":900}"#,
        ),
        (
            "awskinesis",
            r#"{"streamName":"s","region":"r","partitionKey":"data.customer.id"}"#,
        ),
        (
            "awsfirehose",
            r#"{"deliveryStreamName":"s","region":"r","newline":true}"#,
        ),
        (
            "awssqs",
            r#"{"queueUrl":"https://q.fifo","region":"r","messageGroupId":"source"}"#,
        ),
        (
            "awssns",
            r#"{"topicArn":"arn:aws:sns:eu-west-1:123456789012:t.fifo","region":"eu-west-1","messageGroupId":"type"}"#,
        ),
        (
            "awseventbridge",
            r#"{"eventBusName":"default","region":"r","source":"shop","detailType":"order"}"#,
        ),
        (
            "awsstepfunctions",
            r#"{"stateMachineArn":"arn:aws:states:eu-west-1:123456789012:stateMachine:m","region":"r"}"#,
        ),
    ] {
        let want = format!(r#"{{"type":"{kind}","provider":{settings}}}"#);
        assert_eq!(shown(kind, settings), want);
    }
}

#[test]
fn what_cannot_work_is_refused_with_its_member() {
    let topic = r#""topicArn":"arn:aws:sns:eu-west-1:123456789012:t","region":"r""#;
    for (kind, settings, member) in [
        (
            "awslambda",
            r#""arn":"f","region":"r","roleArn":"admin""#,
            "roleArn",
        ),
        (
            "awskinesis",
            r#""streamName":"s","region":"r","roleArn":"arn:aws:iam::1:role/r""#,
            "roleArn",
        ),
        (
            "awssqs",
            r#""queueUrl":"q","region":"r","externalId":"x-1""#,
            "externalId",
        ),
        (
            "awslambda",
            r#""arn":"f","region":"r","qualifier":"a b""#,
            "qualifier",
        ),
        (
            "awslambda",
            r#""arn":"f","region":"r","invocationType":"DryRun""#,
            "invocationType",
        ),
        (
            "awslambda",
            r#""arn":"f","region":"r","timeoutSeconds":901"#,
            "timeoutSeconds",
        ),
        (
            "awslambda",
            r#""arn":"f","region":"r","format":"binary""#,
            "format",
        ),
        (
            "awskinesis",
            r#""streamName":"s","region":"r","partitionKey":"$.id""#,
            "partitionKey",
        ),
        (
            "awskinesis",
            r#""streamName":"s","region":"r","partitionKey":"customer.id""#,
            "partitionKey",
        ),
        (
            "awssqs",
            r#""queueUrl":"q","region":"r","messageGroupId":"data.""#,
            "messageGroupId",
        ),
        (
            "awssns",
            &format!(r#"{topic},"messageGroupId":"nonsense""#),
            "messageGroupId",
        ),
        ("awssns", r#""topicArn":"topic","region":"r""#, "topicArn"),
        (
            "awsstepfunctions",
            r#""stateMachineArn":"arn:aws:states:r:123456789012:execution:m:1","region":"r""#,
            "stateMachineArn",
        ),
        (
            "awseventbridge",
            r#""eventBusName":"b","region":"r","source":"aws.ec2""#,
            "source",
        ),
    ] {
        let error = decoded(kind, &format!("{{{settings}}}")).unwrap_err();
        let named = matches!(&error, ProviderError::Invalid { member: of, .. } if *of == member);
        assert!(named, "{settings}: {error:?}");
    }
}

#[test]
fn required_members() {
    for (kind, settings, title, member) in [
        ("awssns", r#"{"region":"r"}"#, "AWS SNS function", "topicArn"),
        (
            "awseventbridge",
            r#"{"eventBusName":"b"}"#,
            "AWS EventBridge function",
            "region",
        ),
        (
            "awsstepfunctions",
            r#"{"region":"r"}"#,
            "AWS Step Functions function",
            "stateMachineArn",
        ),
    ] {
        let member = member.to_owned();
        let missing = ProviderError::MissingFields { title, member };
        assert_eq!(decoded(kind, settings), Err(missing));
    }
}

#[test]
fn connectors_answer_nothing() {
    let is_connector = |settings| decoded("awslambda", settings).unwrap().is_connector();
    assert!(!is_connector(r#"{"arn":"f","region":"r"}"#));
    assert!(is_connector(
        r#"{"arn":"f","region":"r","invocationType":"Event"}"#
    ));
}
