//! Headers and extension attributes as tables.

use proptest::prelude::*;

use super::*;
use crate::event::{Envelope, EventStamp, HTTP_REQUEST};

mod refusals;

const TEN: u64 = 1_795_255_200_000;
const ELEVEN: u64 = TEN + 3_600_000;

fn v0_1(extensions: &str) -> Event {
    let text = format!(
        r#"{{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{extensions}}}"#
    );
    serde_json::from_str(&text).unwrap()
}

fn later(version: &str, attributes: &str) -> Event {
    let members = attributes
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let members = members.unwrap();
    let separator = if members.is_empty() { "" } else { "," };
    let text =
        format!(r#"{{"specversion":"{version}","type":"t","source":"/s","id":"1"{separator}{members}}}"#);
    serde_json::from_str(&text).unwrap()
}

/// The same attributes in every version.
fn events(attributes: &str) -> [Event; 3] {
    [
        v0_1(attributes),
        later("0.3", attributes),
        later("1.0", attributes),
    ]
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            (http::HeaderName::from_static(name), value)
        })
        .collect()
}

fn options(
    ordering_key: Option<&str>,
    deduplication_key: Option<&str>,
    deliver_at: Option<u64>,
) -> PublishOptions {
    PublishOptions {
        ordering_key: ordering_key.map(Into::into),
        deduplication_key: deduplication_key.map(Into::into),
        deliver_at,
    }
}

#[test]
fn nothing_is_asked_for_by_default() {
    for attributes in [
        "{}",
        r#"{"partition-key":"a","x-partition-key":"b","deliver":"soon"}"#,
    ] {
        assert_eq!(
            PublishOptions::of(&HeaderMap::new(), &v0_1(attributes)),
            Ok(PublishOptions::default())
        );
    }
    let other = headers(&[("partitionkey", "a"), ("ce-deliverat", "soon"), ("date", "today")]);
    for event in events(r#"{"partitionkey":null,"deduplicationkey":null,"deliverat":null}"#) {
        assert_eq!(PublishOptions::of(&other, &event), Ok(PublishOptions::default()));
    }
}

#[test]
fn extensions() {
    for (attributes, want) in [
        (r#"{"partitionkey":"a"}"#, options(Some("a"), None, None)),
        (
            r#"{"partitionkey":" a\u0041é "}"#,
            options(Some(" aAé "), None, None),
        ),
        (
            r#"{"deduplicationkey":"d","partitionkey":"p"}"#,
            options(Some("p"), Some("d"), None),
        ),
        (
            r#"{"partitionkey":17,"deduplicationkey":true}"#,
            options(Some("17"), Some("true"), None),
        ),
        (
            r#"{"deliverat":"2026-11-21T10:00:00Z"}"#,
            options(None, None, Some(TEN)),
        ),
        (
            r#"{"deliverat":"2026-11-21T12:00:00+02:00"}"#,
            options(None, None, Some(TEN)),
        ),
        (
            r#"{"deliverat":"1969-07-20T20:17:40Z"}"#,
            options(None, None, Some(0)),
        ),
    ] {
        for event in events(attributes) {
            let before = event.to_json();
            assert_eq!(
                PublishOptions::of(&HeaderMap::new(), &event),
                Ok(want.clone()),
                "{event:?}"
            );
            assert_eq!(event.to_json(), before);
        }
    }
}

#[test]
fn only_the_oldest_version_has_extensions_in_any_case() {
    let attributes = r#"{"PartitionKey":"a","DEDUPLICATIONKEY":"b","deliverAt":"2026-11-21T10:00:00Z"}"#;
    let want = options(Some("a"), Some("b"), Some(TEN));
    let [oldest, _, newest] = events(attributes);
    assert_eq!(PublishOptions::of(&HeaderMap::new(), &oldest), Ok(want));
    assert_eq!(
        PublishOptions::of(&HeaderMap::new(), &newest),
        Ok(PublishOptions::default())
    );
    let both = v0_1(r#"{"PARTITIONKEY":"other","partitionkey":"a","partitionKey":"third"}"#);
    let found = PublishOptions::of(&HeaderMap::new(), &both);
    assert_eq!(found, Ok(options(Some("a"), None, None)));
}

#[test]
fn headers_win_over_extensions() {
    let attributes = r#"{"partitionkey":"p","deduplicationkey":"d","deliverat":"2026-11-21T10:00:00Z"}"#;
    for event in events(attributes) {
        for (given, want) in [
            (
                vec![("x-partition-key", "h")],
                options(Some("h"), Some("d"), Some(TEN)),
            ),
            (
                vec![("x-deduplication-key", " h i\t")],
                options(Some("p"), Some("h i"), Some(TEN)),
            ),
            (
                vec![("x-deliver-at", " 2026-11-21t11:00:00z ")],
                options(Some("p"), Some("d"), Some(ELEVEN)),
            ),
            // The first of several counts, as with all headers.
            (
                vec![("x-partition-key", "first"), ("x-partition-key", "second")],
                options(Some("first"), Some("d"), Some(TEN)),
            ),
        ] {
            assert_eq!(
                PublishOptions::of(&headers(&given), &event),
                Ok(want),
                "{given:?} {event:?}"
            );
        }
    }
    // What an extension says does not matter where a header stands, not even when it is wrong.
    let wrong = v0_1(r#"{"partitionkey":"","deliverat":"soon"}"#);
    let right = headers(&[("x-partition-key", "p"), ("x-deliver-at", "2026-11-21T10:00:00Z")]);
    assert_eq!(
        PublishOptions::of(&right, &wrong),
        Ok(options(Some("p"), None, Some(TEN)))
    );
}

#[test]
fn plain_requests_have_headers_only() {
    let stamp = EventStamp {
        id: "1".to_owned(),
        time: "2026-01-02T03:04:05Z".to_owned(),
    };
    let data = serde_json::from_str(r#"{"partitionkey":"x","extensions":{"partitionkey":"x"}}"#).unwrap();
    let request = Event::V0_1(Box::new(Envelope::generated(
        stamp,
        HTTP_REQUEST,
        "application/json",
        data,
    )));
    assert_eq!(
        PublishOptions::of(&HeaderMap::new(), &request),
        Ok(PublishOptions::default())
    );
    let given = headers(&[("x-partition-key", "p")]);
    assert_eq!(
        PublishOptions::of(&given, &request),
        Ok(options(Some("p"), None, None))
    );
}

proptest! {
    #[test]
    fn keys_are_the_same_from_headers_and_extensions(key in "[!-~]([ -~]{0,126}[!-~])?") {
        let by_header = PublishOptions::of(&headers(&[("x-partition-key", &key)]), &v0_1("{}"));
        prop_assert_eq!(&by_header, &Ok(options(Some(&key), None, None)));
        let attributes = format!(r#"{{"partitionkey":{}}}"#, serde_json::to_string(&key).unwrap());
        for event in events(&attributes) {
            prop_assert_eq!(&PublishOptions::of(&HeaderMap::new(), &event), &by_header);
        }
    }

    #[test]
    fn no_header_makes_it_panic(value in prop::collection::vec(any::<u8>(), 0..40), which in 0..3_usize) {
        let name = [ORDERING_KEY_HEADER, DEDUPLICATION_KEY_HEADER, DELIVER_AT_HEADER][which];
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let mut headers = HeaderMap::new();
            headers.insert(name, value);
            let _ = PublishOptions::of(&headers, &v0_1("{}"));
        }
    }
}
