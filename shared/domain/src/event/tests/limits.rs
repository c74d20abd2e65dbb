//! How many attributes an event may have, on every way in, and a batch events, and that what is stored is not measured
//! again.

use super::*;

/// Most attributes in these tests.
const MOST: usize = 6;

/// Most events of a batch in these tests.
const MOST_EVENTS: usize = 3;

const V1_0: &str = r#""specversion":"1.0","id":"1","source":"/s","type":"t""#;
const V0_1: &str = r#""cloudEventsVersion":"0.1","eventID":"1","source":"/s","eventType":"t""#;

fn limits(max_attributes: usize) -> EventLimits {
    EventLimits {
        max_attributes,
        max_batch_events: MOST_EVENTS,
    }
}

fn read(headers: &[(&str, &str)], body: &str) -> Result<Incoming, String> {
    let mut request = Request::post("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let parts = request.body(()).unwrap().into_parts().0;
    decode(&parts, body.as_bytes(), limits(MOST), stamp).map_err(|err| err.to_string())
}

const REFUSED: &str =
    "CloudEvent doesn't validate: it has more than 6 attributes, the most that this gateway takes";

#[test]
fn structured_events() {
    for (fits, too_many) in [
        (
            format!(r#"{{{V1_0},"a":"1","data":{{"1":1,"2":2,"3":3,"4":4,"5":5,"6":6,"7":7}}}}"#),
            format!(r#"{{{V1_0},"a":"1","b":"2","data":1}}"#),
        ),
        // Each time that a name is repeated counts: it is work, too.
        (
            format!(r#"{{{V1_0},"a":"1","a":"2"}}"#),
            format!(r#"{{{V1_0},"a":"1","a":"2","a":"3"}}"#),
        ),
        (
            format!(r#"{{{V0_1},"extensions":{{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}}}}"#),
            format!(r#"{{{V0_1},"extensions":{{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7}}}}"#),
        ),
        (
            format!(r#"{{{V0_1},"unknown":1,"data":2}}"#),
            format!(r#"{{{V0_1},"unknown":1,"unknown2":1,"data":2}}"#),
        ),
    ] {
        assert!(read(&[STRUCTURED], &fits).is_ok(), "{fits}");
        assert_eq!(read(&[STRUCTURED], &too_many).unwrap_err(), REFUSED, "{too_many}");
        let batch = format!("[{fits},{too_many}]");
        assert_eq!(
            read(&[("content-type", CLOUDEVENTS_BATCH_JSON)], &batch).unwrap_err(),
            format!("event 1 of the batch: {REFUSED}")
        );
    }
}

/// Nothing is read of the first event too many, and none before it is looked into: it need not even be one.
#[test]
fn events_of_a_batch() {
    let read = |batch: &str| read(&[("content-type", CLOUDEVENTS_BATCH_JSON)], batch);
    let event = format!("{{{V1_0}}}");
    let three = format!("{event},{event},{event}");
    assert!(matches!(read(&format!("[{three}]")), Ok(Incoming::Batch(events)) if events.len() == 3));
    for too_many in [
        format!("[{three},{event}]"),
        format!("[{three},?"),
        format!("[{},", "5,5,5,{"),
        format!("[{}]", vec!["0"; 1_000_000].join(",")),
    ] {
        assert_eq!(
            read(&too_many).unwrap_err(),
            "batch has more than 3 events, the most that this gateway takes",
            "{too_many:.200}"
        );
    }
    assert!(read("[5,5,5,]").unwrap_err().starts_with("invalid character ']'"));
    assert!(read("[5,5,5]").unwrap_err().starts_with("event 0 of the batch: "));
}

#[test]
fn binary_events() {
    for (head, [a, b, c]) in [
        (
            ["ce-specversion", "ce-id", "ce-source", "ce-type"],
            ["ce-a", "ce-b", "ce-c"],
        ),
        (
            ["ce-cloudeventsversion", "ce-eventid", "ce-source", "ce-eventtype"],
            ["ce-x-a", "ce-x-b", "ce-x-c"],
        ),
    ] {
        let value = |name: &str| if name.ends_with("version") { "1.0" } else { "/s" };
        let mut headers: Vec<_> = head.map(|name| (name, value(name))).to_vec();
        headers.extend([(a, "1"), (b, "2"), ("x-other", "3")]);
        assert!(read(&headers, "").is_ok());
        headers.push((c, "4"));
        assert_eq!(read(&headers, "").unwrap_err(), REFUSED);
    }
}

#[test]
fn json_with_more_members_is_data() {
    let json = format!(r#"{{{V1_0},"a":"1","b":"2","c":"3"}}"#);
    let headers = [("event", "announced"), ("content-type", "application/json")];
    let Ok(Incoming::Event(event)) = read(&headers, &json) else {
        panic!("data is refused");
    };
    assert_eq!(event.event_type(), "announced");
    let parts = Request::post("/").header("content-type", "application/json");
    let parts = parts.body(()).unwrap().into_parts().0;
    assert_eq!(json_event(&parts, json.as_bytes(), MOST), None);
    assert!(json_event(&parts, json.as_bytes(), MOST + 1).is_some());
}

#[test]
fn stored_events_are_not_validated_again() {
    let extensions = (0..30_000)
        .map(|i| format!(r#","a{i}":"{i}""#))
        .collect::<Vec<_>>()
        .concat();
    for json in [
        format!("{{{V1_0}{extensions}}}"),
        format!(r#"{{{V0_1},"extensions":{{"a":1{extensions}}}}}"#),
        // What another version of the rules may have taken.
        r#"{"specversion":"2.0","id":"1","type":"t","source":""}"#.to_owned(),
        r#"{"eventType":"t","cloudEventsVersion":"","source":"","eventID":"1","eventTime":"then","data":null}"#
            .to_owned(),
    ] {
        let event: Event = serde_json::from_str(&json).unwrap();
        assert_eq!((event.id(), event.event_type()), ("1", "t"));
        assert_eq!(serde_json::from_str::<Event>(&self::json(&event)).unwrap(), event);
        // Too much for headers, which no error may come of: such an event goes to its function as JSON.
        assert_eq!(event.to_binary().is_some(), json.len() < 1_000, "{json:.100}");
    }
    for json in [
        r#"{"specversion":"1.0","id":"1"}"#,
        r#"{"eventType":"t"}"#,
        "{}",
        "null",
        "[]",
    ] {
        assert!(serde_json::from_str::<Event>(json).is_err(), "{json}");
    }
}

#[test]
fn of_repeated_attributes_the_last_stays_in_its_place() {
    let more = (0..40)
        .map(|i| format!(r#""m{i}":"v","#))
        .collect::<Vec<_>>()
        .concat();
    for more in ["", &more] {
        let json = format!(
            r#"{{"type":"1","a":"1",{more}"b":"1","a":"2","id":"1","source":"/s","type":"2","specversion":"1.0"}}"#
        );
        let parts = Request::post("/").header("content-type", CLOUDEVENTS_JSON);
        let parts = parts.body(()).unwrap().into_parts().0;
        let event = decode(&parts, json.as_bytes(), limits(100), stamp).unwrap();
        let Incoming::Event(event) = event else { panic!() };
        let want =
            format!(r#"{{{more}"b":"1","a":"2","id":"1","source":"/s","type":"2","specversion":"1.0"}}"#);
        assert_eq!(self::json(&event), want);
        assert_eq!(event.event_type(), "2");
    }
}
