//! What is plain is so to the SDK as well, and ordinary events are plain.

use std::collections::BTreeMap;

use cloudevents::AttributesReader as _;
use proptest::prelude::*;

use super::super::cloud_event::check_attributes;
use super::*;

fn members(text: &str) -> Vec<(String, Json)> {
    let members: BTreeMap<String, Json> = serde_json::from_str(text).unwrap();
    members.into_iter().collect()
}

const REQUIRED: &str = r#""specversion":"1.0","id":"1","source":"/s","type":"t""#;

#[test]
fn ordinary_events_are_plain() {
    for more in [
        "",
        r#","time":"2026-01-01T00:00:00Z""#,
        r#","time":"2026-12-28T23:59:59.123456789Z""#,
        r#","subject":"é","datacontenttype":"text/plain; charset=utf-8","data":{"a":"\n"}"#,
        r#","traceparent":"00-a-b-01","count":-5,"large":999999999999999999,"flag":true"#,
        r#","data_base64":"AA==""#,
    ] {
        let members = members(&format!("{{{REQUIRED}{more}}}"));
        let plain = PlainAttributes::of(&members);
        let want = PlainAttributes {
            event_type: "t",
            id: "1",
            source: "/s",
        };
        assert_eq!(plain, Some(want), "{more}");
    }
}

#[test]
fn what_needs_a_second_look_is_not_plain() {
    for more in [
        r#","time":"2026-01-31T00:00:00Z""#,
        r#","time":"2026-01-01T00:00:00+01:00""#,
        r#","time":"2026-13-01T00:00:00Z""#,
        r#","time":"2026-01-01T00:00:60Z""#,
        r#","time":"2026-01-01T00:00:00.Z""#,
        r#","time":"é026-01-01T00:00:00Z""#,
        r#","time":null"#,
        r#","subject":5"#,
        r#","subject":"a\u0041""#,
        r#","dataschema":"https://example.com""#,
        r#","count":1.5"#,
        r#","count":9223372036854775808"#,
        r#","count":-0"#,
        r#","list":[]"#,
        r#","nothing":null"#,
    ] {
        let members = members(&format!("{{{REQUIRED}{more}}}"));
        assert_eq!(PlainAttributes::of(&members), None, "{more}");
    }
    for lacking in ["specversion", "id", "source", "type"] {
        let mut members = members(&format!("{{{REQUIRED}}}"));
        members.retain(|(name, _)| name != lacking);
        assert_eq!(PlainAttributes::of(&members), None, "{lacking}");
    }
    let members = members(r#"{"specversion":"2.0","id":"1","source":"/s","type":"t"}"#);
    assert_eq!(PlainAttributes::of(&members), None);
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "\"[ -!#-~é]{0,8}\"",
        "\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,10})?(Z|\\+01:00)\"",
        "-?(0|[1-9][0-9]{0,20})",
        prop::sample::select(
            &[
                "\"1.0\"",
                "\"0.3\"",
                "\"\"",
                "null",
                "true",
                "1.5",
                "[]",
                "{}",
                "\"\\u00e9\""
            ][..]
        )
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_sdk_agrees(
        values in prop::collection::btree_map(
            prop::sample::select(&["subject", "time", "datacontenttype", "extension", "other", "id", "source", "type"][..]),
            value(),
            0..6,
        ),
        version in prop::sample::select(&["\"1.0\"", "\"0.3\"", "\"1.1\"", "1"][..]),
    ) {
        let mut all = BTreeMap::from([("id", "\"1\""), ("source", "\"/s\""), ("type", "\"t\"")]);
        all.extend(values.iter().map(|(name, value)| (*name, value.as_str())));
        all.insert("specversion", version);
        let text: Vec<_> = all.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let Ok(members) = serde_json::from_str::<BTreeMap<String, Json>>(&format!("{{{}}}", text.join(","))) else {
            return Ok(());
        };
        let members: Vec<_> = members.into_iter().collect();
        if let Some(plain) = PlainAttributes::of(&members) {
            let event = check_attributes(&members).unwrap();
            prop_assert_eq!((plain.event_type, plain.id, plain.source), (event.ty(), event.id(), event.source().as_str()));
        }
    }
}
