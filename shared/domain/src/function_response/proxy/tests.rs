//! Results in both payload formats, as the documentation of API Gateway has them, and such as it refuses.

use super::*;

fn read(text: &str) -> FunctionResponse {
    FunctionResponse::from_proxy_result(text.as_bytes()).unwrap_or_else(|err| panic!("{err}: {text}"))
}

fn lines<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let values = headers.get_all(name).iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

#[test]
fn bodies() {
    for (text, status, body) in [
        (r#"{"statusCode":200}"#, 200, &b""[..]),
        (r#"{"statusCode":200,"body":null}"#, 200, b""),
        (r#"{"statusCode":201,"body":"b"}"#, 201, b"b"),
        (r#"{"statusCode":"404","body":"b"}"#, 404, b"b"),
        (
            r#"{"statusCode":200,"body":"AP9/","isBase64Encoded":true}"#,
            200,
            b"\x00\xff\x7f",
        ),
        (
            r#"{"statusCode":200,"body":"/w","isBase64Encoded":true}"#,
            200,
            b"\xff",
        ),
        (r#"{"statusCode":200,"body":"","isBase64Encoded":true}"#, 200, b""),
        (
            r#"{"statusCode":200,"body":"AP9/","isBase64Encoded":false}"#,
            200,
            b"AP9/",
        ),
        (
            r#"{"statusCode":200,"body":"AP9/","isBase64Encoded":null}"#,
            200,
            b"AP9/",
        ),
        (r#"{"statusCode":204,"body":"b"}"#, 204, b""),
        (
            r#"{"statusCode":304,"body":"AP9/","isBase64Encoded":true}"#,
            304,
            b"",
        ),
        (r#"{"statusCode":502,"body":"b"}"#, 502, b"b"),
    ] {
        let answer = read(text);
        assert_eq!((answer.status.as_u16(), &*answer.body), (status, body), "{text}");
    }
}

#[test]
fn without_a_status_the_result_is_the_body() {
    for (text, body) in [
        ("{}", "{}"),
        (r#" {"message": 1.10} "#, r#"{"message": 1.10}"#),
        (
            r#"{"body":"b","headers":{"a":"b"}}"#,
            r#"{"body":"b","headers":{"a":"b"}}"#,
        ),
        (r#"{"statusCode":null}"#, r#"{"statusCode":null}"#),
        (r#""Hello from \u004cambda!""#, "Hello from Lambda!"),
        ("[1,2]", "[1,2]"),
        ("5", "5"),
        ("null", "null"),
    ] {
        let answer = read(text);
        assert_eq!(
            (answer.status, &*answer.body),
            (StatusCode::OK, body.as_bytes()),
            "{text}"
        );
        assert_eq!(lines(&answer.headers, "content-type"), ["application/json"]);
        assert_eq!(answer.headers.len(), 1);
    }
}

#[test]
fn headers_of_both_kinds_are_merged() {
    let answer = read(
        r#"{"statusCode":200,"body":"b",
            "headers":{"X-One":"1","x-both":"c","x-same":"a","x-number":7,"x-true":true,"x-null":null,
                       "Content-Type":"text/plain","Content-Length":"99","Connection":"close","bad name":"x",
                       "x-split":"1\r\nx-b: 2","Set-Cookie":"z=1"},
            "multiValueHeaders":{"x-both":["a","b"],"X-Same":["a"],"content-type":["image/png"],"x-none":[],
                                 "x-absent":null,"Transfer-Encoding":["chunked"]},
            "cookies":["a=1; Path=/","b=2"]}"#,
    );
    for (name, want) in [
        ("x-one", &["1"][..]),
        ("x-both", &["a", "b", "c"]),
        ("x-same", &["a"]),
        ("x-number", &["7"]),
        ("x-true", &["true"]),
        ("x-split", &["1  x-b: 2"]),
        ("content-type", &["image/png"]),
        ("set-cookie", &["z=1", "a=1; Path=/", "b=2"]),
    ] {
        assert_eq!(lines(&answer.headers, name), want, "{name}");
    }
    assert_eq!(answer.headers.keys_len(), 8, "{:?}", answer.headers);
}

#[test]
fn types_are_guessed_from_the_bytes_themselves() {
    let encoded = read(r#"{"statusCode":200,"body":"AAEC","isBase64Encoded":true}"#);
    assert_eq!(
        lines(&encoded.headers, "content-type"),
        ["application/octet-stream"]
    );
    let text = read(r#"{"statusCode":200,"body":"<p>x"}"#);
    assert_eq!(lines(&text.headers, "content-type"), ["text/html; charset=utf-8"]);
    assert!(read(r#"{"statusCode":200}"#).headers.is_empty());
}

#[test]
fn malformed() {
    let many: Vec<String> = (0..=MAX_LINES).map(|n| n.to_string()).collect();
    let many = serde_json::json!({"statusCode": 200, "multiValueHeaders": {"x": many}}).to_string();
    for text in [
        "",
        "hello",
        "{} x",
        "{",
        r#"{"statusCode":true}"#,
        r#"{"statusCode":"ok"}"#,
        r#"{"statusCode":200.5}"#,
        r#"{"statusCode":100}"#,
        r#"{"statusCode":1000}"#,
        r#"{"statusCode":-200}"#,
        r#"{"statusCode":200,"body":{}}"#,
        r#"{"statusCode":200,"body":5}"#,
        r#"{"statusCode":200,"body":"?","isBase64Encoded":true}"#,
        r#"{"statusCode":200,"isBase64Encoded":"true"}"#,
        r#"{"statusCode":200,"headers":[]}"#,
        r#"{"statusCode":200,"headers":{"a":{}}}"#,
        r#"{"statusCode":200,"headers":{"a":["b"]}}"#,
        r#"{"statusCode":200,"multiValueHeaders":{"a":"b"}}"#,
        r#"{"statusCode":200,"multiValueHeaders":{"a":[{}]}}"#,
        r#"{"statusCode":200,"cookies":"a=1"}"#,
        r#"{"statusCode":200,"cookies":[1]}"#,
        &many,
    ] {
        let err = FunctionResponse::from_proxy_result(text.as_bytes()).unwrap_err();
        assert_eq!(err.to_string(), "HTTP response object malformed", "{text}");
    }
}

#[test]
fn preludes() {
    let text = br#"{"statusCode":203,"headers":{"content-type":"text/event-stream"},"cookies":["a=1"]}"#;
    let prelude = Prelude::from_slice(text).unwrap();
    assert_eq!(prelude.status.as_u16(), 203);
    assert_eq!(lines(&prelude.headers, "content-type"), ["text/event-stream"]);
    assert_eq!(lines(&prelude.headers, "set-cookie"), ["a=1"]);
    let bare = Prelude::from_slice(b"{}").unwrap();
    assert_eq!((bare.status, bare.headers.len()), (StatusCode::OK, 0));
    for text in ["", "[]", "{\"statusCode\":1}", "{\"headers\":5}", "{} {}"] {
        assert!(Prelude::from_slice(text.as_bytes()).is_err(), "{text}");
    }
}
