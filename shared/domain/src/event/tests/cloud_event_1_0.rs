//! Events of older versions as CloudEvents 1.0.

use crate::authorizer::Authorization;
use crate::event::Event;

fn parsed(text: &str) -> Event {
    super::event(&[super::STRUCTURED], text)
}

/// The event in version 1.0. It is one that is accepted as such.
fn converted(event: &Event) -> String {
    let text = serde_json::to_string(&event.to_cloud_event_1_0()).unwrap();
    let again = parsed(&text);
    assert!(matches!(again, Event::CloudEvent(_)), "{text}");
    assert_eq!((again.event_type(), again.id()), (event.event_type(), event.id()));
    text
}

#[test]
fn attributes_and_payloads_of_0_1() {
    for (event, want) in [
        (
            r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1"}"#,
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1"}"#,
        ),
        (
            r#"{"eventType":"t","eventTypeVersion":"2","cloudEventsVersion":"0.1","source":"https://a/#b","eventID":"1",
            "eventTime":"2018-08-18T10:00:00.50Z","schemaURL":"https://a/schema","contentType":"application/json",
            "data":{"n": 12345678901234567890, "f":2.50}}"#,
            r#"{"specversion":"1.0","type":"t","source":"https://a/#b","id":"1","time":"2018-08-18T10:00:00.5Z","dataschema":"https://a/schema","datacontenttype":"application/json","eventtypeversion":"2","data":{"n": 12345678901234567890, "f":2.50}}"#,
        ),
        (
            r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{"datacontentencoding":"base64"},"contentType":"application/json","data":"bm8="}"#,
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","datacontenttype":"application/json","data_base64":"bm8="}"#,
        ),
        // What 1.0 would not take.
        (
            r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","schemaURL":"not a URL","contentType":"text","data":"x"}"#,
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","data":"x"}"#,
        ),
    ] {
        assert_eq!(converted(&parsed(event)), want);
    }
}

#[test]
fn extensions_of_0_1() {
    let event = parsed(
        r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{
            "trace-Id":"a","traceid":"second","b":true,"int":-7,"big":12345678901234567890,"f":2.50,"o":{"x":1.0},"l":[1],
            "gone":null,"--":1,"id":"other","data_base64":"!","Data":1,"subject":"s/1",
            "eventgateway":{"transformed":"true","transformation-version":"0.1"}}}"#,
    );
    assert_eq!(
        converted(&event),
        r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","b":true,"big":"12345678901234567890","database64":"!","f":"2.50","int":-7,"l":"[1]","o":"{\"x\":1.0}","subject":"s/1","traceid":"a"}"#
    );
}

#[test]
fn what_the_gateway_says_has_the_same_names_in_every_version() {
    let authorization = Authorization {
        principal_id: "p".to_owned(),
        context: None,
    };
    for text in [
        r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1"}"#,
        r#"{"specversion":"0.3","type":"t","source":"/s","id":"1"}"#,
        r#"{"specversion":"1.0","type":"t","source":"/s","id":"1"}"#,
    ] {
        let event = parsed(text).with_authorization(&authorization);
        let text = converted(&event.with_delivery(&"d-1".into(), &"sub".into(), 3));
        let mut members: serde_json::Value = serde_json::from_str(&text).unwrap();
        members
            .as_object_mut()
            .unwrap()
            .retain(|name, _| name.starts_with("eventgateway"));
        assert_eq!(
            members,
            serde_json::json!({
                "eventgatewayauth": r#"{"principalId":"p","context":null}"#,
                "eventgatewaydeliveryid": "d-1",
                "eventgatewaysubscriptionid": "sub",
                "eventgatewayattempt": 3,
            })
        );
    }
}

#[test]
fn garbage_under_the_gateways_name_is_left_out() {
    for own in [
        "1",
        r#""x""#,
        "[]",
        r#"{"delivery":5}"#,
        r#"{"delivery":{"id":1}}"#,
        r#"{"delivery":{"id":"d"}}"#,
    ] {
        let event = parsed(&format!(
            r#"{{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{{"eventgateway":{own}}}}}"#
        ));
        assert_eq!(
            converted(&event),
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1"}"#,
            "{own}"
        );
    }
}

#[test]
fn later_versions() {
    let same = r#"{"specversion":"1.0","type":"t","source":"s","id":"1","data_base64":"AAE=","x":1}"#;
    assert_eq!(converted(&parsed(same)), same);
    for (old, want) in [
        (
            r#"{"specversion":"0.3","type":"t","source":"s","id":"1","schemaurl":"https://a/s","subject":"x","data":{"n":1.10}}"#,
            r#"{"specversion":"1.0","type":"t","source":"s","id":"1","dataschema":"https://a/s","subject":"x","data":{"n":1.10}}"#,
        ),
        (
            r#"{"specversion":"0.3","type":"t","source":"s","id":"1","datacontentencoding":"Base64","data":"AAE="}"#,
            r#"{"specversion":"1.0","type":"t","source":"s","id":"1","data_base64":"AAE="}"#,
        ),
        (
            r#"{"specversion":"0.3","type":"t","source":"s","id":"1","map":{"a": 1.50},"data":{"n":1}}"#,
            r#"{"specversion":"1.0","type":"t","source":"s","id":"1","map":"{\"a\": 1.50}","data":{"n":1}}"#,
        ),
    ] {
        assert_eq!(converted(&parsed(old)), want);
    }
}
