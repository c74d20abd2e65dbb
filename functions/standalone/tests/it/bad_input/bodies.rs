//! Bodies that the Events API cannot take.

use super::assert_unharmed;
use crate::client::{Connection, send};
use crate::function_server::FunctionServer;
use crate::gateway_process::GatewayProcess;

const STRUCTURED: [(&str, &str); 1] = [("Content-Type", "application/cloudevents+json")];

fn event_with(member: &str) -> String {
    format!(r#"{{"eventType":"ev","cloudEventsVersion":"0.1","source":"/a","eventID":"1",{member}}}"#)
}

#[test]
fn broken_structured_events_are_refused() {
    let mut gateway = GatewayProcess::start(&[]);
    let whole = event_with(r#""data":{"a":"b"}"#);
    for end in 0..whole.len() {
        let answer = gateway.post_event("/", &STRUCTURED, &whole[..end]);
        assert_eq!(answer.status, 400, "{}", &whole[..end]);
        assert_eq!(
            answer.error_message(),
            "unexpected end of JSON input",
            "{}",
            &whole[..end]
        );
    }
    assert_eq!(gateway.post_event("/", &STRUCTURED, &whole).status, 202);
    for body in [
        "[]".to_owned(),
        "5".to_owned(),
        "\"text\"".to_owned(),
        format!("{whole}x"),
        format!("{whole}{whole}"),
        event_with("\"eventType\":5"),
        event_with("\"eventTime\":\"yesterday\""),
        event_with("\"extensions\":[]"),
        event_with("\"contentType\":{}"),
        event_with("\"source\":\"no uri\""),
        event_with("\"data\":01"),
        event_with("\"data\":\"\u{1}\""),
        event_with("\"data\":\"\\ud800\\uZZZZ\""),
    ] {
        let answer = gateway.post_event("/", &STRUCTURED, &body);
        assert_eq!(answer.status, 400, "{body}");
        assert!(!answer.error_message().is_empty());
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn bytes_that_are_no_text_do_no_harm_anywhere() {
    let mut gateway = GatewayProcess::start(&[]);
    let functions = FunctionServer::answering("{}");
    gateway.event_type("http.request");
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    for event_type in ["http.request", "ev"] {
        gateway.subscribe("sync", event_type, "f", "/f");
    }
    let bytes = b"\xff\xfe\x00\xf0\x9f";
    for content_type in [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/octet-stream",
    ] {
        for event in [&[][..], &[("Event", "ev")]] {
            let headers = [&[("Content-Type", content_type)], event].concat();
            let answer = gateway.post_event("/f?%ff=%fe&%zz=%&=&&&\u{fffd}", &headers, bytes);
            assert_eq!(answer.status, 200, "{content_type} {event:?}: {}", answer.text());
        }
    }
    assert_eq!(gateway.post_event("/f", &STRUCTURED, bytes).status, 400);

    let mut raw = Connection::open(gateway.events);
    raw.send(b"POST /f?\xff=\xfe HTTP/1.1\r\nHost: \xffh\r\nX-A: \xff\xfe\x80\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    let answer = raw.answer().unwrap();
    assert!(matches!(answer.status, 200 | 400), "{answer:?}");
    let mut raw = Connection::open(gateway.events);
    raw.send(
        b"POST /f HTTP/1.1\r\nHost: h\r\nX-A: \xff\xfe\x80\r\nEvent: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    )
    .unwrap();
    let answer = raw.answer().unwrap();
    assert!(matches!(answer.status, 200 | 202 | 400), "{answer:?}");
    for call in functions.calls() {
        call.json();
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn bad_content_types_are_refused() {
    let mut gateway = GatewayProcess::start(&[]);
    let many: Vec<_> = (0..5000).map(|number| format!("; a{number}=b")).collect();
    let long = format!("text/plain{}; a0=c", many.concat());
    for content_type in [
        "text/",
        "text/plain; a",
        "text/plain x",
        "text/plain; a=1; a=2",
        &long,
    ] {
        let answer = gateway.post_event("/", &[("Content-Type", content_type)], "");
        assert_eq!(answer.status, 400, "{content_type}");
        assert!(answer.error_message().starts_with("mime: "), "{}", answer.text());
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn oversized_events_are_refused() {
    let mut gateway = GatewayProcess::start(&["-events-read-timeout=2000"]);
    let too_large = vec![b'x'; (10 << 20) + 1];
    for headers in [&[][..], &STRUCTURED, &[("Event", "ev")]] {
        let answer = gateway.post_event("/", headers, &too_large);
        assert_eq!(answer.status, 413, "{headers:?}");
        assert_eq!(
            answer.error_message(),
            "request body is larger than 10485760 bytes"
        );
    }
    assert_eq!(gateway.post_event("/", &[], &too_large[1..]).status, 202);

    let mut chunked = Connection::open(gateway.events);
    chunked
        .send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    for piece in too_large.chunks(100_000) {
        chunked
            .send([format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat())
            .unwrap();
    }
    chunked.send("0\r\n\r\n").unwrap();
    assert_eq!(chunked.answer().unwrap().status, 413);

    // Clients that never look for an answer are read from only so long.
    for framing in ["Transfer-Encoding: chunked", "Content-Length: 99999999999"] {
        let mut endless = Connection::open(gateway.events);
        endless
            .send(format!("POST / HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n"))
            .unwrap();
        let chunk = [
            format!("{:x}\r\n", too_large.len()).as_bytes(),
            &too_large,
            b"\r\n",
        ]
        .concat();
        let mut sent = 0;
        while endless.send(&chunk).is_ok() {
            sent += chunk.len();
            assert!(sent < 1 << 30, "the gateway reads for ever");
        }
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn broken_framing_is_refused() {
    let mut gateway = GatewayProcess::start(&[]);
    for (framing, body) in [
        ("Transfer-Encoding: chunked", "zz\r\nabc\r\n0\r\n\r\n"),
        ("Transfer-Encoding: chunked", "ffffffffffffffffff\r\nabc"),
        ("Transfer-Encoding: chunked", "3\r\nabcX\r\n0\r\n\r\n"),
        ("Transfer-Encoding: gzip", "abc"),
        ("Content-Length: 3\r\nContent-Length: 4", "abcd"),
        ("Content-Length: -1", ""),
        ("Content-Length: +3", "abc"),
        ("Content-Length: 3x", "abc"),
        ("Content-Length: 99999999999999999999999", "abc"),
    ] {
        let mut connection = Connection::open(gateway.events);
        connection
            .send(format!("POST / HTTP/1.1\r\nHost: h\r\n{framing}\r\n\r\n{body}"))
            .unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!(answer.status, 400, "{framing} {body:?}: {answer:?}");
        assert!(connection.is_closed(), "{framing} {body:?}");
    }
    // A client that goes away in the middle leaves nothing behind.
    for _ in 0..100 {
        let mut connection = Connection::open(gateway.events);
        connection
            .send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc")
            .unwrap();
    }
    assert_eq!(send(gateway.events, "POST", "/", &[], "abc").status, 202);
    assert_unharmed(&mut gateway);
}
