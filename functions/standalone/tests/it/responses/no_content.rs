//! Statuses whose answers have no content, whatever a function sends with them (RFC 9110, section 6.4.1).

use std::io::Write as _;

use serde_json::json;

use crate::client::{Connection, request};
use crate::function_server::FunctionServer;
use crate::gateway_process::GatewayProcess;

#[test]
fn no_mode_sends_content_with_them() {
    // The path says which status, in whichever way the mode reads it.
    let functions = FunctionServer::start(|stream, call| {
        let status: u16 = call.path.rsplit('-').next().unwrap().parse().unwrap();
        let is_object = call.path.starts_with("/object") || call.path.starts_with("/proxy");
        let body = if is_object {
            json!({"statusCode": status, "headers": {"X-A": "b", "Content-Length": "9"}, "body": "forbidden"})
                .to_string()
        } else {
            "forbidden".to_owned()
        };
        // What the client library of the gateway takes for the next answer would be such content.
        let head = if is_object || status == 205 {
            format!("Content-Length: {}\r\n\r\n{body}", body.len())
        } else {
            "Content-Length: 9\r\nConnection: close\r\n\r\n".to_owned()
        };
        let own = if is_object { 200 } else { status };
        write!(stream, "HTTP/1.1 {own} X\r\nX-A: b\r\n{head}")
    });
    let gateway = GatewayProcess::start(&[]);
    for mode in ["object", "proxy", "raw", "stream"] {
        for status in [204, 205, 304] {
            let path = format!("/{mode}-{status}");
            gateway.answer_with(mode, "GET", &path, &functions.url(&path));
            let mut connection = Connection::open(gateway.events);
            for _ in 0..2 {
                connection.send(request("GET", &path, &[], "")).unwrap();
                // What is not consumed here would be read as the beginning of the second answer.
                let answer = connection.head().unwrap();
                assert_eq!(answer.status, status, "{path}");
                assert_eq!(answer.header("x-a"), Some("b"), "{path}");
                let length = (status == 205).then_some("0");
                assert_eq!(answer.header("content-length"), length, "{path}");
                assert_eq!(answer.header("transfer-encoding"), None, "{path}");
            }
        }
    }
}
