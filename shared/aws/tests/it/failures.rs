//! Calls that fail, and those that are made again.

use std::collections::HashMap;
use std::time::Duration;

use aws::{CallError, Client, Form, Service};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use serde_json::{Value, json};

use crate::peer::Peer;
use crate::{SECRET, client, configuration};

const REFUSED: &str = r#"{"__type":"com.amazon#AccessDeniedException","message":"no"}"#;

async fn call(client: &Client, retries: bool) -> Result<Value, CallError> {
    let call = client.call("PutRecord").retries(retries);
    call.json(&json!({})).await
}

/// Status, code and message of an answer.
fn answer(error: &CallError) -> (u16, Option<&str>, Option<&str>) {
    let status = error.raw_response().unwrap().status().as_u16();
    let answer = error.as_service_error().unwrap();
    (status, answer.code(), answer.message())
}

#[tokio::test]
async fn errors_have_status_code_and_message() {
    let peer = Peer::telling([(400, "retry-after: 7\r\n", REFUSED)]).await;
    let error = call(&client(Service::Kinesis, &peer), true).await.unwrap_err();
    assert_eq!(answer(&error), (400, Some("AccessDeniedException"), Some("no")));
    assert_eq!(
        error.raw_response().unwrap().headers().get("retry-after"),
        Some("7")
    );
    assert_eq!(peer.received().len(), 1);

    let text = "<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>no topic</Message></Error>\
        </ErrorResponse>";
    let peer = Peer::telling([(404, "", text)]).await;
    let client = client(Service::Sns, &peer);
    let error = client
        .call("Publish")
        .form(Form::default(), "PublishResponse")
        .await
        .unwrap_err();
    assert_eq!(answer(&error), (404, Some("NotFound"), Some("no topic")));
}

#[tokio::test]
async fn what_passes_is_tried_again_if_that_is_wanted() {
    let throttled = (400, "", r#"{"__type":"ThrottlingException"}"#);
    for first in [(500, "", ""), (503, "", "{"), throttled] {
        for (retries, attempts) in [(true, 2), (false, 1)] {
            let peer = Peer::telling([first, (200, "", "{}")]).await;
            let result = call(&client(Service::Kinesis, &peer), retries).await;
            assert_eq!((result.is_ok(), peer.received().len()), (retries, attempts));
        }
    }
    let peer = Peer::telling([throttled]).await;
    let error = call(&client(Service::Kinesis, &peer), true).await.unwrap_err();
    assert_eq!(answer(&error).1, Some("ThrottlingException"));
    assert_eq!(peer.received().len(), 3);
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_made_up_for() {
    let skewed = (
        403,
        "date: Fri, 01 Jan 2100 00:00:00 GMT\r\n",
        r#"{"__type":"InvalidSignatureException"}"#,
    );
    let peer = Peer::telling([skewed, (200, "date: Fri, 01 Jan 2100 00:00:00 GMT\r\n", "{}")]).await;
    call(&client(Service::Kinesis, &peer), true).await.unwrap();
    let requests = peer.received();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].header("x-amz-date").starts_with("2100"));
}

#[tokio::test]
async fn answers_without_sense_are_failures_that_show_nothing() {
    for text in ["{", "[1]", "\"secret\"", "secret"] {
        let peer = Peer::telling([(200, "", text)]).await;
        let client = client(Service::SecretsManager, &peer);
        let input = json!({});
        let call = client
            .call("GetSecretValue")
            .json::<HashMap<String, String>>(&input);
        let error = call.await.unwrap_err();
        assert!(matches!(error, CallError::ResponseError(_)));
        let cause = error.into_source().unwrap();
        assert_eq!(cause.to_string(), "the answer of AWS cannot be read");
        assert!(cause.source().is_none());
    }
    let peer = Peer::telling([(200, "", "<html></html>")]).await;
    let client = client(Service::Sns, &peer);
    let error = client
        .call("Publish")
        .form(Form::default(), "PublishResponse")
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::ResponseError(_)));
}

#[tokio::test]
async fn nobody_there() {
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let peer = Peer::telling([(200, "", "{}")]).await;
    let aws = configuration(&peer)
        .endpoint_url(format!("http://{gone}"))
        .build();
    let error = call(&Client::new(Service::Kinesis, &aws), false)
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::DispatchFailure(_)), "{error:?}");
}

#[tokio::test]
async fn calls_have_the_timeouts_of_the_configuration() {
    // Takes connections and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = Peer::telling([(200, "", "{}")]).await;
    let aws = configuration(&peer)
        .endpoint_url(format!("http://{}", silent.local_addr().unwrap()))
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(Duration::from_millis(50))
                .build(),
        )
        .build();
    let error = call(&Client::new(Service::Kinesis, &aws), false)
        .await
        .unwrap_err();
    assert!(matches!(error, CallError::TimeoutError(_)), "{error:?}");
}

#[tokio::test]
async fn settings_of_no_use_are_not_tried() {
    let peer = Peer::telling([(200, "", "{}")]).await;
    for (aws, want) in [
        (configuration(&peer).region(None), "no AWS region is set"),
        (
            configuration(&peer).region(Region::new("no such region !")),
            "the AWS region cannot be part of a host name",
        ),
        (
            configuration(&peer).use_fips(true),
            "a custom AWS endpoint cannot be one for FIPS",
        ),
        (
            SdkConfig::builder().region(Region::new("eu-west-1")),
            "there is no place to look for AWS credentials",
        ),
    ] {
        let error = call(&Client::new(Service::Kinesis, &aws.build()), true)
            .await
            .unwrap_err();
        assert!(matches!(error, CallError::ConstructionFailure(_)), "{error:?}");
        assert_eq!(error.into_source().unwrap().to_string(), want);
    }
    assert!(peer.received().is_empty());
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let peer = Peer::telling([(400, "", REFUSED)]).await;
    let client = client(Service::Kms, &peer);
    let pending = client.call("Decrypt").header("x", "1".to_owned());
    let shown = format!("{client:?} {pending:?}");
    drop(pending);
    let error = call(&client, false).await.unwrap_err();
    let cause = error.into_source().unwrap();
    let shown = format!("{shown} {cause} {cause:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("Kinesis"), "{shown}");
}
