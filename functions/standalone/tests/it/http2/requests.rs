//! Requests and their answers.

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::mpsc;

use serde_json::json;

use crate::client::{Connection, get, request as http1_request};
use crate::function_server::{FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};
use crate::http2_client::{Http2, Sent, request};

#[test]
fn both_versions_are_served_on_the_same_port() {
    let functions = FunctionServer::answering(r#"{"statusCode":201,"body":"done"}"#);
    let mut gateway = GatewayProcess::start(&[]);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/sync");
    gateway.subscribe("async", "ev", "f", "/async");
    let client = Http2::open(gateway.events);
    let answered = client.send("POST", "/sync", &[("event", "ev")], "{}");
    assert_eq!((answered.status, answered.text().as_str()), (201, "done"));
    assert_eq!(
        client.send("POST", "/async", &[("event", "ev")], "{}").status,
        202
    );
    wait_until("it is delivered", || functions.calls().len() == 2);
    let over_1 = gateway.post_event("/sync", &[("Event", "ev")], "{}");
    assert_eq!((over_1.status, over_1.text().as_str()), (201, "done"));

    let operator = Http2::open(gateway.config);
    let path = "/v1/spaces/default/eventtypes";
    assert_eq!(
        operator.send("POST", path, &[], r#"{"name":"other"}"#).status,
        201
    );
    let listed = operator.send("GET", path, &[], "").json();
    assert_eq!(listed["eventTypes"].as_array().unwrap().len(), 2);
    assert_eq!(operator.send("GET", "/v1/nothing", &[], "").status, 404);
    gateway.assert_serving();
}

#[test]
fn a_preface_may_come_in_pieces() {
    let gateway = GatewayProcess::start(&[]);
    let mut client = Connection::open(gateway.events);
    for piece in ["P", "RI * HTTP/2.0\r\n", "\r\nSM", "\r\n\r\n"] {
        client.send(piece).unwrap();
        // What is sent at once may arrive at once: another request shows that the gateway had its turn.
        assert_eq!(gateway.get_config("/v1/status").status, 200);
    }
    client.send([0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap();
    let settings = client.take(9).unwrap();
    assert_eq!((settings[3], settings[4]), (4, 0), "{settings:?}");

    // What only begins so is a request like others.
    let mut client = Connection::open(gateway.events);
    client.send("P").unwrap();
    assert_eq!(gateway.get_config("/v1/status").status, 200);
    client.send(&http1_request("POST", "/", &[], "")[1..]).unwrap();
    assert_eq!(client.answer().unwrap().status, 202);
}

#[test]
fn many_requests_are_answered_at_a_time() {
    const CALLS: usize = 50;
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let functions = FunctionServer::start(move |stream, _| {
        let _released_or_over = released.lock().unwrap().recv();
        stream.write_all(answer(200, r#"{"body":"done"}"#).as_bytes())
    });
    let gateway = GatewayProcess::start(&["-function-timeout=60000"]);
    gateway.event_type("ev");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "ev", "f", "/");
    let client = Http2::open(gateway.events);
    let before = gateway.open_files();
    let post = || request("POST", "/", &[("event", "ev")], Sent::whole("{}"));
    let waiting: Vec<_> = (0..CALLS).map(|_| client.begin(post())).collect();
    wait_until("all are called", || functions.calls().len() == CALLS);
    // One connection to the function each, and none from the client.
    assert!(gateway.open_files() <= before + CALLS + 2);
    drop(release);
    for awaited in waiting {
        assert_eq!(awaited.answer().unwrap().text(), "done");
    }
}

#[test]
fn functions_see_the_same_request() {
    let functions = FunctionServer::answering("{}");
    let gateway = GatewayProcess::start(&[]);
    gateway.event_type("http.request");
    gateway.function("f", &functions.url("/"));
    gateway.subscribe("sync", "http.request", "f", "/a/:id");
    let headers = [("cookie", "a=1"), ("cookie", "b=2"), ("x-a", "1"), ("x-a", "2")];
    let client = Http2::open(gateway.events);
    assert_eq!(client.send("POST", "/a/7?q=1", &headers, "{\"n\":1}").status, 200);
    let data = functions.calls()[0].json()["data"].clone();
    assert_eq!(
        (&data["host"], &data["path"], &data["params"], &data["query"]),
        (
            &json!("localhost"),
            &json!("/a/7"),
            &json!({"id": "7"}),
            &json!({"q": ["1"]})
        )
    );
    assert_eq!(data["headers"]["Cookie"], "a=1; b=2");
    assert_eq!(data["headers"]["X-A"], "1, 2");
    assert!(data["headers"].get("Host").is_none(), "{data}");
}

#[test]
fn headers_of_a_connection_stay_on_it() {
    let functions = FunctionServer::start(|stream, _| {
        stream.write_all(
            b"HTTP/1.1 200 OK\r\nConnection: x-own\r\nKeep-Alive: timeout=5\r\nX-Own: a\r\nX-Kept: b\r\n\
              Content-Length: 3\r\n\r\nabc",
        )
    });
    let gateway = GatewayProcess::start(&[]);
    gateway.answer_with("raw", "GET", "/raw", &functions.url("/"));
    let client = Http2::open(gateway.events);
    for _ in 0..2 {
        let answered = client.send("GET", "/raw", &[], "");
        assert_eq!((answered.status, answered.text().as_str()), (200, "abc"));
        assert_eq!(answered.header("x-kept"), Some("b"));
        for name in ["connection", "keep-alive", "x-own", "transfer-encoding"] {
            assert_eq!(answered.header(name), None, "{name}");
        }
    }
    // Neither does what the gateway says itself break the connection.
    assert_eq!(client.send("GET", "/%zz", &[], "").status, 400);
    assert_eq!(client.send("GET", "/raw", &[], "").status, 200);
}

#[test]
fn content_is_left_out_where_there_is_none() {
    let gateway = GatewayProcess::start(&[]);
    let client = Http2::open(gateway.config);
    let whole = get(gateway.config, "/v1/openapi.json");
    let head = client.send("HEAD", "/v1/openapi.json", &[], "");
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), whole.header("content-length"));
    assert_eq!(client.send("GET", "/v1/openapi.json", &[], "").body, whole.body);
    gateway.event_type("ev");
    let deleted = client.send("DELETE", "/v1/spaces/default/eventtypes/ev", &[], "");
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    assert_eq!(client.send("GET", "/v1/status", &[], "").status, 200);
}

#[test]
fn a_request_names_one_host() {
    let gateway = GatewayProcess::start(&[]);
    let client = Http2::open(gateway.events);
    assert_eq!(client.send("GET", "/", &[("host", "localhost")], "").status, 202);
    assert_eq!(client.send("GET", "/", &[("host", "other")], "").status, 400);
    assert_eq!(
        client
            .send("GET", "/", &[("host", "a"), ("host", "a")], "")
            .status,
        400
    );
    let foreign = Http2::open(gateway.config);
    let mut rebound = request("GET", "/v1/spaces/default/functions", &[], Sent::whole(""));
    *rebound.uri_mut() = "http://evil.example/v1/spaces/default/functions".parse().unwrap();
    assert_eq!(foreign.begin(rebound).answer().unwrap().status, 403);
}
