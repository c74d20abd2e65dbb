//! Readers of events, and what events are made for functions.

use domain::authorizer::Authorization;
use domain::event::{Event, EventLimits, EventStamp, Incoming, LegacyVersion, decode, json_event};
use domain::explain::ExplainRequest;
use domain::publish_options::PublishOptions;
use domain::system_event::{FunctionCall, SystemEvent};
use http::HeaderMap;
use http::request::Parts;
use scaling::assert_linear;

use crate::SIZE;
use crate::shapes::{MIXED_CASE, Row, SHAPES, VALUES, Wrapped, list};

pub(crate) const V1_0: &str = r#""specversion":"1.0","id":"1","source":"/s","type":"t""#;
const V0_3: &str = r#""specversion":"0.3","id":"1","source":"/s","type":"t""#;
const V0_1: &str = r#""cloudEventsVersion":"0.1","eventID":"1","source":"/s","eventType":"t""#;

const CLOUDEVENTS: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";

pub(crate) const UNLIMITED: EventLimits = EventLimits {
    max_attributes: usize::MAX,
    max_batch_events: usize::MAX,
};

const LIMITS: EventLimits = EventLimits {
    max_attributes: 256,
    max_batch_events: 100,
};

pub(crate) fn stamp() -> EventStamp {
    EventStamp {
        id: "1".to_owned(),
        time: "2026-01-01T00:00:00Z".to_owned(),
    }
}

pub(crate) fn request(headers: &[(&str, &str)]) -> Parts {
    let mut request = http::Request::builder().uri("/a");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

fn read(content_type: &str, body: &str) -> Incoming {
    let parts = request(&[("content-type", content_type)]);
    decode(&parts, body.as_bytes(), UNLIMITED, stamp).unwrap()
}

/// Events of about `n` members in all versions, with each shape where attributes are.
fn events() -> Vec<Wrapped> {
    let mut events: Vec<Wrapped> = Vec::new();
    for (shape, members) in SHAPES {
        for (version, head) in [("1.0", V1_0), ("0.3", V0_3), ("0.1", V0_1)] {
            if shape == MIXED_CASE && version != "0.1" {
                continue;
            }
            // Repeated names come first, so that the event is valid.
            let text = move |n: usize| format!("{{{},{head}}}", members(n));
            events.push((format!("{version}, {shape}"), Box::new(text)));
        }
        let text = move |n: usize| format!(r#"{{{V0_1},"extensions":{{{}}}}}"#, members(n));
        events.push((format!("0.1, extensions, {shape}"), Box::new(text)));
    }
    for (shape, value) in VALUES {
        for (version, head) in [("1.0", V1_0), ("0.3", V0_3), ("0.1", V0_1)] {
            let text = move |n: usize| format!(r#"{{{head},"data":{}}}"#, value(n));
            events.push((format!("{version}, data, {shape}"), Box::new(text)));
        }
        let text = move |n: usize| format!(r#"{{{V0_1},"extensions":{{"subject":{}}}}}"#, value(n));
        events.push((format!("0.1, extension, {shape}"), Box::new(text)));
    }
    let parameters = |n: usize| {
        let parameters = (0..n).map(|i| format!(";p{i}=v")).collect::<Vec<_>>().concat();
        format!(r#"{{{V1_0},"datacontenttype":"text/plain{parameters}","data":"x"}}"#)
    };
    for (name, sign) in [
        ("subject", "é"),
        ("source", "/%20"),
        ("dataschema", "a:?/"),
        ("other", "\\\""),
    ] {
        // Repeated names come first.
        let long = move |n: usize| format!(r#"{{"{name}":"{}",{V1_0}}}"#, sign.repeat(n * 4));
        events.push((format!("1.0, a long {name}"), Box::new(long)));
    }
    events.push((
        "1.0, parameters of the content type".to_owned(),
        Box::new(parameters),
    ));
    events
}

#[test]
fn structured_events() {
    for (name, event) in events() {
        assert_linear(&name, SIZE, &event, |body| read(CLOUDEVENTS, body));
    }
}

#[test]
fn plain_json_that_may_be_an_event() {
    for (name, event) in events() {
        let legacy = request(&[("content-type", "application/json"), ("event", "t")]);
        assert_linear(&name, SIZE, &event, |body| {
            let announced = decode(&legacy, body.as_bytes(), UNLIMITED, stamp).unwrap();
            (announced, json_event(&legacy, body.as_bytes(), usize::MAX))
        });
    }
}

#[test]
fn stored_events() {
    for (name, event) in events() {
        assert_linear(&name, SIZE, &event, |body| {
            serde_json::from_str::<Event>(body).unwrap()
        });
    }
}

#[test]
fn batches() {
    for (name, head) in [("1.0", V1_0), ("0.1", V0_1)] {
        let many = |n: usize| format!("[{}]", list(n / 4, |_| format!("{{{head}}}")));
        assert_linear(name, SIZE, many, |body| read(BATCH, body));
        let large = |n: usize| format!("[{{{head},{}}}]", SHAPES[0].1(n));
        assert_linear(name, SIZE, large, |body| read(BATCH, body));
    }
    let faulty = |n: usize| format!("[{},5]", list(n / 4, |_| format!("{{{V1_0}}}")));
    assert_linear("a fault at the end", SIZE, faulty, |body| {
        let parts = request(&[("content-type", BATCH)]);
        decode(&parts, body.as_bytes(), UNLIMITED, stamp)
            .unwrap_err()
            .to_string()
    });
}

#[test]
fn events_that_are_refused() {
    let refused: [Row; 8] = [
        ("cut off", |n| format!("{{{V1_0},{}", SHAPES[0].1(n))),
        ("a fault far behind", |n| {
            format!("{{{}{V1_0},}}", "\n".repeat(n * 16))
        }),
        ("a bad time", |n| {
            format!(r#"{{{V0_1},"eventTime":"{}"}}"#, "0".repeat(n * 16))
        }),
        ("no attributes", |n| format!("{{{}}}", SHAPES[0].1(n))),
        ("a bad reference", |n| {
            format!(r#"{{{V1_0},"dataschema":"a:{} "}}"#, "/%20?".repeat(n * 4))
        }),
        ("a bad authority", |n| {
            format!(r#"{{{V1_0},"dataschema":"a://{}"}}"#, "@:[]".repeat(n * 4))
        }),
        ("a bad character", |n| {
            format!(r#"{{{V1_0},"subject":"{}\u0000"}}"#, "\\u00e9".repeat(n * 2))
        }),
        ("a bad media type", |n| {
            format!(r#"{{{V1_0},"datacontenttype":"{}"}}"#, "a".repeat(n * 16))
        }),
    ];
    for (name, body) in refused {
        let parts = request(&[("content-type", CLOUDEVENTS)]);
        assert_linear(name, SIZE, body, |body| {
            decode(&parts, body.as_bytes(), UNLIMITED, stamp)
                .unwrap_err()
                .to_string()
        });
    }
}

/// What is above the limit is not even read: sixteen times the members make no difference.
#[test]
fn attributes_above_the_limit_cost_nothing() {
    for (version, head) in [("1.0", V1_0), ("0.1", V0_1)] {
        let event = |n: usize| format!("{{{head},{}}}", SHAPES[0].1(n));
        let parts = request(&[("content-type", CLOUDEVENTS)]);
        let growth = scaling::growth(SIZE, event, |body| {
            decode(&parts, body.as_bytes(), LIMITS, stamp).unwrap_err()
        });
        assert!(growth < 4.0, "{version}: {growth}");
    }
}

/// The same of the events of a batch, of the least ones and of large ones.
#[test]
fn events_above_the_limit_cost_nothing() {
    let batches: [Row; 3] = [
        ("least events", |n| {
            format!("[{}]", list(n, |_| format!("{{{V1_0}}}")))
        }),
        ("no events", |n| format!("[{}]", list(n * 8, |_| "0".to_owned()))),
        ("a large event too many", |n| {
            let hundred = list(100, |_| format!("{{{V1_0}}}"));
            format!("[{hundred},{{{V1_0},{}}}]", SHAPES[0].1(n))
        }),
    ];
    for (name, batch) in batches {
        let parts = request(&[("content-type", BATCH)]);
        let growth = scaling::growth(SIZE, batch, |body| {
            decode(&parts, body.as_bytes(), LIMITS, stamp).unwrap_err()
        });
        assert!(growth < 4.0, "{name}: {growth}");
    }
}

#[test]
fn what_functions_get() {
    let authorization = Authorization {
        principal_id: "p".to_owned(),
        context: None,
    };
    for (name, text) in events() {
        let event = |n: usize| serde_json::from_str::<Event>(&text(n)).unwrap();
        assert_linear(&format!("JSON: {name}"), SIZE, event, Event::to_json);
        assert_linear(&format!("1.0: {name}"), SIZE, event, Event::to_cloud_event_1_0);
        assert_linear(&format!("binary: {name}"), SIZE, event, Event::to_binary);
        for version in [LegacyVersion::V0_5, LegacyVersion::V0_6, LegacyVersion::V0_7] {
            assert_linear(&format!("{version:?}: {name}"), SIZE, event, |event| {
                event.to_legacy_json(version)
            });
        }
        assert_linear(&format!("marks: {name}"), SIZE, event, |event| {
            let event = event.with_authorization(&authorization);
            event.with_delivery(&"d".into(), &"s".into(), 1)
        });
        assert_linear(&format!("texts: {name}"), SIZE, event, |event| {
            let deep = format!("data{}", ".a".repeat(120));
            [
                "subject",
                "data.a",
                &deep,
                "extensions.a0",
                "extensions.subject.a",
            ]
            .map(|path| event.text_at(path))
        });
        assert_linear(&format!("options: {name}"), SIZE, event, |event| {
            PublishOptions::of(&HeaderMap::new(), event).is_ok()
        });
        assert_linear(&format!("system event: {name}"), SIZE, event, |event| {
            let call = FunctionCall {
                space: &"default".into(),
                function: &"f".into(),
                event,
            };
            SystemEvent::FunctionInvoked { call, result: b"{}" }.to_event(stamp())
        });
    }
}

#[test]
fn events_that_are_explained() {
    for (name, event) in events() {
        let body = |n: usize| format!(r#"{{"event":{}}}"#, event(n));
        assert_linear(&name, SIZE, body, |body| {
            ExplainRequest::decode(body.as_bytes()).unwrap()
        });
    }
}
