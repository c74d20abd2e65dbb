//! Events from flags, files and lines.

use serde_json::{Value, json};

use crate::gateway_process::Gateway;
use crate::program::User;
use crate::stand_in::StandIn;

fn user_of(stand_in: &StandIn) -> User {
    User::new().with("EG_EVENTS_URL", &stand_in.url)
}

fn sent(stand_in: &StandIn) -> Vec<Value> {
    let requests = stand_in.requests();
    for request in &requests {
        assert_eq!(
            request.header("content-type"),
            Some("application/cloudevents+json")
        );
        assert_eq!(request.header("authorization"), None);
    }
    requests
        .iter()
        .map(|request| serde_json::from_str(&request.body).unwrap())
        .collect()
}

#[test]
fn an_event_is_made_of_flags() {
    let events = StandIn::start(|_| (202, "x-event-gateway-matched: 0\r\n", String::new()));
    let user = user_of(&events).with("EG_KEY", "s3cret");
    let data = user.file("data.json", r#"{"n": 1}"#);
    let ran = user
        .eg(&[
            "emit",
            "--type",
            "a.b",
            "--id",
            "7",
            "--ext",
            "region=eu",
            "--data",
            &format!("@{data}"),
            "--path",
            "in",
        ])
        .expect(0);
    assert!(
        ran.out
            .starts_with("202 Accepted a.b 7\n  x-event-gateway-matched: 0\n"),
        "{}",
        ran.out
    );
    assert!(ran.err.contains("nobody subscribes to it"), "{}", ran.err);
    assert_eq!(events.requests()[0].line, "POST /in");
    assert_eq!(
        sent(&events)[0],
        json!({"specversion": "1.0", "type": "a.b", "source": "eg", "id": "7", "region": "eu", "data": {"n": 1}})
    );
}

#[test]
fn lines_are_sent_one_by_one() {
    let events = StandIn::start(|request| {
        let status = if request.body.contains("bad") { 400 } else { 202 };
        (status, "", String::new())
    });
    let user = user_of(&events).with("EG_OUTPUT", "json");
    let lines =
        "{\"type\":\"a\",\"id\":\"1\"}\n\n{\"type\":\"bad\",\"id\":\"2\"}\n{\"type\":\"b\",\"id\":\"3\"}\n";
    let ran = user.eg_reading(lines, &["emit", "--source", "/s"]).expect(1);
    assert!(ran.err.contains("1 of 3 events were not taken"), "{}", ran.err);
    let statuses: Vec<_> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["status"].clone())
        .collect();
    assert_eq!(statuses, [202, 400, 202]);
    let sources: Vec<_> = sent(&events)
        .iter()
        .map(|event| event["source"].clone())
        .collect();
    assert_eq!(sources, ["/s", "/s", "/s"]);
}

#[test]
fn files_hold_one_event_or_many() {
    let events = StandIn::start(|_| (202, "", String::new()));
    let user = user_of(&events);
    let file = user.file(
        "events.yaml",
        "- {type: a, id: '1', data: {x: 1}}\n- {type: b, id: '2'}\n",
    );
    user.eg(&["emit", "-f", &file]).expect(0);
    user.eg_reading(
        "{\"row\": 1}\n{\"row\": 2}",
        &["emit", "--type", "row", "-f", "-"],
    )
    .expect(0);
    let types: Vec<_> = sent(&events).iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["a", "b", "row", "row"]);
    user.eg(&["emit", "-f", &user.file("bad.json", "{\"data\": 1}")])
        .expect(1);
    user.eg_reading("", &["emit"]).expect(1);
}

#[test]
fn a_sync_answer_is_shown() {
    let function = StandIn::start(|_| (200, "", r#"{"statusCode": 201, "body": "made"}"#.to_owned()));
    let gateway = Gateway::start(&[]);
    let user = gateway.user();
    user.eg(&["create", "function", "f", "--url", &function.url])
        .expect(0);
    user.eg(&["create", "eventtype", "order"]).expect(0);
    user.eg(&[
        "create",
        "subscription",
        "--type=sync",
        "--event-type=order",
        "--function=f",
        "--path=/orders",
    ])
    .expect(0);
    let ran = user
        .eg(&[
            "emit", "--type", "order", "--id", "1", "--path", "/orders", "--data", "[1,2]",
        ])
        .expect(0);
    assert_eq!(ran.out, "201 Created order 1\nmade\n");
    let event: Value = serde_json::from_str(&function.requests()[0].body).unwrap();
    assert_eq!(
        (&event["type"], &event["data"]),
        (&json!("order"), &json!([1, 2]))
    );
    let refused = user.eg(&["emit", "--type", "eventgateway.x"]).expect(3);
    assert!(refused.err.contains("error:"), "{}", refused.err);
}
