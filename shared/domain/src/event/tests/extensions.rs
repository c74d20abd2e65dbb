//! Extensions: what producers say, and what consumers learn of their delivery.

use super::*;
use crate::trace::{Trace, TraceSettings};

#[test]
fn consumers_learn_of_their_delivery() {
    let id = DeliveryId::from("d-1");
    let subscription = SubscriptionId::from("c3Vi");
    let mark = r#""delivery":{"id":"d-1","subscriptionId":"c3Vi","attempt":3}"#;
    let v0_1 = r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1""#;
    for (extensions, want) in [
        (String::new(), format!(r#"{{"eventgateway":{{{mark}}}}}"#)),
        (
            r#","extensions":{"mine":1}"#.to_owned(),
            format!(r#"{{"eventgateway":{{{mark}}},"mine":1}}"#),
        ),
        (
            r#","extensions":{"eventgateway":5}"#.to_owned(),
            format!(r#"{{"eventgateway":{{{mark}}}}}"#),
        ),
        (
            r#","extensions":{"eventgateway":{"x":1,"authorization":{"principalId":"p"},"delivery":"forged"}}"#
                .to_owned(),
            format!(r#"{{"eventgateway":{{"authorization":{{"principalId":"p"}},{mark},"x":1}}}}"#),
        ),
    ] {
        let original = event(&[STRUCTURED], &format!("{v0_1}{extensions}}}"));
        let before = json(&original);
        let got = json(&original.with_delivery(&id, &subscription, 3));
        assert_eq!(got, format!(r#"{v0_1},"extensions":{want},"data":null}}"#));
        assert_eq!(json(&original), before);
    }

    let marks =
        r#""eventgatewaydeliveryid":"d-1","eventgatewaysubscriptionid":"c3Vi","eventgatewayattempt":3"#;
    for version in ["0.3", "1.0"] {
        let start = format!(
            r#"{{"specversion":"{version}","type":"t","source":"/s","id":"1","ext":"x","data":{{"n":1.50}}"#
        );
        for forged in [
            "",
            r#","eventgatewayattempt":99,"eventgatewaydeliveryid":"forged""#,
        ] {
            let original = event(&[STRUCTURED], &format!("{start}{forged}}}"));
            let marked = original.with_delivery(&id, &subscription, 3);
            assert_eq!(json(&marked), format!("{start},{marks}}}"));
            // The SDK takes the attributes for what they are.
            let read: cloudevents::Event = serde_json::from_str(&json(&marked)).unwrap();
            let attempt = read.extension("eventgatewayattempt");
            assert_eq!(attempt, Some(&cloudevents::event::ExtensionValue::Integer(3)));
            assert_eq!(serde_json::from_str::<Event>(&json(&marked)).unwrap(), marked);
            // The next attempt takes the place of this one.
            let next = json(&marked.with_delivery(&id, &subscription, 4));
            assert_eq!(next.matches("eventgatewayattempt").count(), 1);
            assert!(next.contains(r#""eventgatewayattempt":4"#), "{next}");
        }
    }
}

#[test]
fn extensions_by_name() {
    let oldest = event(
        &[STRUCTURED],
        r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{"Key":"a","none":null}}"#,
    );
    let newest = event(
        &[STRUCTURED],
        r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","key":7,"none":null}"#,
    );
    let binary = event(
        &[
            ("ce-eventtype", "t"),
            ("ce-cloudeventsversion", "0.1"),
            ("ce-source", "/s"),
            ("ce-eventid", "1"),
            ("CE-X-Key", "b"),
        ],
        "",
    );
    for (event, name, want) in [
        (&oldest, "key", Some("\"a\"")),
        (&oldest, "none", None),
        (&oldest, "eventType", None),
        (&newest, "key", Some("7")),
        (&newest, "KEY", None),
        (&newest, "none", None),
        (&binary, "key", Some("\"b\"")),
    ] {
        assert_eq!(event.extension(name).map(Json::get), want, "{name} {event:?}");
    }
}

#[test]
fn events_say_in_which_trace_they_came_unless_they_say_it_themselves() {
    let headers = |lines: &[(&'static str, &'static str)]| {
        let lines = lines
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let settings = TraceSettings {
            request_ids: true,
            context: true,
            events: true,
        };
        Trace::of_request(&lines.collect(), settings).unwrap()
    };
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let trace = headers(&[
        ("traceparent", parent),
        ("tracestate", "a=1"),
        ("x-request-id", "r-1"),
    ]);
    let told = format!(r#""traceparent":"{parent}","tracestate":"a=1""#);
    let v0_1 = r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1""#;
    let original = event(&[STRUCTURED], &format!("{v0_1}}}"));
    assert_eq!(
        json(&original.in_trace(&trace).unwrap()),
        format!(r#"{v0_1},"extensions":{{{told}}},"data":null}}"#)
    );
    let v1_0 = r#"{"specversion":"1.0","type":"t","source":"/s","id":"1""#;
    let original = event(&[STRUCTURED], &format!("{v1_0}}}"));
    let in_trace = original.in_trace(&trace).unwrap();
    assert_eq!(json(&in_trace), format!("{v1_0},{told}}}"));
    // Only the first gateway says it.
    assert_eq!(in_trace.in_trace(&trace), None);
    assert_eq!(original.in_trace(&headers(&[("x-request-id", "r-1")])), None);
}
