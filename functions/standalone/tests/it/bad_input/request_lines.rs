//! Unusual and broken requests, to the letter.

use super::assert_unharmed;
use crate::client::Connection;
use crate::gateway_process::GatewayProcess;

/// A request, the status of the Events API and that of the Configuration API.
const REQUESTS: &[(&str, u16, u16)] = &[
    ("GET http://other/v1/status HTTP/1.1\r\nHost: h\r\n\r\n", 202, 200),
    ("GET http://other HTTP/1.1\r\nHost: h\r\n\r\n", 202, 404),
    // RFC 9112, section 3.2: the line is needed whatever the target says.
    ("GET http://other/v1/status HTTP/1.1\r\n\r\n", 400, 400),
    ("GET http://other/v1/status HTTP/1.0\r\n\r\n", 202, 200),
    (
        "GET http://other/v1/status HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n",
        400,
        400,
    ),
    (
        "GET http://other/v1/status HTTP/1.1\r\nHost: a b\r\n\r\n",
        400,
        400,
    ),
    (
        "GET http://user@other/v1/status HTTP/1.1\r\nHost: h\r\n\r\n",
        400,
        400,
    ),
    (
        "GET http://user:secret@other/v1/status HTTP/1.1\r\nHost: h\r\n\r\n",
        400,
        400,
    ),
    (
        "GET http://@other/v1/status HTTP/1.1\r\nHost: h\r\n\r\n",
        400,
        400,
    ),
    (
        "GET http://other:x/v1/status HTTP/1.1\r\nHost: h\r\n\r\n",
        400,
        400,
    ),
    ("GET http://:80/v1/status HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400, 400),
    (
        "GET /v1/status HTTP/1.1\r\nHost: h\r\nhOST: other\r\n\r\n",
        400,
        400,
    ),
    (
        "GET /v1/status HTTP/1.1\r\nHost: h\r\nX: y\r\nHost:\r\n\r\n",
        400,
        400,
    ),
    (
        "GET /v1/status HTTP/1.0\r\nHost: h\r\nHost: other\r\n\r\n",
        400,
        400,
    ),
    ("OPTIONS * HTTP/1.1\r\nHost: h\r\nHost: other\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h, other\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h,other\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h/other\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: user@h\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h:80:80\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h:port\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost : h\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: localhost.\r\n\r\n", 202, 200),
    ("GET /v1/status HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 202, 200),
    (
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n",
        501,
        501,
    ),
    ("CONNECT /v1/status HTTP/1.1\r\nHost: h\r\n\r\n", 501, 501),
    ("CONNECT * HTTP/1.1\r\n\r\n", 501, 501),
    (
        "GET HTTP://[::1]:80/v1/status?a#b HTTP/1.1\r\nHost: h\r\n\r\n",
        202,
        200,
    ),
    ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 200, 200),
    ("GET * HTTP/1.1\r\nHost: h\r\n\r\n", 202, 404),
    ("GET /v1/status HTTP/1.1\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost:\r\n\r\n", 202, 200),
    ("GET /v1/status HTTP/1.0\r\n\r\n", 202, 200),
    (
        "GET /v1/status HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        202,
        200,
    ),
    ("GET /% HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400),
    ("GET /%z HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400),
    ("GET /%zz/a HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400),
    ("GET /?%zz HTTP/1.1\r\nHost: h\r\n\r\n", 202, 404),
    ("GET //v1//status HTTP/1.1\r\nHost: h\r\n\r\n", 202, 301),
    ("GET /../../etc HTTP/1.1\r\nHost: h\r\n\r\n", 202, 404),
    ("BREW /v1/status HTTP/1.1\r\nHost: h\r\n\r\n", 202, 405),
    ("get /v1/status HTTP/1.1\r\nHost: h\r\n\r\n", 202, 405),
    ("TRACE /v1/status HTTP/1.1\r\nHost: h\r\n\r\n", 202, 405),
    (
        "POST /v1/spaces/a/functions/f HTTP/1.1\r\nHost: localhost\r\n\r\n",
        202,
        405,
    ),
    ("GET nowhere HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400),
    ("GET  /v1/status HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400),
    ("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400, 400),
    ("GET /v1/status\r\nHost: h\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/3.7\r\nHost: h\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h\r\nX Y: z\r\n\r\n", 400, 400),
    ("GET /v1/status HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", 400, 400),
    ("\r\n\r\nGET /v1/status HTTP/1.1\r\nHost: h\r\n\r\n", 202, 200),
    ("\0\u{1}\u{2}\r\n\r\n", 400, 400),
];

#[test]
fn each_gets_its_status() {
    let mut gateway = GatewayProcess::start(&[]);
    for &(request, events, config) in REQUESTS {
        for (address, status) in [(gateway.events, events), (gateway.config, config)] {
            let mut connection = Connection::open(address);
            connection.send(request).unwrap();
            let answer = connection
                .answer()
                .unwrap_or_else(|err| panic!("{request:?}: {err}"));
            assert_eq!(answer.status, status, "{request:?} {}", answer.text());
        }
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn tunnels_and_other_protocols_are_not_spoken() {
    let mut gateway = GatewayProcess::start(&["-events-read-timeout=500", "-config-read-timeout=500"]);
    for address in [gateway.events, gateway.config] {
        for request in [
            &b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"[..],
            b"CONNECT /v1/status HTTP/1.1\r\nHost: h\r\n\r\n",
            b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
            b"SSH-2.0-OpenSSH_9.0\r\n",
        ] {
            let mut connection = Connection::open(address);
            connection.send(request).unwrap();
            if let Ok(answer) = connection.answer() {
                let what = String::from_utf8_lossy(request);
                assert!(
                    answer.status == 202 || answer.status / 100 == 4 || matches!(answer.status, 501 | 505),
                    "{what}: {answer:?}"
                );
            }
            connection.try_send("what follows is for nobody");
            while connection.answer().is_ok() {}
        }
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn only_the_coding_chunked_is_known() {
    let mut gateway = GatewayProcess::start(&[]);
    let chunks = "2\r\nab\r\n0\r\n\r\n";
    for (lines, status) in [
        ("Transfer-Encoding: chunked", 202),
        ("Transfer-Encoding: Chunked", 202),
        ("Transfer-Encoding: gzip, chunked", 501),
        ("Transfer-Encoding: x-gzip , chunked", 501),
        ("Transfer-Encoding: identity, chunked", 501),
        ("Transfer-Encoding: chunked, chunked", 501),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 501),
        ("Transfer-Encoding: gzip\r\ntransfer-encoding: chunked", 501),
        ("Transfer-Encoding: \"a, b\", chunked", 501),
        // Where the body ends cannot be known (RFC 9112, section 6.3), and the server closes.
        ("Transfer-Encoding: gzip", 400),
        ("Transfer-Encoding: chunked, gzip", 400),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", 400),
        ("Transfer-Encoding:", 400),
    ] {
        for address in [gateway.events, gateway.config] {
            let mut connection = Connection::open(address);
            let request = format!("POST /v1/status HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n{chunks}");
            connection.send(request).unwrap();
            let answer = connection.answer().unwrap();
            let want = if status == 202 && address == gateway.config {
                405
            } else {
                status
            };
            assert_eq!(answer.status, want, "{lines}");
            assert!(want < 500 && want != 400 || connection.is_closed(), "{lines}");
        }
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let gateway = GatewayProcess::start(&[]);
    let mut connection = Connection::open(gateway.config);
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let create = "POST /v1/spaces/default/eventtypes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12\r\n\r\n{\"name\":\"a\"}";
    let bytes = get("/v1/status") + &get("/nothing") + create + &get("/v1/spaces/default/eventtypes/a");
    connection.send(bytes.repeat(50)).unwrap();
    for round in 0..50 {
        let create = if round == 0 { 201 } else { 409 };
        for status in [200, 404, create, 200] {
            assert_eq!(connection.answer().unwrap().status, status, "{round}");
        }
    }
    let mut connection = Connection::open(gateway.events);
    connection
        .send(
            format!(
                "{}{}",
                get("/a"),
                "POST /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
            )
            .repeat(50),
        )
        .unwrap();
    for _ in 0..100 {
        assert_eq!(connection.answer().unwrap().status, 202);
    }
}

#[test]
fn clients_that_wait_to_be_told_to_go_on_are_told() {
    let gateway = GatewayProcess::start(&[]);
    let head = "POST /v1/spaces/default/eventtypes HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n";
    for (address, status) in [(gateway.config, 201), (gateway.events, 202)] {
        let mut connection = Connection::open(address);
        connection
            .send(format!("{head}Content-Length: 12\r\n\r\n"))
            .unwrap();
        assert_eq!(connection.answer().unwrap().status, 100);
        connection.send("{\"name\":\"a\"}").unwrap();
        assert_eq!(connection.answer().unwrap().status, status);
    }
    // Where the answer does not depend on the body, it comes at once.
    let mut connection = Connection::open(gateway.config);
    connection
        .send("POST /nothing HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n")
        .unwrap();
    assert_eq!(connection.answer().unwrap().status, 404);
    // Nobody is told to send what is too large in any case.
    for address in [gateway.config, gateway.events] {
        let mut connection = Connection::open(address);
        connection
            .send(format!("{head}Content-Length: 99999999\r\n\r\n"))
            .unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!(answer.status, 413);
        assert!(answer.error_message().starts_with("request body is larger than "));
    }
}

#[test]
fn head_requests_get_heads() {
    let gateway = GatewayProcess::start(&[]);
    let mut connection = Connection::open(gateway.config);
    // docs/contract.md §1.1: HEAD is served where GET is, and says what GET would.
    for (path, status) in [
        ("/v1/status", 200),
        ("/v1/spaces/default/functions", 200),
        ("/v1/spaces/default/functions/none", 404),
        ("//v1//status", 301),
        ("/v1/spaces/default/explain", 405),
        ("/nothing", 404),
    ] {
        let request = |method: &str| format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        for _ in 0..2 {
            connection.send(request("HEAD")).unwrap();
            let head = connection.answer_to_head().unwrap();
            assert_eq!(head.status, status, "{path}");
            connection.send(request("GET")).unwrap();
            let whole = connection.answer().unwrap();
            assert_eq!(
                head.header("content-length"),
                whole.header("content-length"),
                "{path}"
            );
        }
    }
}
