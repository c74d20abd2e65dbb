//! Bodies that the Configuration API cannot take.

use serde_json::{Value, json};

use super::assert_unharmed;
use crate::client::{Connection, request, send};
use crate::gateway_process::GatewayProcess;

const COLLECTIONS: [(&str, &str, &str); 4] = [
    ("eventtypes", "Event Type", "a"),
    ("functions", "Function", "a"),
    ("subscriptions", "Subscription", "a"),
    ("cors", "CORS configuration", "GET%2Fa"),
];

#[test]
fn broken_bodies_are_refused_for_every_resource() {
    let mut gateway = GatewayProcess::start(&[]);
    let bodies: [(&[u8], &str); 14] = [
        (b"", "EOF"),
        (b" \n ", "EOF"),
        (b"{", "unexpected EOF"),
        (br#"{"name":"a","functionId":"#, "unexpected EOF"),
        (br#"{"name":"a"#, "unexpected EOF"),
        (b"[", "unexpected EOF"),
        (b"[]", "json: cannot unmarshal "),
        (b"\"text\"", "json: cannot unmarshal "),
        (b"5", "json: cannot unmarshal "),
        (br#"{"name":5,"functionId":5,"type":5,"method":5}"#, ""),
        (
            br#"{"metadata":[],"type":"http","provider":{"url":"http://a"}}"#,
            "",
        ),
        (b"{'name':'a'}", "invalid character "),
        (b"\xff\xfe", "invalid character "),
        (
            b"{\"name\":\"\xff\xfe\",\"functionId\":\"\xff\",\"type\":\"\xff\",\"method\":\"\xff\"}",
            "",
        ),
    ];
    for (collection, entity, id) in COLLECTIONS {
        for (body, detail) in bodies {
            for (method, path) in [
                ("POST", collection.to_owned()),
                ("PUT", format!("{collection}/{id}")),
            ] {
                let path = format!("/v1/spaces/default/{path}");
                let answer = send(gateway.config, method, &path, &[], body);
                let shown = String::from_utf8_lossy(body);
                assert_eq!(answer.status, 400, "{method} {path} {shown}: {}", answer.text());
                let start = format!("{entity} doesn't validate. Validation error: {detail}");
                let message = answer.error_message();
                assert!(message.starts_with(&start), "{method} {path} {shown}: {message}");
            }
        }
        assert_eq!(gateway.list(collection), [Value::Null; 0]);
    }
    assert_unharmed(&mut gateway);
}

#[test]
fn oversized_bodies_are_refused() {
    let mut gateway = GatewayProcess::start(&["-config-read-timeout=1000"]);
    let too_large = json!({"name": "a", "metadata": {"k": "x".repeat(2 << 20)}}).to_string();
    for (collection, _, id) in COLLECTIONS {
        for (method, path) in [
            ("POST", collection.to_owned()),
            ("PUT", format!("{collection}/{id}")),
        ] {
            let answer = send(
                gateway.config,
                method,
                &format!("/v1/spaces/default/{path}"),
                &[],
                &too_large,
            );
            assert_eq!(answer.status, 413, "{method} {path}");
            assert_eq!(
                answer.error_message(),
                "request body is larger than 1048576 bytes"
            );
        }
    }
    let head = "POST /v1/spaces/default/eventtypes HTTP/1.1\r\nHost: localhost\r\n";
    let mut chunked = Connection::open(gateway.config);
    let chunk = format!("{:x}\r\n{too_large}\r\n", too_large.len());
    chunked.try_send(format!(
        "{head}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n"
    ));
    assert_eq!(chunked.answer().unwrap().status, 413);

    // One that claims to be endless, and one that is.
    let mut claimed = Connection::open(gateway.config);
    claimed
        .send(format!("{head}Content-Length: 99999999999999\r\n\r\n{{"))
        .unwrap();
    let answer = claimed.answer().unwrap();
    assert!(matches!(answer.status, 408 | 413), "{answer:?}");
    answer.error_message();
    let mut endless = Connection::open(gateway.config);
    endless
        .send(format!("{head}Transfer-Encoding: chunked\r\n\r\n"))
        .unwrap();
    let mut sent = 0;
    while endless.send(&chunk).is_ok() {
        sent += chunk.len();
        assert!(sent < 1 << 30, "the gateway reads for ever");
    }
    assert_eq!(gateway.list("eventtypes"), [Value::Null; 0]);
    assert_unharmed(&mut gateway);
}

#[test]
fn a_body_of_exactly_the_limit_is_taken() {
    let gateway = GatewayProcess::start(&["-max-config-bytes=1000"]);
    let frame = json!({"name": "a", "metadata": {"k": ""}}).to_string().len();
    for (bytes, status) in [(1000, 201), (1001, 413)] {
        let body = json!({"name": "a", "metadata": {"k": "x".repeat(bytes - frame)}}).to_string();
        let answer = send(gateway.config, "POST", "/v1/spaces/default/eventtypes", &[], body);
        assert_eq!(answer.status, status, "{bytes}: {}", answer.text());
    }
}

#[test]
fn paths_and_queries_that_are_no_utf8_find_nothing() {
    let mut gateway = GatewayProcess::start(&[]);
    for (path, status) in [
        ("/v1/spaces/%ff%fe/eventtypes", 200),
        ("/v1/spaces/default/eventtypes/%ff", 404),
        ("/v1/spaces/default/cors/%ff%2F%fe", 404),
        ("/v1/spaces/default/eventtypes?metadata.%ff=%fe", 200),
        ("/v1/spaces/default/eventtypes?metadata.a=%zz", 200),
        ("/v1/spaces/default/eventtypes/%00", 404),
        ("/v1/spaces/default/eventtypes/%zz", 400),
        ("/v1/%ff", 404),
    ] {
        assert_eq!(gateway.get_config(path).status, status, "{path}");
    }
    let put = request("PUT", "/v1/spaces/%ff%fe/eventtypes/a", &[], "{}");
    let mut connection = Connection::open(gateway.config);
    connection.send(put).unwrap();
    let answer = connection.answer().unwrap();
    assert_eq!(answer.status, 400);
    assert!(answer.error_message().contains("'Type.Space'"));
    let long = "s".repeat(50_000);
    assert_eq!(
        gateway
            .get_config(&format!("/v1/spaces/{long}/functions/{long}"))
            .status
            / 100,
        4
    );
    assert_unharmed(&mut gateway);
}
