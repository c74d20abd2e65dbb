//! The HTTP binding on the way out: data in binary mode.

use super::*;

/// Content type and body of an event in binary mode.
fn sent(more: &str) -> (String, Vec<u8>) {
    let event = event(&[STRUCTURED], &format!("{{{V1_0},{more}}}"));
    let BinaryMessage { headers, body } = event.to_binary().unwrap();
    let content_type = headers.get("content-type").map(|value| value.to_str().unwrap());
    (content_type.unwrap_or_default().to_owned(), body.to_vec())
}

#[test]
fn data() {
    let rows: [(&str, &str, &[u8]); 9] = [
        (
            r#""data":"I'm just a string""#,
            "application/json",
            b"\"I'm just a string\"",
        ),
        (
            r#""datacontenttype":"application/xml","data":"<a/>""#,
            "application/xml",
            b"<a/>",
        ),
        (
            r#""datacontenttype":"text/json","data":"x""#,
            "text/json",
            b"\"x\"",
        ),
        (
            r#""datacontenttype":"text/plain; charset=utf-8","data":"é""#,
            "text/plain; charset=utf-8",
            "é".as_bytes(),
        ),
        (
            r#""datacontenttype":"text/plain; charset=iso-8859-1","data":"é""#,
            "text/plain; charset=iso-8859-1",
            b"\xe9",
        ),
        (
            r#""datacontenttype":"text/plain; charset=iso-8859-1","data_base64":"6Q==""#,
            "text/plain; charset=iso-8859-1",
            b"\xe9",
        ),
        (
            r#""datacontenttype":"text/plain; charset=us-ascii","data":"e""#,
            "text/plain; charset=us-ascii",
            b"e",
        ),
        (
            r#""datacontenttype":"application/json; charset=iso-8859-1","data":{"a":"é"}"#,
            "application/json; charset=iso-8859-1",
            br#"{"a":"\u00e9"}"#,
        ),
        (
            r#""datacontenttype":"image/png","data_base64":"iVBORw==""#,
            "image/png",
            b"\x89PNG",
        ),
    ];
    for (more, content_type, body) in rows {
        assert_eq!(sent(more), (content_type.to_owned(), body.to_vec()), "{more}");
    }
}

#[test]
fn attributes() {
    let text = format!(r#"{{{V1_0},"n":-5,"flag":true,"subject":"a %\"é","gone":null}}"#);
    let headers = event(&[STRUCTURED], &text).to_binary().unwrap().headers;
    for (name, want) in [
        ("ce-n", Some("-5")),
        ("ce-flag", Some("true")),
        ("ce-subject", Some("a%20%25%22%C3%A9")),
        ("ce-gone", None),
        ("content-type", None),
    ] {
        let value = headers.get(name).map(|value| value.to_str().unwrap());
        assert_eq!(value, want, "{name}");
    }
}

/// 3.1.1, 3.1.3.1 and 3.1.3.2: each attribute has a header of its own, but the content type, and is percent-encoded only as far
/// as it must be.
#[test]
fn names_and_values() {
    let printable: String = ('\u{21}'..='\u{7e}').filter(|c| !"\"%".contains(*c)).collect();
    let text = serde_json::json!({
        "specversion": "1.0", "type": "com.example.someevent", "source": "/mycontext/subcontext", "id": "1234-1234-1234",
        "time": "2018-04-05T03:56:24Z", "subject": "Euro € 😀", "printable": printable, "dataschema": "https://a/%20",
        "datacontenttype": "application/json", "data": {}
    });
    let headers = event(&[STRUCTURED], &text.to_string())
        .to_binary()
        .unwrap()
        .headers;
    let mut sent: Vec<_> = headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    sent.sort_unstable();
    let want = [
        ("ce-dataschema", "https://a/%2520"),
        ("ce-id", "1234-1234-1234"),
        ("ce-printable", &*printable),
        ("ce-source", "/mycontext/subcontext"),
        ("ce-specversion", "1.0"),
        ("ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
        ("ce-time", "2018-04-05T03:56:24Z"),
        ("ce-type", "com.example.someevent"),
        ("content-type", "application/json"),
    ];
    assert_eq!(sent, want);
}

/// 3.1.3.1 of 0.3: each entry of a map is a header, where headers can say the same.
#[test]
fn maps() {
    let message = |map: &str| event(&[STRUCTURED], &format!(r#"{{{V0_3},"a":{map}}}"#)).to_binary();
    let headers = message(r#"{"b":"é","c-d":5,"e":{"F": 1.50}}"#).unwrap().headers;
    for (name, want) in [
        ("ce-a-b", "%C3%A9"),
        ("ce-a-c-d", "5"),
        ("ce-a-e", "{%22F%22:%201.50}"),
    ] {
        assert_eq!(headers[name], want, "{name}");
    }
    assert!(!headers.contains_key("ce-a"));
    let many: Vec<_> = (0..2_000).map(|n| format!(r#""k{n}":1"#)).collect();
    let many = format!("{{{}}}", many.join(","));
    for map in [
        "{}",
        r#"{"B":1}"#,
        r#"{"":1}"#,
        r#"{"b":null}"#,
        r#"{"b c":1}"#,
        &many,
    ] {
        assert_eq!(message(map), None, "{map}");
    }
}
