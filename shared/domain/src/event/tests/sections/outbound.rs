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
