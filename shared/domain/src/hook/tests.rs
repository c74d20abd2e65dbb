//! What hooks are asked, and what their answers mean.

use serde_json::json;

use super::{HookAnswer, HookQuestion, HookSubscriber};
use crate::event::Event;
use crate::hops::Hops;
use crate::json::Json;
use crate::resource::HookPoint;

const MOST: usize = 8;

fn event(extra: &str) -> Event {
    let json = format!(r#"{{"specversion":"1.0","type":"t","source":"/s","id":"1"{extra}}}"#);
    serde_json::from_str(&json).unwrap()
}

fn old_event() -> Event {
    let json =
        r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","data":{"a":1.50}}"#;
    serde_json::from_str(json).unwrap()
}

fn read(body: &str, asked: &Event) -> Result<HookAnswer, String> {
    HookAnswer::read(body.as_bytes(), HookPoint::Receive, asked, MOST).map_err(|error| error.to_string())
}

#[test]
fn questions() {
    let (asked, space, config) = (event(""), "default".into(), Json::from_value(&json!({"a": 1})));
    let (subscription_id, function_id) = ("s".into(), "f".into());
    let request = Json::from_value(&json!({"method": "POST"}));
    let mut question = HookQuestion {
        point: HookPoint::Receive,
        space: &space,
        subscriber: None,
        event: &asked,
        request: Some(&request),
        response: None,
        config: &config,
    };
    let event = r#""event":{"specversion":"1.0","type":"t","source":"/s","id":"1"}"#;
    assert_eq!(
        serde_json::to_string(&question).unwrap(),
        format!(
            r#"{{"point":"receive","space":"default",{event},"request":{{"method":"POST"}},"config":{{"a":1}}}}"#
        )
    );
    question.point = HookPoint::Deliver;
    question.request = None;
    question.subscriber = Some(HookSubscriber {
        subscription_id: &subscription_id,
        function_id: &function_id,
        attempt: Some(2),
    });
    assert_eq!(
        serde_json::to_string(&question).unwrap(),
        format!(
            r#"{{"point":"deliver","space":"default","subscriptionId":"s","functionId":"f","attempt":2,{event},"config":{{"a":1}}}}"#
        )
    );
}

#[test]
fn nothing_goes_on_unchanged() {
    for body in ["", " \n", "null", "{}", r#"{"event":null,"Error":null}"#] {
        assert!(
            matches!(read(body, &event("")), Ok(HookAnswer::Unchanged)),
            "{body}"
        );
    }
}

#[test]
fn events_are_replaced_and_stay_the_same() {
    let new = |extra: &str| {
        format!(r#"{{"event":{{"id":"1","source":"/s","type":"t","specversion":"1.0"{extra}}}}}"#)
    };
    let Ok(HookAnswer::Event(made)) = read(&new(r#","data":{"a":1e0},"tenant":"acme""#), &event("")) else {
        panic!("no event")
    };
    let json = String::from_utf8(made.to_json()).unwrap();
    assert!(
        json.contains(r#""data":{"a":1e0}"#) && json.contains(r#""tenant":"acme""#),
        "{json}"
    );
    // The other way round as well: what counts is what an event is known by.
    assert!(matches!(read(&new(""), &old_event()), Ok(HookAnswer::Event(_))));

    for (body, want) in [
        (new("").replace("\"t\"", "\"u\""), "its type must stay"),
        (new("").replace("\"1\"", "\"2\""), "its id must stay"),
        (new("").replace("/s", "/r"), "its source must stay"),
        (
            new("").replace("\"id\":\"1\",", ""),
            "attribute \"id\" is missing",
        ),
        (new(r#","Bad":"x""#), "attribute \"Bad\" has a name"),
        (new(r#","a":1,"b":1,"c":1,"d":1,"e":1"#), "more than 8 attributes"),
        (
            new(r#","eventgatewayhops":"x""#),
            "eventgatewayhops must be one number",
        ),
        (r#"{"event":"x"}"#.to_owned(), "cannot unmarshal string"),
        (r#"{"event":{},"response":{}}"#.to_owned(), "exclude each other"),
        (r#"{"allow":true}"#.to_owned(), "one of event, response and error"),
        ("OK".to_owned(), "invalid character"),
        ("[]".to_owned(), "cannot unmarshal array"),
    ] {
        let text = read(&body, &event("")).unwrap_err();
        assert!(text.contains(want), "{body} {text}");
    }
}

#[test]
fn a_hook_does_not_hide_how_often_an_event_was_passed_on() {
    let asked = event(r#","eventgatewayhops":5"#);
    for (extra, want) in [
        ("", 5),
        (r#","eventgatewayhops":2"#, 5),
        (r#","eventgatewayhops":7"#, 7),
    ] {
        let body = format!(r#"{{"event":{{"specversion":"1.0","type":"t","source":"/s","id":"1"{extra}}}}}"#);
        let Ok(HookAnswer::Event(made)) = read(&body, &asked) else {
            panic!("{body}")
        };
        assert_eq!(made.hops().unwrap(), Hops::new(want));
    }
}

#[test]
fn refusals() {
    let long = format!(r#"{{"error":"{}"}}"#, "ä".repeat(1000));
    let cut = "ä".repeat(512);
    for (body, status, message) in [
        (r#"{"error":"no"}"#, 403, "no"),
        (r#"{"error":{}}"#, 403, "Forbidden"),
        (r#"{"error":{"message":"gone","statusCode":410}}"#, 410, "gone"),
        (r#"{"error":{"statusCode":429}}"#, 429, "Too Many Requests"),
        (&long, 403, &cut),
    ] {
        let Ok(HookAnswer::Refused(refusal)) = read(body, &event("")) else {
            panic!("{body}")
        };
        assert_eq!((refusal.status.as_u16(), &*refusal.message), (status, message));
        assert_eq!(HookAnswer::refusal_in(body.as_bytes()), Some(refusal));
    }
    for body in [
        r#"{"error":{"statusCode":200}}"#,
        r#"{"error":{"statusCode":500}}"#,
        r#"{"error":1}"#,
    ] {
        read(body, &event("")).unwrap_err();
        assert_eq!(HookAnswer::refusal_in(body.as_bytes()), None);
    }
}

#[test]
fn only_answers_are_left_to_change_after_a_call() {
    let read = |body: &str| HookAnswer::read(body.as_bytes(), HookPoint::Answer, &event(""), MOST);
    assert!(matches!(
        read(r#"{"response":{"statusCode":201}}"#),
        Ok(HookAnswer::Response(_))
    ));
    let text = read(r#"{"event":{}}"#).unwrap_err().to_string();
    assert!(text.contains("no event to replace"), "{text}");
    let text = read(r#"{"response":{"body":{}}}"#).unwrap_err().to_string();
    assert!(text.contains("body of type string"), "{text}");
}

#[test]
fn what_a_hook_makes_of_a_request_is_no_request_any_more() {
    let made = r#"{"eventType":"http.request","cloudEventsVersion":"0.1","source":"https://serverless.com/event-gateway/#transformationVersion=0.1","eventID":"1","data":{"method":"POST"}}"#;
    let asked: Event = serde_json::from_str(made).unwrap();
    assert!(asked.is_made_of_request());
    let answer = read(&format!(r#"{{"event":{made}}}"#), &asked).unwrap();
    let HookAnswer::Event(event) = answer else {
        panic!("{answer:?}");
    };
    assert!(!event.is_made_of_request());
}
