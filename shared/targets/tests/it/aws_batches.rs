//! Deliveries to the same stream or queue: what shares a request, what each of them is told, and what goes singly.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::hops::Hops;
use domain::resource::{FirehoseStream, KinesisStream, Provider, SqsQueue};
use domain::retry::FailureClass;
use serde_json::{Value, json};
use targets::{FunctionAnswer, InvokeError, Invoker};

use crate::aws_peer::{assert_no_secrets, credentials, delivery, error, event, invoker_of, target};
use crate::server::{Received, Server, response};

const REGION: &str = "eu-west-1";

fn kinesis(partition_key: Option<&str>) -> Provider {
    Provider::AwsKinesis(KinesisStream {
        stream_name: "stream".to_owned(),
        region: REGION.to_owned(),
        credentials: credentials("AKID1"),
        partition_key: partition_key.map(str::to_owned),
    })
}

fn firehose(newline: bool) -> Provider {
    Provider::AwsFirehose(FirehoseStream {
        delivery_stream_name: "stream".to_owned(),
        region: REGION.to_owned(),
        credentials: credentials("AKID1"),
        newline,
    })
}

fn sqs(name: &str, message_group_id: Option<&str>) -> Provider {
    Provider::AwsSqs(SqsQueue {
        queue_url: format!("https://sqs/1/{name}").into(),
        region: REGION.to_owned(),
        credentials: credentials("AKID1"),
        message_group_id: message_group_id.map(str::to_owned),
    })
}

fn body(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

type Result<T> = std::result::Result<T, InvokeError>;

/// Delivers three events at a time, after one that has AWS set up.
async fn three(invoker: &Invoker, provider: &Provider, data: [&str; 3]) -> [Result<FunctionAnswer>; 3] {
    let warm = event("0");
    // What it answers is nothing to these tests.
    drop(invoker.invoke(provider, delivery(&warm, "warm")).await);
    let events = data.map(event);
    let send = |index: usize| {
        let id = ["d-0", "d-1", "d-2"][index];
        invoker.invoke(provider, delivery(&events[index], id))
    };
    tokio::join!(send(0), send(1), send(2)).into()
}

fn ids(results: &[Result<FunctionAnswer>]) -> Vec<&str> {
    let answers = results.iter().map(|result| result.as_ref().unwrap());
    answers
        .map(|answer| std::str::from_utf8(&answer.body).unwrap())
        .collect()
}

fn classes(results: &[Result<FunctionAnswer>]) -> Vec<Option<FailureClass>> {
    let class = |result: &Result<FunctionAnswer>| result.as_ref().err().map(InvokeError::class);
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_no_secrets(error);
    }
    results.iter().map(class).collect()
}

/// Names of the calls after the first, which is the one that has AWS set up.
fn targets(server: &Server) -> Vec<String> {
    let requests = server.requests();
    requests[1..]
        .iter()
        .map(|request| target(request).to_owned())
        .collect()
}

#[tokio::test]
async fn records_of_a_stream_share_a_request() {
    let server = Server::answering(|request| {
        let records = ["s-0", "s-1", "s-2"].map(|id| json!({"SequenceNumber": id, "ShardId": "s"}));
        let many = json!({"FailedRecordCount": 0, "Records": records});
        let one = json!({"SequenceNumber": "s", "ShardId": "s"});
        let answer = if target(request) == "PutRecords" {
            many
        } else {
            one
        };
        response(200, &[], answer.to_string())
    })
    .await;
    let data = [r#"{"id":"b"}"#, r#"{"id":7.10}"#, "1"];
    let results = three(&invoker_of(&server), &kinesis(Some("data.id")), data).await;
    assert_eq!(ids(&results), ["s-0", "s-1", "s-2"]);
    assert_eq!(targets(&server), ["PutRecords"]);
    let sent = body(&server.requests()[1]);
    assert_eq!(sent["StreamName"], "stream");
    let records = sent["Records"].as_array().unwrap();
    for (record, data) in records.iter().zip(data) {
        let payload = STANDARD.decode(record["Data"].as_str().unwrap()).unwrap();
        assert_eq!(payload, event(data).to_json());
    }
    let keys: Vec<&str> = records
        .iter()
        .map(|record| record["PartitionKey"].as_str().unwrap())
        .collect();
    assert_eq!(keys[..2], ["b", "7.10"]);
    assert_eq!(uuid::Uuid::parse_str(keys[2]).unwrap().get_version_num(), 4);
}

#[tokio::test]
async fn each_record_has_a_class_of_its_own() {
    let server = Server::answering(|request| {
        if target(request) != "PutRecords" {
            return response(200, &[], r#"{"SequenceNumber":"s","ShardId":"s"}"#);
        }
        let failed = |code: &str| json!({"ErrorCode": code, "ErrorMessage": "about KEYSECRET"});
        let answer = json!({"FailedRecordCount": 2, "Records": [
            failed("ProvisionedThroughputExceededException"),
            {"SequenceNumber": "s-1", "ShardId": "s"},
            failed("InternalFailure"),
        ]});
        response(200, &[], answer.to_string())
    })
    .await;
    let results = three(&invoker_of(&server), &kinesis(None), ["1", "2", "3"]).await;
    let want = [Some(FailureClass::Throttled), None, Some(FailureClass::Transient)];
    assert_eq!(classes(&results), want);
    assert_eq!(targets(&server), ["PutRecords"]);
    let text = results[0].as_ref().unwrap_err().to_string();
    assert_eq!(
        text,
        "Function call failed. Error: ProvisionedThroughputExceededException: about ***** (entry of a batch)"
    );
}

#[tokio::test]
async fn lines_of_a_firehose_share_a_request() {
    let server = Server::answering(|request| {
        let answer = json!({"FailedPutCount": 1, "RequestResponses": [
            {"RecordId": "r-0"},
            {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "slow down"},
            {"RecordId": "r-2"},
        ]});
        let one = json!({"RecordId": "r"});
        let answer = if target(request) == "PutRecordBatch" {
            answer
        } else {
            one
        };
        response(200, &[], answer.to_string())
    })
    .await;
    for newline in [true, false] {
        let results = three(&invoker_of(&server), &firehose(newline), ["1", "2", "3"]).await;
        assert_eq!(classes(&results), [None, Some(FailureClass::Throttled), None]);
        let requests = server.requests();
        let [.., single, batch] = &requests[..] else {
            panic!("{requests:?}")
        };
        let records = body(batch)["Records"].clone();
        let sent = [&body(single)["Record"], &records[0], &records[1], &records[2]].map(|record| {
            String::from_utf8(STANDARD.decode(record["Data"].as_str().unwrap()).unwrap()).unwrap()
        });
        let end = if newline { "\n" } else { "" };
        let want = ["0", "1", "2", "3"].map(|data| String::from_utf8(event(data).to_json()).unwrap() + end);
        assert_eq!(sent, want);
    }
}

/// Answers messages of a batch in the reverse of their order, and the second with a failure.
fn queue(request: &Received, failed: &Value) -> http::Response<http_body_util::Full<bytes::Bytes>> {
    let sent = body(request);
    if target(request) == "SendMessage" {
        return response(200, &[], r#"{"MessageId":"m"}"#);
    }
    let entries = sent["Entries"].as_array().unwrap();
    let taken = |entry: &Value| json!({"Id": entry["Id"], "MessageId": format!("m-{}", entry["Id"].as_str().unwrap())});
    let answer = json!({"Successful": [taken(&entries[2]), taken(&entries[0])], "Failed": [failed]});
    response(200, &[], answer.to_string())
}

#[tokio::test]
async fn messages_of_a_queue_share_a_request() {
    for (failed, class) in [
        (
            json!({"Id": "1", "Code": "InternalError", "SenderFault": false}),
            FailureClass::Transient,
        ),
        (
            json!({"Id": "1", "Code": "InvalidMessageContents", "SenderFault": true}),
            FailureClass::Permanent,
        ),
        (
            json!({"Id": "1", "Code": "KmsThrottled", "SenderFault": true}),
            FailureClass::Throttled,
        ),
        // Nothing is said of the second.
        (
            json!({"Id": "7", "Code": "InvalidMessageContents", "SenderFault": true}),
            FailureClass::Transient,
        ),
    ] {
        let server = Server::answering(move |request| queue(request, &failed)).await;
        let data = [r#"{"id":"b"}"#, r#"{"id":"a b"}"#, "1"];
        let provider = sqs("queue.fifo", Some("data.id"));
        let results = three(&invoker_of(&server), &provider, data).await;
        assert_eq!(classes(&results), [None, Some(class), None]);
        let [first, _, third] = results;
        assert_eq!(ids(&[first, third]), ["m-0", "m-2"]);
        assert_eq!(targets(&server), ["SendMessageBatch"]);
        let sent = body(&server.requests()[1]);
        let member =
            |name: &str| [0, 1, 2].map(|index| sent["Entries"][index][name].as_str().unwrap().to_owned());
        // "a b" cannot be a group; where there is nothing at the path, the source is the group.
        let digest = "c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65";
        assert_eq!(member("MessageGroupId"), ["b", digest, "/shop"]);
        assert_eq!(member("MessageDeduplicationId"), ["d-0", "d-1", "d-2"]);
    }
}

#[tokio::test]
async fn messages_have_marks_only_where_a_queue_takes_them() {
    let server = Server::answering(|request| queue(request, &Value::Null)).await;
    let invoker = invoker_of(&server);
    let event = event(r#"{"id":"b"}"#);
    for (name, path, group, deduplication) in [
        ("queue", None, Value::Null, Value::Null),
        ("queue", Some("data.id"), json!("b"), Value::Null),
        ("queue", Some("data.none"), Value::Null, Value::Null),
        ("queue.fifo", None, json!("/shop"), json!("d")),
    ] {
        invoker
            .invoke(&sqs(name, path), delivery(&event, "d"))
            .await
            .unwrap();
        let sent = body(server.requests().last().unwrap());
        assert_eq!(
            (&sent["MessageGroupId"], &sent["MessageDeduplicationId"]),
            (&group, &deduplication),
            "{name} {path:?}"
        );
    }
}

#[tokio::test]
async fn without_permission_for_batches_records_go_singly() {
    let server = Server::answering(|request| match target(request) {
        "PutRecord" => response(200, &[], r#"{"SequenceNumber":"s","ShardId":"s"}"#),
        _ => error(400, "AccessDeniedException", request),
    })
    .await;
    let invoker = invoker_of(&server);
    let results = three(&invoker, &kinesis(None), ["1", "2", "3"]).await;
    assert_eq!(ids(&results), ["s", "s", "s"]);
    assert_eq!(
        targets(&server),
        ["PutRecords", "PutRecord", "PutRecord", "PutRecord"]
    );
    // That is remembered.
    let results = three(&invoker, &kinesis(None), ["1", "2", "3"]).await;
    assert_eq!(ids(&results), ["s", "s", "s"]);
    let later = targets(&server).split_off(4);
    assert!(
        later.len() == 4 && later.iter().all(|name| name == "PutRecord"),
        "{later:?}"
    );
}

#[tokio::test]
async fn one_bad_record_does_not_fail_the_others() {
    let server = Server::answering(|request| {
        let is_bad = String::from_utf8_lossy(&request.body).contains(&STANDARD.encode(event("2").to_json()));
        if target(request) == "PutRecords" || is_bad {
            error(400, "ValidationException", request)
        } else {
            response(200, &[], r#"{"SequenceNumber":"s","ShardId":"s"}"#)
        }
    })
    .await;
    let results = three(&invoker_of(&server), &kinesis(None), ["1", "2", "3"]).await;
    assert_eq!(classes(&results), [None, Some(FailureClass::Permanent), None]);
}

#[tokio::test]
async fn a_failed_request_is_told_to_each_once() {
    for (status, code, class) in [
        (500, "InternalFailure", FailureClass::Transient),
        (400, "ThrottlingException", FailureClass::Throttled),
    ] {
        let server = Server::answering(move |request| error(status, code, request)).await;
        let results = three(&invoker_of(&server), &kinesis(None), ["1", "2", "3"]).await;
        assert_eq!(classes(&results), [Some(class); 3]);
        assert_eq!(targets(&server), ["PutRecords"]);
    }
}

/// The URL of a queue may lead back to the gateway. A request with several events tells the greatest count.
#[tokio::test]
async fn requests_say_how_often_their_events_were_passed_on() {
    let server = Server::answering(|request| {
        let record = json!({"SequenceNumber": "s", "ShardId": "s"});
        let many = json!({"FailedRecordCount": 0, "Records": [record, record, record]});
        let answer = if target(request) == "PutRecords" {
            many
        } else {
            record
        };
        response(200, &[], answer.to_string())
    })
    .await;
    let (invoker, provider, event) = (invoker_of(&server), kinesis(None), event("0"));
    let send = |id: &'static str, hops: u8| {
        let mut call = delivery(&event, id);
        call.hops = Hops::new(hops);
        invoker.invoke(&provider, call)
    };
    send("warm", 5).await.unwrap();
    let (a, b, c) = tokio::join!(send("d-0", 1), send("d-1", 7), send("d-2", 2));
    for sent in [a, b, c] {
        sent.unwrap();
    }
    let requests = server.requests();
    let told: Vec<_> = requests
        .iter()
        .map(|request| request.header("x-event-gateway-hops"))
        .collect();
    assert_eq!(told, [Some("5"), Some("7")]);
}
