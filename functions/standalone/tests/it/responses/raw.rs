//! Answers of functions as they are.

use std::io::Write as _;

use serde_json::json;

use crate::client::{Connection, get, request, send};
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};

/// Answers `/<status>` with that status, a few headers, and bytes that are no text.
fn functions() -> FunctionServer {
    FunctionServer::start(|stream, call| {
        let head = format!(
            "HTTP/1.1 {} X\r\nContent-Length: 4\r\nContent-Type: image/x-own\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\
             Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nLocation: /own\r\n\r\n",
            &call.path[1..]
        );
        stream.write_all(head.as_bytes())?;
        // These have no body, whatever their length says.
        if !matches!(call.path.as_str(), "/204" | "/304") {
            stream.write_all(b"\x00\xff\xfe\n")?;
        }
        Ok(())
    })
}

#[test]
fn status_headers_and_bytes_are_those_of_the_function() {
    let functions = functions();
    let gateway = GatewayProcess::start(&[]);
    for mode in ["raw", "stream"] {
        for status in [200, 206, 302, 404, 418, 500, 503] {
            let path = format!("/{mode}{status}");
            gateway.answer_with(mode, "GET", &path, &functions.url(&format!("/{status}")));
            let answer = get(gateway.events, &path);
            assert_eq!(
                (answer.status, &*answer.body),
                (status, &b"\x00\xff\xfe\n"[..]),
                "{path}"
            );
            let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
            names.sort_unstable();
            let want = [
                "content-length",
                "content-type",
                "date",
                "location",
                "set-cookie",
                "set-cookie",
            ];
            assert_eq!(names, want, "{path}");
            assert_eq!(answer.header("content-length"), Some("4"));
        }
        for status in [204, 304] {
            let path = format!("/{mode}{status}");
            gateway.answer_with(mode, "GET", &path, &functions.url(&format!("/{status}")));
            // The connection can be used on, so that nothing of a body is on it.
            let mut connection = Connection::open(gateway.events);
            for _ in 0..2 {
                connection.send(request("GET", &path, &[], "")).unwrap();
                let answer = connection.answer().unwrap();
                assert_eq!(
                    (answer.status, answer.header("set-cookie")),
                    (status, Some("a=1"))
                );
            }
        }
    }
}

#[test]
fn head_requests_get_the_head() {
    let functions = functions();
    let gateway = GatewayProcess::start(&[]);
    for mode in ["raw", "stream"] {
        let path = format!("/{mode}");
        gateway.answer_with(mode, "HEAD", &path, &functions.url("/404"));
        let mut connection = Connection::open(gateway.events);
        for _ in 0..2 {
            connection.send(request("HEAD", &path, &[], "")).unwrap();
            let answer = connection.answer_to_head().unwrap();
            assert_eq!(
                (answer.status, answer.header("content-length")),
                (404, Some("4")),
                "{mode}"
            );
        }
    }
}

#[test]
fn headers_of_the_function_win_over_those_of_cors() {
    let functions = FunctionServer::start(|stream, _| {
        stream.write_all(
            b"HTTP/1.1 200 X\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: https://own\r\n\r\nok",
        )
    });
    let gateway = GatewayProcess::start(&[]);
    gateway.answer_with("raw", "GET", "/raw", &functions.url("/"));
    gateway.create(
        "cors",
        &json!({
            "method": "GET",
            "path": "/raw",
            "allowedOrigins": ["https://client"],
            "allowCredentials": true
        }),
    );
    let answer = send(gateway.events, "GET", "/raw", &[("Origin", "https://client")], "");
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://own"));
    assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    assert_eq!(answer.header("vary"), Some("Origin"));
}

#[test]
fn caches_learn_of_the_origin_whatever_else_they_have_to_compare() {
    let functions = FunctionServer::start(|stream, call| {
        let vary = &call.path[1..];
        let body = if vary == "proxy" {
            json!({"statusCode": 200, "headers": {"Vary": "Accept-Encoding"}}).to_string()
        } else {
            "{}".to_owned()
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 200 X\r\nContent-Length: {length}\r\nVary: {vary}\r\n\r\n{body}"
        )
    });
    let gateway = GatewayProcess::start(&[]);
    for (mode, vary, want) in [
        ("raw", "Accept-Encoding", &["Accept-Encoding", "Origin"][..]),
        ("stream", "Accept-Encoding", &["Accept-Encoding", "Origin"]),
        ("proxy", "proxy", &["Accept-Encoding", "Origin"]),
        // It is there already, or said of all.
        ("raw", "Accept,origin", &["Accept,origin"]),
        ("raw", "*", &["*"]),
    ] {
        let path = format!("/{mode}-{}", vary.len());
        gateway.answer_with(mode, "GET", &path, &functions.url(&format!("/{vary}")));
        gateway.create("cors", &json!({"method": "GET", "path": path}));
        let answer = send(gateway.events, "GET", &path, &[("Origin", "https://client")], "");
        let lines = answer.headers.iter().filter(|(name, _)| name == "vary");
        let lines: Vec<_> = lines.map(|(_, value)| value.as_str()).collect();
        assert_eq!(lines, want, "{mode} {vary}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

#[test]
fn a_failure_that_is_passed_on_is_told_as_one() {
    let functions = functions();
    let told = FunctionServer::answering("{}");
    let gateway = GatewayProcess::start(&[]);
    for name in ["invoked", "invocationFailed"] {
        let event_type = format!("eventgateway.function.{name}");
        gateway.event_type(&event_type);
        gateway.function(name, &told.url(&format!("/{name}")));
        gateway.subscribe("async", &event_type, name, "/");
    }
    gateway.event_type("http.request");
    for (mode, status) in [("raw", 500), ("stream", 500), ("raw", 404), ("stream", 404)] {
        let path = format!("/{mode}{status}");
        gateway.answer_with(mode, "GET", &path, &functions.url(&format!("/{status}")));
        assert_eq!(get(gateway.events, &path).status, status);
    }
    wait_until("four system events", || told.calls().len() == 4);
    let mut seen: Vec<_> = told
        .calls()
        .into_iter()
        .map(|call| {
            let data = call.json()["data"].clone();
            let id = data["functionId"].as_str().unwrap().to_owned();
            let detail = data["result"].as_str().or(data["error"]["message"].as_str());
            (call.path, id, detail.unwrap_or_default().to_owned())
        })
        .collect();
    seen.sort();
    let failure = "Function call failed because of runtime error. Error: HTTP status code: 500";
    let want = [
        ("/invocationFailed", "raw500", failure),
        ("/invocationFailed", "stream500", failure),
        ("/invoked", "raw404", "AP/+Cg=="),
        ("/invoked", "stream404", ""),
    ];
    let seen: Vec<_> = seen
        .iter()
        .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
        .collect();
    assert_eq!(seen, want);
}
