//! What is taken is so by the CloudEvents SDK as well. The rules, one by one, are in the table of sections
//! (`event/tests/sections`).

use std::collections::BTreeMap;

use cloudevents::AttributesReader as _;
use proptest::prelude::*;

use super::*;

#[test]
fn what_an_event_is_known_by() {
    let members: BTreeMap<String, Json> =
        serde_json::from_str(r#"{"specversion":"0.3","id":"\u00e9","source":"/s","type":"t"}"#).unwrap();
    let members: Vec<_> = members.into_iter().collect();
    let want = Attributes {
        event_type: "t".into(),
        id: "é".into(),
        is_v0_3: true,
    };
    assert_eq!(Attributes::of(&members), Ok(want));
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "\"[ -!#-~é]{0,8}\"",
        "\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,10})?(Z|\\+01:00)\"",
        "0|-?[1-9][0-9]{0,20}",
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
        // The SDK has no maps.
        let has_map = all.values().any(|value| *value == "{}");
        if let Ok(known) = Attributes::of(&members) && !has_map {
            let event: cloudevents::Event = serde_json::from_str(&format!("{{{}}}", text.join(","))).unwrap();
            prop_assert_eq!((&*known.event_type, &*known.id), (event.ty(), event.id()));
        }
    }
}
