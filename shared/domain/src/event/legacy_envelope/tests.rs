//! Each kind of event in each old form, as tables.

use http::Request;
use serde_json::Value;

use super::LegacyVersion::{V0_5, V0_6, V0_7};
use super::data::NO_MEDIA_TYPE;
use super::*;
use crate::authorizer::Authorization;
use crate::event::{EventLimits, EventStamp, Incoming, decode};
use crate::json::Object;

fn stamp() -> EventStamp {
    EventStamp {
        id: "id".to_owned(),
        time: "2018-04-05T06:07:08.25Z".to_owned(),
    }
}

const MILLIS: &str = "1522908428250";

/// The event of a POST of `/a/b?q=1` with these headers.
fn event(headers: &[(&str, &str)], body: &str) -> Event {
    let mut request = Request::post("/a/b?q=1").header("host", "example.com");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    let limits = EventLimits {
        max_attributes: 256,
        max_batch_events: 0,
    };
    match decode(&parts, body.as_bytes(), limits, stamp).unwrap() {
        Incoming::Event(event) => event,
        Incoming::Request(stamp) => Incoming::request_event(&stamp, &parts, body.as_bytes(), &[("id", "b")]),
        Incoming::Batch(_) => panic!("no batch is sent"),
    }
}

fn text(event: &Event, version: LegacyVersion) -> String {
    String::from_utf8(event.to_legacy_json(version)).unwrap()
}

#[test]
fn custom_events() {
    let json = event(
        &[("event", "user.created"), ("content-type", "application/json")],
        r#"{"n": 1.50}"#,
    );
    for version in [V0_5, V0_6] {
        let want = format!(
            r#"{{"event":"user.created","id":"id","receivedAt":{MILLIS},"data":{{"n": 1.50}},"dataType":"application/json"}}"#
        );
        assert_eq!(text(&json, version), want);
    }
    assert_eq!(
        text(&json, V0_7),
        r#"{"eventType":"user.created","cloudEventsVersion":"0.1","source":"https://serverless.com/event-gateway/#transformationVersion=0.1","eventID":"id","eventTime":"2018-04-05T06:07:08.25Z","extensions":{"eventgateway":{"transformation-version":"0.1","transformed":true}},"contentType":"application/json","data":{"n": 1.50}}"#
    );
}

#[test]
fn bodies() {
    let form = "application/x-www-form-urlencoded";
    for (content_type, body, of_0_6, of_0_7) in [
        ("application/json", "[1]", "[1]", "[1]"),
        ("application/json", r#""x""#, r#""x""#, r#""x""#),
        ("application/json", "nope", r#""bm9wZQ==""#, r#""bm9wZQ==""#),
        (
            "application/vnd.x+json",
            r#"{"a":1}"#,
            r#""eyJhIjoxfQ==""#,
            r#""eyJhIjoxfQ==""#,
        ),
        ("application/vnd.x+json", "nope", r#""bm9wZQ==""#, r#""bm9wZQ==""#),
        (form, "a=1", r#""YT0x""#, r#""a=1""#),
        ("multipart/form-data; boundary=x", "a", r#""YQ==""#, r#""a""#),
        ("text/plain", "hey", r#""aGV5""#, r#""aGV5""#),
        ("", "hey", r#""aGV5""#, r#""aGV5""#),
        ("application/json", "", r#""""#, r#""""#),
        (form, "", r#""""#, r#""""#),
    ] {
        for headers in [
            &[("event", "e"), ("content-type", content_type)][..],
            &[("content-type", content_type)],
        ] {
            let event = event(headers, body);
            let data = |version| {
                let json: Value = serde_json::from_slice(&event.to_legacy_json(version)).unwrap();
                let data = &json["data"];
                if event.is_request() {
                    data["body"].to_string()
                } else {
                    data.to_string()
                }
            };
            let got = (data(V0_5), data(V0_6), data(V0_7));
            assert_eq!(
                got,
                (of_0_6.to_owned(), of_0_6.to_owned(), of_0_7.to_owned()),
                "{headers:?} {body}"
            );
        }
    }
    // The parameter was no part of the type from 0.7 on; before, it made the body something else.
    let request = event(
        &[("content-type", "application/json; charset=utf-8")],
        r#"{"a":1}"#,
    );
    let json = |version| serde_json::from_slice::<Value>(&request.to_legacy_json(version)).unwrap();
    assert_eq!(json(V0_6)["data"]["body"], "eyJhIjoxfQ==");
    assert_eq!(json(V0_6)["dataType"], "application/json; charset=utf-8");
    assert_eq!(json(V0_7)["data"]["body"]["a"], 1);
    assert_eq!(json(V0_7)["contentType"], "application/json");
}

#[test]
fn requests() {
    let request = event(
        &[("x-a", "1"), ("x-a", "2"), ("content-type", "application/json")],
        r#"{"a":1}"#,
    );
    let middle = r#""query":{"q":["1"]},"body":{"a":1}"#;
    assert_eq!(
        text(&request, V0_5),
        format!(
            r#"{{"event":"http","id":"id","receivedAt":{MILLIS},"data":{{"headers":{{"Content-Type":["application/json"],"X-A":["1, 2"]}},{middle},"path":"/a/b","method":"POST"}},"dataType":"application/json"}}"#
        )
    );
    let headers = r#""headers":{"Content-Type":"application/json","X-A":"1, 2"}"#;
    let data = format!(
        r#"{{{headers},{middle},"host":"example.com","path":"/a/b","method":"POST","params":{{"id":"b"}}}}"#
    );
    assert_eq!(
        text(&request, V0_6),
        format!(
            r#"{{"event":"http","id":"id","receivedAt":{MILLIS},"data":{data},"dataType":"application/json"}}"#
        )
    );
    assert_eq!(
        text(&request, V0_7),
        format!(
            r#"{{"eventType":"http","cloudEventsVersion":"0.1","source":"https://serverless.com/event-gateway/#transformationVersion=0.1","eventID":"id","eventTime":"2018-04-05T06:07:08.25Z","contentType":"application/json","data":{data}}}"#
        )
    );
    let bare: Value = serde_json::from_str(&text(&event(&[], ""), V0_6)).unwrap();
    assert_eq!(
        (&bare["dataType"], &bare["data"]["body"]),
        (&NO_MEDIA_TYPE.into(), &"".into())
    );
}

#[test]
fn events_of_clients_keep_their_data() {
    let old = event(
        &[("content-type", "application/cloudevents+json")],
        r#"{"eventType":"http.request","cloudEventsVersion":"0.1","source":"/s","eventID":"1","contentType":"text/plain","data":{"headers":5}}"#,
    );
    assert_eq!(
        text(&old, V0_6),
        r#"{"event":"http.request","id":"1","receivedAt":0,"data":{"headers":5},"dataType":"text/plain"}"#
    );
    assert_eq!(
        text(&old, V0_7),
        r#"{"eventType":"http.request","cloudEventsVersion":"0.1","source":"/s","eventID":"1","eventTime":"0001-01-01T00:00:00Z","contentType":"text/plain","data":{"headers":5}}"#
    );
    let new = event(
        &[("content-type", "application/cloudevents+json")],
        r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","time":"1970-01-01T00:00:01Z","dataschema":"http://x","ext":7,"datacontenttype":"image/png","data_base64":"AAA="}"#,
    );
    assert_eq!(
        text(&new, V0_5),
        r#"{"event":"t","id":"1","receivedAt":1000,"data":"AAA=","dataType":"image/png"}"#
    );
    assert_eq!(
        text(&new, V0_7),
        r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","eventTime":"1970-01-01T00:00:01Z","schemaURL":"http://x","extensions":{"ext":7},"contentType":"image/png","data":"AAA="}"#
    );
}

#[test]
fn direct_calls_had_no_marks_but_keep_who_was_authorized() {
    let call = event(&[("event", "invoke"), ("content-type", "application/json")], "{}");
    assert!(!text(&call, V0_7).contains("extensions"), "{}", text(&call, V0_7));
    let authorized = call.with_authorization(&Authorization {
        principal_id: "ada".to_owned(),
        context: None,
    });
    let extensions =
        r#""extensions":{"eventgateway":{"authorization":{"principalId":"ada","context":null}}}"#;
    assert!(
        text(&authorized, V0_7).contains(extensions),
        "{}",
        text(&authorized, V0_7)
    );
}

#[test]
fn odd_marks_and_data_do_no_harm() {
    for extensions in [
        "5",
        r#"{"eventgateway":5}"#,
        r#"{"eventgateway":{"transformed":true}}"#,
    ] {
        let body = format!(
            r#"{{"eventType":"http.request","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{extensions}}}"#
        );
        let Ok(event) = Event::from_object(&Object::from_slice(body.as_bytes()).unwrap(), 256) else {
            continue;
        };
        assert!(text(&event, V0_6).starts_with(r#"{"event":"http.request""#));
        assert!(text(&event, V0_7).contains(&format!(r#""extensions":{extensions}"#)));
    }
    // A client that sets the marks itself gets the event that it describes.
    let forged = r#"{"eventType":"http.request","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{"eventgateway":{"transformed":"true"}},"data":[1]}"#;
    let forged = Event::from_object(&Object::from_slice(forged.as_bytes()).unwrap(), 256).unwrap();
    assert_eq!(
        text(&forged, V0_6),
        r#"{"event":"http","id":"1","receivedAt":0,"data":[1],"dataType":""}"#
    );
}
