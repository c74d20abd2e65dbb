//! Topics, event buses and state machines: what arrives there, what comes back, and their errors.

use domain::resource::{AwsCredentials, EventBus, Provider, SnsTopic, StateMachine};
use domain::retry::FailureClass;
use serde_json::{Value, json};
use targets::{FunctionAnswer, Invoker};

use crate::aws_peer::{
    assert_no_secrets, assert_signed, credentials, delivery, error, event, invoker_of, parameters, target,
};
use crate::server::{Received, Server, response};
use crate::{EVENT, call};

const REGION: &str = "eu-west-1";
const TOPIC: &str = "arn:aws:sns:eu-west-1:123456789012:topic";
const MACHINE: &str = "arn:aws:states:eu-west-1:123456789012:stateMachine:m";

fn topic(arn: &str) -> Provider {
    Provider::AwsSns(SnsTopic {
        topic_arn: arn.to_owned(),
        region: REGION.to_owned(),
        credentials: credentials("AKID1"),
        message_group_id: Some("data.id".to_owned()),
    })
}

fn bus(source: Option<&str>, detail_type: Option<&str>) -> Provider {
    Provider::AwsEventBridge(EventBus {
        event_bus_name: "bus".to_owned(),
        region: REGION.to_owned(),
        credentials: credentials("AKID1"),
        source: source.map(str::to_owned),
        detail_type: detail_type.map(str::to_owned),
    })
}

fn machine() -> Provider {
    Provider::AwsStepFunctions(StateMachine {
        state_machine_arn: MACHINE.to_owned(),
        region: REGION.to_owned(),
        // As short as a part of an error code.
        credentials: AwsCredentials {
            external_id: "on".to_owned(),
            ..credentials("AKID1")
        },
    })
}

fn body(request: &Received) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

const PUBLISHED: &str =
    "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>";

/// Delivers two events at a time, after one that has AWS set up.
async fn two(invoker: &Invoker, provider: &Provider) -> [Result<FunctionAnswer, targets::InvokeError>; 2] {
    let events = [r#"{"id":"a"}"#, r#"{"id":"b"}"#].map(event);
    drop(invoker.invoke(provider, delivery(&events[0], "warm")).await);
    tokio::join!(
        invoker.invoke(provider, delivery(&events[0], "d-0")),
        invoker.invoke(provider, delivery(&events[1], "d-1"))
    )
    .into()
}

#[tokio::test]
async fn topics_get_messages() {
    let server = Server::answering(|_| response(200, &[], PUBLISHED)).await;
    let invoker = invoker_of(&server);
    let event = event(r#"{"id":"a"}"#);
    let payload = String::from_utf8(event.to_json()).unwrap();
    for (arn, marks) in [
        (TOPIC.to_owned(), [Some("a"), None]),
        (format!("{TOPIC}.fifo"), [Some("a"), Some("d-1")]),
    ] {
        let answer = invoker
            .invoke(&topic(&arn), delivery(&event, "d-1"))
            .await
            .unwrap();
        assert_eq!(answer.body, "m-1");
        let request = server.requests().pop().unwrap();
        assert_signed(&request, "AKID1", REGION, "sns");
        let sent = parameters(&request);
        let text = |name: &str| sent.get(name).map(String::as_str);
        assert_eq!(text("Action"), Some("Publish"));
        assert_eq!(
            (text("TopicArn"), text("Message")),
            (Some(&*arn), Some(&*payload))
        );
        assert_eq!([text("MessageGroupId"), text("MessageDeduplicationId")], marks);
    }
}

#[tokio::test]
async fn messages_of_a_topic_share_a_request() {
    let server = Server::answering(|request| {
        if parameters(request)["Action"] == "Publish" {
            return response(200, &[], PUBLISHED);
        }
        let answer = "<PublishBatchResponse><PublishBatchResult>\
            <Failed><member><Id>0</Id><Code>InternalError</Code><Message>m</Message>\
                <SenderFault>false</SenderFault></member></Failed>\
            <Successful><member><Id>1</Id><MessageId>m-2</MessageId></member></Successful>\
            </PublishBatchResult></PublishBatchResponse>";
        response(200, &[], answer)
    })
    .await;
    let [failed, taken] = two(&invoker_of(&server), &topic(&format!("{TOPIC}.fifo"))).await;
    assert_eq!(failed.unwrap_err().class(), FailureClass::Transient);
    assert_eq!(taken.unwrap().body, "m-2");
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    let sent = parameters(&requests[1]);
    let of_entry =
        |entry: u8, name: &str| sent[&format!("PublishBatchRequestEntries.member.{entry}.{name}")].clone();
    for (entry, group, deduplication) in [(1, "a", "d-0"), (2, "b", "d-1")] {
        assert_eq!(of_entry(entry, "MessageGroupId"), group);
        assert_eq!(of_entry(entry, "MessageDeduplicationId"), deduplication);
    }
}

#[tokio::test]
async fn buses_get_entries() {
    let server = Server::answering(|_| {
        response(
            200,
            &[],
            r#"{"FailedEntryCount":0,"Entries":[{"EventId":"e-1"}]}"#,
        )
    })
    .await;
    let invoker = invoker_of(&server);
    let event = event(r#"{"id":"a"}"#);
    let detail = String::from_utf8(event.to_json()).unwrap();
    for (provider, source, detail_type) in [
        (bus(None, None), "/shop", "order.placed"),
        (bus(Some("my.shop"), Some("Order")), "my.shop", "Order"),
    ] {
        let answer = invoker.invoke(&provider, delivery(&event, "d-1")).await.unwrap();
        assert_eq!(answer.body, "e-1");
        let request = server.requests().pop().unwrap();
        assert_eq!(target(&request), "PutEvents");
        assert_signed(&request, "AKID1", REGION, "events");
        let mut sent = body(&request);
        let time = sent["Entries"][0]
            .as_object_mut()
            .unwrap()
            .remove("Time")
            .unwrap();
        assert!((time.as_f64().unwrap() - 1_767_323_045.5).abs() < 0.001, "{time}");
        let entry =
            json!({"EventBusName": "bus", "Source": source, "DetailType": detail_type, "Detail": detail});
        assert_eq!(sent, json!({"Entries": [entry]}));
    }
    // An authorizer, for one, is called without an event.
    invoker.invoke(&bus(None, None), call(EVENT)).await.unwrap();
    let entry = json!({"EventBusName": "bus", "Source": "event-gateway", "DetailType": "event-gateway", "Detail": EVENT});
    assert_eq!(body(&server.requests()[2]), json!({"Entries": [entry]}));
}

#[tokio::test]
async fn entries_of_a_bus_share_a_request_and_fail_by_themselves() {
    use FailureClass::{Permanent, Throttled, Transient};
    for (code, class) in [
        ("ThrottlingException", Throttled),
        ("InternalFailure", Transient),
        ("InternalException", Transient),
        ("MalformedDetail", Permanent),
        ("NotAuthorizedForSource", Permanent),
    ] {
        let server = Server::answering(move |request| {
            let failed = json!({"ErrorCode": code, "ErrorMessage": "about KEYSECRET"});
            let entries = body(request)["Entries"].as_array().unwrap().len();
            let results = if entries == 2 {
                vec![json!({"EventId": "e-1"}), failed]
            } else {
                vec![failed]
            };
            response(
                200,
                &[],
                json!({"FailedEntryCount": 1, "Entries": results}).to_string(),
            )
        })
        .await;
        let invoker = invoker_of(&server);
        let [taken, failed] = two(&invoker, &bus(None, None)).await;
        assert_eq!(taken.unwrap().body, "e-1");
        let error = failed.unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert_no_secrets(&error);
        assert_eq!(server.requests().len(), 2);
        // One that is alone fails the same way.
        let event = event("1");
        let error = invoker
            .invoke(&bus(None, None), delivery(&event, "d"))
            .await
            .unwrap_err();
        assert_eq!(error.class(), class, "{error}");
    }
}

#[tokio::test]
async fn state_machines_get_executions_named_by_the_delivery() {
    let server =
        Server::answering(|_| response(200, &[], r#"{"executionArn":"arn:e","startDate":1.0}"#)).await;
    let event = event("1");
    let answer = invoker_of(&server)
        .invoke(&machine(), delivery(&event, "d-1"))
        .await
        .unwrap();
    assert_eq!(answer.body, "arn:e");
    let [request] = &server.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(target(request), "StartExecution");
    assert_signed(request, "AKID1", REGION, "states");
    let input = String::from_utf8(event.to_json()).unwrap();
    assert_eq!(
        body(request),
        json!({"stateMachineArn": MACHINE, "name": "d-1", "input": input})
    );
}

#[tokio::test]
async fn an_execution_that_is_there_already_counts_as_started() {
    let server = Server::answering(|request| error(400, "ExecutionAlreadyExists", request)).await;
    let event = event("1");
    let answer = invoker_of(&server)
        .invoke(&machine(), delivery(&event, "d-1"))
        .await
        .unwrap();
    assert_eq!(answer.body, "");
}

#[tokio::test]
async fn errors_have_their_classes() {
    use FailureClass::{Permanent, Throttled, Transient};
    let sns_error = |status, code: &'static str| {
        let text = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>"
        );
        response(status, &[], text)
    };
    for (provider, code, status, class) in [
        (machine(), "ExecutionLimitExceeded", 400, Throttled),
        (machine(), "StateMachineDoesNotExist", 400, Permanent),
        (machine(), "InvalidExecutionInput", 400, Permanent),
        (machine(), "AccessDeniedException", 400, Permanent),
        (machine(), "KmsThrottlingException", 400, Throttled),
        (bus(None, None), "ResourceNotFoundException", 400, Permanent),
        (bus(None, None), "InternalException", 500, Transient),
        (bus(None, None), "ThrottlingException", 400, Throttled),
        (topic(TOPIC), "NotFound", 404, Permanent),
        (topic(TOPIC), "AuthorizationError", 403, Permanent),
        (topic(TOPIC), "Throttled", 429, Throttled),
        (topic(TOPIC), "KMSInvalidState", 400, Transient),
        (topic(TOPIC), "InternalError", 500, Transient),
    ] {
        let is_sns = matches!(provider, Provider::AwsSns(_));
        let server = Server::answering(move |request| {
            if is_sns {
                sns_error(status, code)
            } else {
                error(status, code, request)
            }
        })
        .await;
        let event = event("1");
        let error = invoker_of(&server)
            .invoke(&provider, delivery(&event, "d"))
            .await
            .unwrap_err();
        assert_eq!(error.class(), class, "{code}: {error:?}");
        assert_eq!(error.access_denied_code(), None);
        assert!(error.to_string().contains(code), "{error}");
        assert_no_secrets(&error);
    }
}

#[tokio::test]
async fn what_is_too_large_is_not_sent() {
    let server = Server::answering(|_| response(500, &[], "")).await;
    let invoker = invoker_of(&server);
    for (provider, most, taker) in [
        (topic(TOPIC), 1_048_576, "Amazon SNS"),
        (bus(None, None), 1_000_000, "Amazon EventBridge"),
        (machine(), 262_144, "AWS Step Functions"),
    ] {
        let mut call = call(EVENT);
        call.payload = vec![b'x'; most + 1].into();
        let error = invoker.invoke(&provider, call).await.unwrap_err();
        assert_eq!(error.class(), FailureClass::Permanent);
        let text = format!(
            "Function call failed. Error: the event has {} bytes, {taker} takes {most} at most",
            most + 1
        );
        assert_eq!(error.to_string(), text);
    }
    assert_eq!(server.requests().len(), 0);
}
