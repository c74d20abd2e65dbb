//! Streams and queues: what arrives there, the id that comes back, and their errors.

use bytes::Bytes;
use domain::resource::{FirehoseStream, KinesisStream, Provider, SqsQueue};
use domain::retry::FailureClass;
use serde_json::{Value, json};
use targets::TargetSettings;

use crate::aws_peer::{assert_no_secrets, assert_signed, credentials, error, invoker_of};
use crate::server::{Received, Server, response};
use crate::{EVENT, call, with_settings};

const REGION: &str = "eu-west-1";
/// [`EVENT`] in base64, as AWS takes binary data.
const EVENT_BASE64: &str = "eyJldmVudFR5cGUiOiJodHRwLnJlcXVlc3QiLCJkYXRhIjp7Im4iOjEuMTB9fQ==";

fn kinesis(id: &str) -> Provider {
    let (stream_name, region) = ("stream".to_owned(), REGION.to_owned());
    Provider::AwsKinesis(KinesisStream {
        stream_name,
        region,
        credentials: credentials(id),
        ..Default::default()
    })
}

fn firehose(id: &str) -> Provider {
    let (delivery_stream_name, region) = ("stream".to_owned(), REGION.to_owned());
    Provider::AwsFirehose(FirehoseStream {
        delivery_stream_name,
        region,
        credentials: credentials(id),
        ..Default::default()
    })
}

fn sqs(id: &str) -> Provider {
    let (queue_url, region) = ("https://sqs/1/queue".into(), REGION.to_owned());
    Provider::AwsSqs(SqsQueue {
        queue_url,
        region,
        credentials: credentials(id),
        ..Default::default()
    })
}

/// Sends the event twice and gives the result of the first with both requests.
async fn send_twice(provider: &Provider, answer: &'static str) -> (Bytes, [Received; 2]) {
    let server = Server::answering(move |_| response(200, &[], answer)).await;
    let invoker = invoker_of(&server);
    let first = invoker.invoke(provider, call(EVENT)).await.unwrap();
    invoker.invoke(provider, call(EVENT)).await.unwrap();
    assert_eq!(server.connections(), 1);
    assert_eq!((first.status, &first.rejection), (None, &None));
    (first.body, server.requests().try_into().unwrap())
}

fn body(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

#[tokio::test]
async fn kinesis_records() {
    let (result, requests) = send_twice(&kinesis("AKID1"), r#"{"ShardId":"s","SequenceNumber":"495"}"#).await;
    assert_eq!(result, "495");
    let keys = requests.map(|request| {
        assert_eq!(request.header("x-amz-target"), Some("Kinesis_20131202.PutRecord"));
        assert_signed(&request, "AKID1", REGION, "kinesis");
        let key = body(&request)["PartitionKey"].as_str().unwrap().to_owned();
        let want = json!({"StreamName": "stream", "Data": EVENT_BASE64, "PartitionKey": key});
        assert_eq!(body(&request), want);
        key
    });
    assert_ne!(keys[0], keys[1]);
    for key in keys {
        assert_eq!(uuid::Uuid::parse_str(&key).unwrap().get_version_num(), 4);
    }
}

#[tokio::test]
async fn firehose_records() {
    let (result, [request, _]) = send_twice(&firehose("AKID1"), r#"{"RecordId":"rec-1"}"#).await;
    assert_eq!(result, "rec-1");
    assert_eq!(
        request.header("x-amz-target"),
        Some("Firehose_20150804.PutRecord")
    );
    assert_signed(&request, "AKID1", REGION, "firehose");
    assert_eq!(
        body(&request),
        json!({"DeliveryStreamName": "stream", "Record": {"Data": EVENT_BASE64}})
    );
}

#[tokio::test]
async fn sqs_messages() {
    let (result, [request, _]) = send_twice(&sqs("AKID1"), r#"{"MessageId":"m-1"}"#).await;
    assert_eq!(result, "m-1");
    assert_eq!(request.header("x-amz-target"), Some("AmazonSQS.SendMessage"));
    assert_signed(&request, "AKID1", REGION, "sqs");
    assert_eq!(
        body(&request),
        json!({"QueueUrl": "https://sqs/1/queue", "MessageBody": EVENT})
    );
}

/// The queue would refuse an event with them.
#[tokio::test]
async fn characters_that_a_queue_does_not_take_are_escaped() {
    let server = Server::answering(|_| response(200, &[], r#"{"MessageId":"m-1"}"#)).await;
    let event = "{\"data\":\"a\u{FFFE}\u{FFFF}\"}";
    let invoker = invoker_of(&server);
    invoker.invoke(&sqs("AKID1"), call(event)).await.unwrap();
    let sent = body(&server.requests()[0]);
    assert_eq!(sent["MessageBody"], "{\"data\":\"a\\ufffe\\uffff\"}");
}

#[tokio::test]
async fn errors_have_their_classes_and_no_special_codes() {
    use FailureClass::{Permanent, Throttled, Transient};
    for (provider, code, status, class) in [
        (
            kinesis("AKID1"),
            "ProvisionedThroughputExceededException",
            400,
            Throttled,
        ),
        (kinesis("AKID1"), "ValidationException", 400, Permanent),
        (kinesis("AKID1"), "KMSInvalidStateException", 400, Transient),
        (kinesis("AKID1"), "InternalFailureException", 500, Transient),
        (kinesis("AKID1"), "AccessDeniedException", 400, Permanent),
        (kinesis("AKID1"), "ResourceNotFoundException", 400, Permanent),
        (firehose("AKID1"), "ServiceUnavailableException", 503, Throttled),
        (firehose("AKID1"), "InternalFailure", 500, Transient),
        (firehose("AKID1"), "ExpiredTokenException", 400, Permanent),
        (sqs("AKID1"), "RequestThrottled", 403, Throttled),
        (sqs("AKID1"), "UnrecognizedClientException", 400, Permanent),
        (sqs("AKID1"), "QueueDoesNotExist", 400, Permanent),
        (sqs("AKID1"), "InvalidParameterValue", 400, Permanent),
        (sqs("AKID1"), "KmsThrottled", 400, Throttled),
        (sqs("AKID1"), "ServiceUnavailable", 503, Transient),
    ] {
        let server = Server::answering(move |request| error(status, code, request)).await;
        let error = invoker_of(&server)
            .invoke(&provider, call(EVENT))
            .await
            .unwrap_err();
        assert_eq!(error.class(), class, "{code}: {error:?}");
        assert_eq!(
            (error.access_denied_code(), error.last_response()),
            (None, None),
            "{code}"
        );
        assert!(
            error.to_string().starts_with("Function call failed. Error: "),
            "{error}"
        );
        assert_no_secrets(&error);
    }
}

#[tokio::test]
async fn a_queue_url_says_where_its_requests_go() {
    let server =
        Server::answering(|_| response(200, &[], r#"{"MessageId":"m-1","MD5OfMessageBody":""}"#)).await;
    let queue = SqsQueue {
        queue_url: server.url("/1/queue").into(),
        region: REGION.to_owned(),
        credentials: credentials("AKID1"),
        ..Default::default()
    };
    let invoker = with_settings(TargetSettings::default());
    let sent = invoker.invoke(&Provider::AwsSqs(queue), call("")).await;
    // The answer has no digest to compare, so the SDK may refuse it: what counts is that the request arrived.
    drop(sent);
    assert_signed(&server.requests()[0], "AKID1", REGION, "sqs");
}
