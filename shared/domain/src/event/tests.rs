//! From requests to events, as tables; what is accepted survives a round trip, and no bytes make decoding panic.

use http::Request;
use proptest::prelude::*;

use super::*;

mod binary_message;
mod cloud_event_1_0;
mod corpora;
mod extensions;
mod limits;
mod sections;

fn stamp() -> EventStamp {
    EventStamp {
        id: "stamp-id".to_owned(),
        time: "2026-01-02T03:04:05.6Z".to_owned(),
    }
}

/// As much as these tests need.
const LIMITS: EventLimits = EventLimits {
    max_attributes: 256,
    max_batch_events: 100,
};

fn read(headers: &[(&str, &str)], body: &[u8]) -> Result<Incoming, EventError> {
    let mut request = Request::post("/p/a%20b?q=1&q=2&bad=%zz&e");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    decode(&request.body(()).unwrap().into_parts().0, body, LIMITS, stamp)
}

fn event(headers: &[(&str, &str)], body: &str) -> Event {
    match read(headers, body.as_bytes()).unwrap() {
        Incoming::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn json(event: &Event) -> String {
    String::from_utf8(event.to_json()).unwrap()
}

const STRUCTURED: (&str, &str) = ("content-type", CLOUDEVENTS_JSON);

#[test]
fn structured_events_keep_their_data_to_the_digit() {
    let text = r#"{"EVENTTYPE":"ev","data":{"n": 12345678901234567890, "f":2.50},"cloudEventsVersion":"0.2","source":"/s","eventid":"9","eventTime":"2018-08-18T10:00:00.50Z","extensions":{"b":1,"a":{}}}"#;
    assert_eq!(
        json(&event(&[STRUCTURED], text)),
        r#"{"eventType":"ev","cloudEventsVersion":"0.2","source":"/s","eventID":"9","eventTime":"2018-08-18T10:00:00.5Z","extensions":{"a":{},"b":1},"data":{"n": 12345678901234567890, "f":2.50}}"#
    );
}

#[test]
fn the_head_tells_what_is_a_plain_request() {
    for (headers, want) in [
        (&[][..], true),
        (&[("content-type", "application/json")], true),
        (&[STRUCTURED], false),
        (&[("content-type", CLOUDEVENTS_BATCH_JSON)], false),
        (&[("event", "ev")], false),
        (&[("event", "")], true),
        (
            &[
                ("ce-specversion", "1.0"),
                ("ce-type", "t"),
                ("ce-source", "/s"),
                ("ce-id", "1"),
            ],
            false,
        ),
    ] {
        let mut request = http::Request::new(());
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (parts, ()) = request.into_parts();
        assert_eq!(is_plain_request(&parts), want, "{headers:?}");
    }
}

#[test]
fn structured_errors() {
    let line = |field: &str, tag: &str| {
        format!("Key: 'Event.{field}' Error:Field validation for '{field}' failed on the '{tag}' tag")
    };
    for (body, want) in [
        ("", "unexpected end of JSON input".to_owned()),
        ("{", "unexpected end of JSON input".to_owned()),
        (
            r#"{"eventType":"invalid"}"#,
            format!(
                "CloudEvent doesn't validate: {}\n{}\n{}",
                line("CloudEventsVersion", "required"),
                line("Source", "uri"),
                line("EventID", "required")
            ),
        ),
    ] {
        assert_eq!(
            read(&[STRUCTURED], body.as_bytes()).unwrap_err().to_string(),
            want
        );
    }
    for body in [
        "nope",
        "[]",
        "{} x",
        r#"{"eventID":5}"#,
        r#"{"extensions":[]}"#,
        r#"{"eventTime":""}"#,
        "\u{0}",
    ] {
        read(&[STRUCTURED], body.as_bytes()).unwrap_err();
    }
    assert!(read(&[STRUCTURED], b"{\"eventType\":\"\xff\"}").is_err());
}

#[test]
fn binary_events() {
    let headers = [
        ("ce-eventtype", "t"),
        ("CE-CloudEventsVersion", "0.1"),
        ("ce-source", "/s"),
        ("ce-eventid", "1"),
        ("ce-x-myextension", "a"),
        ("ce-x-my-ext", "b"),
        ("ce-x-my-ext", "c"),
        ("ce-x-", "dropped"),
        ("content-type", "application/json; charset=utf-8"),
    ];
    assert_eq!(
        json(&event(&headers, r#"{"k":1}"#)),
        r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{"my-Ext":"b, c","myextension":"a"},"contentType":"application/json; charset=utf-8","data":{"k":1}}"#
    );
}

#[test]
fn legacy_events() {
    let made = event(
        &[
            ("event", "ev"),
            ("content-type", "APPLICATION/JSON; charset=utf-8"),
        ],
        r#"{"a":1}"#,
    );
    assert_eq!(
        json(&made),
        r#"{"eventType":"ev","cloudEventsVersion":"0.1","source":"https://serverless.com/event-gateway/#transformationVersion=0.1","eventID":"stamp-id","eventTime":"2026-01-02T03:04:05.6Z","extensions":{"eventgateway":{"transformation-version":"0.1","transformed":"true"}},"contentType":"application/json","data":{"a":1}}"#
    );
    let inner = r#"{"eventType":"inner","cloudEventsVersion":"0.1","source":"/s","eventID":"1","data":1}"#;
    assert_eq!(
        event(&[("event", "outer"), ("content-type", "application/json")], inner).event_type(),
        "inner"
    );
    assert_eq!(event(&[("event", "outer")], inner).event_type(), "outer");
}

#[test]
fn requests_become_events() {
    let request = Request::get("/p/a%20b?q=1&q=2&bad=%zz&e&a+b=c+d%2B")
        .header("host", "ex.com:99")
        .header("x-a", "1")
        .header("x-A", "2")
        .header("x_under", "u")
        .body(())
        .unwrap();
    let (parts, ()) = request.into_parts();
    let Incoming::Request(stamp) = decode(&parts, b"", LIMITS, stamp).unwrap() else {
        panic!("not a request")
    };
    let event = Incoming::request_event(&stamp, &parts, b"", &[("id", "a%20b")]);
    let Event::V0_1(envelope) = &event else {
        panic!("not 0.1")
    };
    assert_eq!(
        envelope.data.as_ref().unwrap().get(),
        r#"{"headers":{"X-A":"1, 2","X_under":"u"},"query":{"a b":["c d+"],"e":[""],"q":["1","2"]},"body":"","host":"ex.com:99","path":"/p/a b","method":"GET","params":{"id":"a%20b"}}"#
    );
}

#[test]
fn bodies_that_are_no_text_are_marked_and_come_back() {
    for (content_type, body, data) in [
        ("application/json", &b"nope"[..], r#""bm9wZQ==""#),
        ("multipart/form-data; boundary=X", b"\xff", r#""/w==""#),
    ] {
        let headers = [
            ("ce-eventtype", "t"),
            ("ce-cloudeventsversion", "0.1"),
            ("ce-source", "/s"),
            ("ce-eventid", "1"),
            ("content-type", content_type),
        ];
        let Ok(Incoming::Event(event)) = read(&headers, body) else {
            panic!("no event")
        };
        let want = format!(
            r#""extensions":{{"datacontentencoding":"base64"}},"contentType":"{content_type}","data":{data}}}"#
        );
        assert!(json(&event).ends_with(&want), "{}", json(&event));
        assert_eq!(event.to_binary().unwrap().body, body);

        let (parts, ()) = Request::post("/")
            .header("content-type", content_type)
            .body(())
            .unwrap()
            .into_parts();
        let request = Incoming::request_event(&stamp(), &parts, body, &[]);
        let want = format!(r#""body":{data},"isBase64Encoded":true,"host""#);
        assert!(json(&request).contains(&want), "{}", json(&request));
    }
}

#[test]
fn later_versions_pass_through() {
    let text = r#"{"specversion":"1.0","type":"t","source":"../s","id":"1","time":"2018-04-05T17:31:00+02:00","ext":5,"data":{"n":1.50}}"#;
    assert_eq!(json(&event(&[STRUCTURED], text)), text);
    let batch = read(
        &[("content-type", CLOUDEVENTS_BATCH_JSON)],
        format!("[{text},{text}]").as_bytes(),
    );
    assert!(matches!(batch, Ok(Incoming::Batch(events)) if events.len() == 2));
    assert_eq!(
        read(&[("content-type", CLOUDEVENTS_BATCH_JSON)], b"[]"),
        Ok(Incoming::Batch(vec![]))
    );
    for body in [
        r#"{"specversion":"9","type":"t","source":"s","id":"1"}"#,
        r#"{"specversion":"1.0","type":"","source":"s","id":"1"}"#,
        r#"{"specversion":"1.0","type":"t","id":"1"}"#,
        r#"{"specversion":"1.0","type":"t","source":"s","id":"1","data":1,"data_base64":"AA=="}"#,
        r#"{"specversion":"1.0","type":"t","source":"s","id":"1","data_base64":"?"}"#,
        r#"{"specversion":"1.0","type":"t","source":"s","id":"1","time":"soon"}"#,
    ] {
        let text = read(&[STRUCTURED], body.as_bytes()).unwrap_err().to_string();
        assert!(text.starts_with("CloudEvent doesn't validate: "), "{text}");
        let text = read(
            &[("content-type", CLOUDEVENTS_BATCH_JSON)],
            format!("[{body}]").as_bytes(),
        );
        assert!(
            text.unwrap_err()
                .to_string()
                .starts_with("event 0 of the batch: ")
        );
    }
}

#[test]
fn later_versions_in_binary_mode() {
    let headers = |version, content_type| {
        [
            ("ce-specversion", version),
            ("ce-type", "t"),
            ("ce-source", "/s"),
            ("ce-id", "%E2%82%AC"),
            ("ce-ext", "x"),
            ("content-type", content_type),
        ]
    };
    let start = |version: &str| {
        format!(
            r#"{{"specversion":"{version}","type":"t","source":"/s","id":"€","ext":"x","datacontenttype":"#
        )
    };
    for (version, content_type, body, want) in [
        (
            "1.0",
            "application/json",
            r#"{"a":1.50}"#,
            r#""application/json","data":{"a":1.50}}"#,
        ),
        ("1.0", "text/plain", "hi", r#""text/plain","data":"hi"}"#),
        ("1.0", "image/png", "hi", r#""image/png","data_base64":"aGk="}"#),
        (
            "0.3",
            "image/png",
            "hi",
            r#""image/png","datacontentencoding":"base64","data":"aGk="}"#,
        ),
    ] {
        let got = event(&headers(version, content_type), body);
        assert_eq!(json(&got), format!("{}{want}", start(version)));
    }
}

#[test]
fn authorizations_stay_with_one_copy() {
    let authorization = Authorization {
        principal_id: "p".to_owned(),
        context: None,
    };
    for extensions in [
        r#"{"mine":1}"#,
        r#"{"eventgateway":5}"#,
        r#"{"eventgateway":{"x":1}}"#,
    ] {
        let text = format!(
            r#"{{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{extensions}}}"#
        );
        let original = event(&[STRUCTURED], &text);
        let authorized = json(&original.with_authorization(&authorization));
        assert!(
            authorized.contains(r#""authorization":{"principalId":"p","context":null}"#),
            "{authorized}"
        );
        assert!(!json(&original).contains("authorization"));
        assert_eq!(authorized.contains("\"mine\":1"), extensions.contains("mine"));
        assert_eq!(authorized.contains("\"x\":1"), extensions.contains("\"x\""));
    }
}

proptest! {
    #[test]
    fn no_bytes_make_decoding_panic(
        body in prop::collection::vec(any::<u8>(), 0..200),
        mode in prop::sample::select(&[CLOUDEVENTS_JSON, CLOUDEVENTS_BATCH_JSON, "application/json", "text/plain", ";;;"][..]),
        legacy in any::<bool>(),
    ) {
        let headers = [("content-type", mode), ("event", if legacy { "t" } else { "" })];
        if let Ok(Incoming::Event(event)) = read(&headers, &body) {
            prop_assert_eq!(serde_json::from_slice::<Event>(&event.to_json()).unwrap(), event);
        }
    }

    #[test]
    fn events_survive_the_queue(
        event_type in "[^\"\\\\]{1,10}", id in "\\PC{1,10}", data in "[0-9]{1,30}", extension in "[a-z]{1,5}",
    ) {
        let text = serde_json::json!({"eventType": event_type, "cloudEventsVersion": "0.1", "source": "/s", "eventID": id, "extensions": {extension: [1, null]}});
        let text = text.to_string();
        let text = format!("{},\"data\":1{data}}}", text.strip_suffix('}').unwrap());
        let event = event(&[STRUCTURED], &text);
        prop_assert_eq!(serde_json::from_slice::<Event>(&event.to_json()).unwrap(), event);
    }
}
