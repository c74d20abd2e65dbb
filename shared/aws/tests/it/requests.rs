//! What goes over the wire, and what is read from answers.

use aws::{Base64, Form, Service};
use serde_json::{Value, json};

use crate::TOKEN;
use crate::client;
use crate::peer::Peer;
use crate::signature::assert_signed;

#[tokio::test]
async fn calls_in_json() {
    for (service, operation, host, kind, target) in [
        (
            Service::EventBridge,
            "PutEvents",
            "events",
            "1.1",
            "AWSEvents.PutEvents",
        ),
        (
            Service::Firehose,
            "PutRecord",
            "firehose",
            "1.1",
            "Firehose_20150804.PutRecord",
        ),
        (
            Service::Kinesis,
            "PutRecords",
            "kinesis",
            "1.1",
            "Kinesis_20131202.PutRecords",
        ),
        (Service::Kms, "Decrypt", "kms", "1.1", "TrentService.Decrypt"),
        (
            Service::ParameterStore,
            "GetParameter",
            "ssm",
            "1.1",
            "AmazonSSM.GetParameter",
        ),
        (
            Service::SecretsManager,
            "GetSecretValue",
            "secretsmanager",
            "1.1",
            "secretsmanager.GetSecretValue",
        ),
        (
            Service::StepFunctions,
            "StartExecution",
            "states",
            "1.0",
            "AWSStepFunctions.StartExecution",
        ),
    ] {
        let peer = Peer::telling([(200, "", r#"{"A":"b"}"#)]).await;
        let input = json!({"text": "\u{e9}\"", "bytes": Base64("\0\u{1}".into())});
        let call = client(service, &peer).call(operation).json(&input).await;
        let answer: Value = call.unwrap();
        assert_eq!(answer, json!({"A": "b"}));
        let request = peer.only();
        assert_eq!(request.line, "POST / HTTP/1.1");
        assert_eq!(request.body, "{\"bytes\":\"AAE=\",\"text\":\"\u{e9}\\\"\"}");
        assert_eq!(request.header("x-amz-target"), target);
        assert_eq!(
            request.header("content-type"),
            format!("application/x-amz-json-{kind}")
        );
        assert_eq!(request.header("x-amz-security-token"), TOKEN);
        assert_eq!(request.header("amz-sdk-request"), "attempt=1; max=3");
        assert!(request.header("user-agent").contains("aws-sdk-rust"));
        assert_signed(&request, host);
    }
}

#[tokio::test]
async fn calls_in_forms() {
    let answer = r#"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
        <PublishResult><MessageId>94f20ce6-13c5</MessageId></PublishResult>
        <ResponseMetadata><RequestId>f187a3c1-376f</RequestId></ResponseMetadata></PublishResponse>"#;
    let peer = Peer::telling([(200, "", answer)]).await;
    let form = Form::default()
        .with("TopicArn", "arn:aws:sns:us-west-2:123456789012:MyTopic")
        .with("Message", "Hello world+");
    let client = client(Service::Sns, &peer);
    let answer = client
        .call("Publish")
        .form(form, "PublishResponse")
        .await
        .unwrap();
    let [[id]] = &answer.rows(&["PublishResult"], ["MessageId"])[..] else {
        panic!("not one answer")
    };
    assert_eq!(id.as_deref(), Some("94f20ce6-13c5"));
    let request = peer.only();
    // As in the examples of the API reference of SNS.
    assert_eq!(
        request.body,
        "Action=Publish&Version=2010-03-31\
         &TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A123456789012%3AMyTopic&Message=Hello%20world%2B"
    );
    assert_eq!(
        request.header("content-type"),
        "application/x-www-form-urlencoded"
    );
    assert!(!request.headers.contains_key("x-amz-target"));
    assert_signed(&request, "sns");
}

#[tokio::test]
async fn headers_are_sent_along_and_signed() {
    let peer = Peer::telling([(200, "", "")]).await;
    let client = client(Service::Kinesis, &peer);
    let call = client.call("PutRecord").header("x-passed-on", "3".to_owned());
    // An empty answer is one without members.
    let answer: Value = call.json(&json!({})).await.unwrap();
    assert_eq!(answer, json!({}));
    let request = peer.only();
    assert_eq!(request.header("x-passed-on"), "3");
    assert!(request.header("authorization").contains(";x-passed-on"));
    assert_signed(&request, "kinesis");
}
