//! Events in binary mode: what is sent, what cannot be, and that the way in reads it as it was.

use super::*;

/// Headers in alphabetical order, a line each, and the body.
fn sent(event: &Event) -> Option<(String, String)> {
    let BinaryMessage { headers, body } = event.to_binary()?;
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort_unstable();
    Some((lines.join("\n"), String::from_utf8_lossy(&body).into_owned()))
}

/// What a receiver makes of it.
fn received(event: &Event) -> Event {
    let BinaryMessage { headers, body } = event.to_binary().unwrap();
    let mut request = Request::post("/");
    *request.headers_mut().unwrap() = headers;
    match decode(&request.body(()).unwrap().into_parts().0, &body, LIMITS, stamp).unwrap() {
        Incoming::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn later_versions() {
    for (event_text, headers, body) in [
        // The example of the specification.
        (
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"Euro € 😀","n":5,"flag":true,"none":null}"#,
            "ce-flag: true\nce-id: Euro%20%E2%82%AC%20%F0%9F%98%80\nce-n: 5\nce-source: /s\nce-specversion: 1.0\nce-type: t",
            "",
        ),
        (
            r#"{"specversion":"1.0","type":"a\"b%c","source":"/s","id":"1","data":{"a": 1.50}}"#,
            "ce-id: 1\nce-source: /s\nce-specversion: 1.0\nce-type: a%22b%25c\ncontent-type: application/json",
            r#"{"a": 1.50}"#,
        ),
        (
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","datacontenttype":"text/xml","data":"<a>\"é\"</a>"}"#,
            "ce-id: 1\nce-source: /s\nce-specversion: 1.0\nce-type: t\ncontent-type: text/xml",
            "<a>\"é\"</a>",
        ),
        (
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","datacontenttype":"application/json","data":"text"}"#,
            "ce-id: 1\nce-source: /s\nce-specversion: 1.0\nce-type: t\ncontent-type: application/json",
            r#""text""#,
        ),
        (
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","datacontenttype":"image/png","data_base64":"aGk="}"#,
            "ce-id: 1\nce-source: /s\nce-specversion: 1.0\nce-type: t\ncontent-type: image/png",
            "hi",
        ),
        (
            r#"{"specversion":"0.3","type":"t","source":"/s","id":"1","datacontenttype":"image/png","datacontentencoding":"Base64","data":"aGk="}"#,
            "ce-id: 1\nce-source: /s\nce-specversion: 0.3\nce-type: t\ncontent-type: image/png",
            "hi",
        ),
    ] {
        let got = sent(&event(&[STRUCTURED], event_text));
        assert_eq!(got, Some((headers.to_owned(), body.to_owned())), "{event_text}");
    }
}

/// Such an event is no longer taken, but may have been stored once.
#[test]
fn nothing_in_an_attribute_ends_its_header() {
    let event: Event = serde_json::from_str(
        r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","subject":"a\r\nx: y"}"#,
    )
    .unwrap();
    let headers = "ce-id: 1\nce-source: /s\nce-specversion: 1.0\nce-subject: a%0D%0Ax:%20y\nce-type: t";
    assert_eq!(sent(&event), Some((headers.to_owned(), String::new())));
}

#[test]
fn the_first_version() {
    let start = r#"{"eventType":"t","eventTypeVersion":"2","cloudEventsVersion":"0.1","source":"/s","eventID":"é","eventTime":"2018-08-18T10:00:00Z","schemaURL":"/x""#;
    let attributes = "ce-cloudeventsversion: 0.1\nce-eventid: é\nce-eventtime: 2018-08-18T10:00:00Z\nce-eventtype: t\nce-eventtypeversion: 2\nce-schemaurl: /x\nce-source: /s";
    for (rest, headers, body) in [
        ("", "", ""),
        (r#","data":[1, 2]"#, "\ncontent-type: application/json", "[1, 2]"),
        (r#","data":null"#, "", ""),
        (
            r#","contentType":"text/plain","data":"just words""#,
            "\ncontent-type: text/plain",
            "just words",
        ),
        // Four letters are base64 as well.
        (
            r#","contentType":"text/plain","data":"test""#,
            "\ncontent-type: text/plain",
            "test",
        ),
        (
            r#","contentType":"text/plain","data":"aGV5""#,
            "\ncontent-type: text/plain",
            "hey",
        ),
        (r#","data":"aGV5""#, "", "hey"),
        // Marked, and the mark is not sent.
        (
            r#","extensions":{"datacontentencoding":"base64"},"contentType":"multipart/form-data","data":"aGV5""#,
            "\ncontent-type: multipart/form-data",
            "hey",
        ),
        (
            r#","contentType":"application/x-www-form-urlencoded","data":"aGV5""#,
            "\ncontent-type: application/x-www-form-urlencoded",
            "aGV5",
        ),
        (
            r#","contentType":"application/json","data":"aGV5""#,
            "\ncontent-type: application/json",
            r#""aGV5""#,
        ),
    ] {
        let event = event(&[STRUCTURED], &format!("{start}{rest}}}"));
        assert_eq!(
            sent(&event),
            Some((format!("{attributes}{headers}"), body.to_owned())),
            "{rest}"
        );
    }
    let extended = event(
        &[STRUCTURED],
        &format!(r#"{start},"extensions":{{"myExt":"a b","n":1.0,"eventgateway":{{"k":"v"}}}}}}"#),
    );
    let (headers, _) = sent(&extended).unwrap();
    for line in [
        "ce-x-myext: a b",
        "ce-x-n: 1.0",
        r#"ce-x-eventgateway: {"k":"v"}"#,
    ] {
        assert!(headers.lines().any(|known| known == line), "{line} in {headers}");
    }
}

#[test]
fn what_headers_cannot_carry() {
    let v0_1 = r#""eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID""#;
    let v1 = r#""specversion":"1.0","type":"t","source":"/s","id":"1""#;
    for text in [
        format!(r#"{{{v0_1}:"a\nb"}}"#),
        format!(r#"{{{v0_1}:" a"}}"#),
        format!(r#"{{{v0_1}:"1","extensions":{{"a b":"x"}}}}"#),
        format!(r#"{{{v0_1}:"1","extensions":{{"ä":"x"}}}}"#),
        format!(r#"{{{v0_1}:"1","extensions":{{"a":"x","A":"y"}}}}"#),
        format!(r#"{{{v0_1}:"1","extensions":{{"a":"x\r\ninjected: y"}}}}"#),
        format!(r#"{{{v0_1}:"1","contentType":"foo/"}}"#),
        format!(r#"{{{v0_1}:"1","contentType":"application/cloudevents+json","data":{{}}}}"#),
        format!(r#"{{{v1},"datacontenttype":"application/cloudevents-batch+json","data":[]}}"#),
        format!(r#"{{{v1},"datacontentencoding":"base64","data":"aGk="}}"#),
        format!(r#"{{{v1},"datacontenttype":"text/plain; charset=us-ascii","data":"é"}}"#),
        format!(r#"{{{v1},"datacontenttype":"text/plain; charset=utf-16","data":"e"}}"#),
    ] {
        assert_eq!(event(&[STRUCTURED], &text).to_binary(), None, "{text}");
    }
}

proptest! {
    #[test]
    fn the_way_in_reads_what_the_way_out_wrote(
        is_old in any::<bool>(),
        version in prop::sample::select(&["0.3", "1.0"][..]),
        content_type in prop::sample::select(&["", "application/json", "application/vnd.x+json; a=b", "image/png"][..]),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..40),
            "[0-9]{1,20}".prop_map(String::into_bytes),
            "\\{\"a\":[0-9]{1,5}\\}".prop_map(String::into_bytes),
        ],
        id in "[!-~¡-ÿ€]{1,12}", name in "[a-z][a-z0-9]{0,8}", value in "[ -~]{0,12}",
    ) {
        let encoded = utf8_encoded(&id);
        let headers = if is_old {
            vec![("ce-eventtype", "t"), ("ce-cloudeventsversion", "0.1"), ("ce-source", "/s"), ("ce-eventid", &id)]
        } else {
            vec![("ce-type", "t"), ("ce-specversion", version), ("ce-source", "/s"), ("ce-id", &encoded)]
        };
        let extension = format!("{}{name}", if is_old { "ce-x-" } else { "ce-a" });
        let value = value.trim();
        // An escape in the value of a later version has to be one of UTF-8.
        let value = if is_old { value.to_owned() } else { utf8_encoded(value) };
        let mut headers = headers;
        headers.push((&extension, &value));
        if !content_type.is_empty() {
            headers.push(("content-type", content_type));
        }
        let Incoming::Event(event) = read(&headers, &body).unwrap() else { panic!("no event") };
        prop_assert_eq!(received(&event), event);
    }

    #[test]
    fn texts_and_forms_come_back(
        content_type in prop::sample::select(&["text/plain; charset=utf-8", "application/x-www-form-urlencoded"][..]),
        body in "[ -~é€\n]{0,40}",
    ) {
        let headers = [
            ("ce-eventtype", "t"), ("ce-cloudeventsversion", "0.1"), ("ce-source", "/s"), ("ce-eventid", "1"),
            ("content-type", content_type),
        ];
        let event = event(&headers, &body);
        prop_assert_eq!(received(&event), event);
    }

    #[test]
    fn nothing_makes_encoding_panic(
        id in "\\PC{1,10}", key in "\\PC{0,8}", value in any::<String>(), content_type in any::<String>(), data in any::<String>(),
    ) {
        let old = serde_json::json!({
            "eventType": "t", "cloudEventsVersion": "0.1", "source": "/s", "eventID": id,
            "extensions": {key: value}, "contentType": content_type, "data": data,
        });
        if let Ok(Incoming::Event(event)) = read(&[STRUCTURED], old.to_string().as_bytes()) {
            let _ = event.to_binary();
        }
    }
}

fn utf8_encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
