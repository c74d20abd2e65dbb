//! Where the Configuration API listens, and whom it serves there.

use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};

use serde_json::json;

use crate::client::{Connection, get, request, send};
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};

/// An address of this machine that others reach it by; the loopback address where it has no other.
fn own_address() -> std::net::IpAddr {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    // Nothing is sent: the system only looks up its routes.
    let has_route = socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).is_ok();
    let own = has_route.then(|| socket.local_addr().unwrap().ip());
    own.unwrap_or(Ipv4Addr::LOCALHOST.into())
}

fn is_open(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

#[test]
fn without_a_key_it_is_for_this_machine_only() {
    let own = own_address();
    for bind in ["0.0.0.0", "::"] {
        let gateway = GatewayProcess::start(&["-bind-address", bind]);
        let port = gateway.config.port();
        assert!(is_open(SocketAddr::new(own, gateway.events.port())));
        assert_eq!(is_open(SocketAddr::new(own, port)), own.is_loopback());
        assert_eq!(get((Ipv4Addr::LOCALHOST, port).into(), "/v1/status").status, 200);
        // `localhost` may stand for either.
        if TcpStream::connect((Ipv6Addr::LOCALHOST, gateway.events.port())).is_ok() {
            assert_eq!(get((Ipv6Addr::LOCALHOST, port).into(), "/v1/status").status, 200);
        }
        let says_so = gateway.log.so_far().contains("--bind-address is not for it");
        assert_eq!(says_so, bind == "0.0.0.0");
    }
}

#[test]
fn a_key_or_a_setting_of_its_own_opens_it() {
    let own = own_address();
    for (flags, warns) in [
        (&["-bind-address=0.0.0.0", "-config-access-key=k"][..], false),
        (&["-config-bind-address=0.0.0.0"], true),
        (&["-config-bind-address=0.0.0.0", "-config-access-key=k"], false),
    ] {
        let gateway = GatewayProcess::start(flags);
        assert_eq!(
            get(SocketAddr::new(own, gateway.config.port()), "/v1/status").status,
            200,
            "{flags:?}"
        );
        let log = gateway.log.so_far();
        assert_eq!(
            log.contains("has no access key and is open"),
            warns,
            "{flags:?}: {log}"
        );
    }
}

#[test]
fn pages_and_rebound_names_are_refused() {
    let gateway = GatewayProcess::start(&[
        "-config-hosts=gateway.internal",
        "-config-allowed-origins=http://dash",
    ]);
    let body = r#"{"name":"e"}"#;
    for (headers, status) in [
        ("Host: localhost\r\nOrigin: http://evil.example", 403),
        ("Host: localhost\r\nOrigin: null", 403),
        ("Host: localhost\r\nSec-Fetch-Site: cross-site", 403),
        ("Host: localhost\r\nSec-Fetch-Site: same-site", 403),
        (
            "Host: evil.example\r\nOrigin: http://evil.example\r\nSec-Fetch-Site: same-origin",
            403,
        ),
        ("Host: evil.example", 403),
        ("Host: localhost\r\nContent-Type: text/plain", 201),
        ("Host: 127.0.0.1", 409),
        ("Host: gateway.internal:4001", 409),
        (
            "Host: localhost\r\nOrigin: http://dash\r\nSec-Fetch-Site: cross-site",
            409,
        ),
    ] {
        let mut connection = Connection::open(gateway.config);
        connection
            .send(format!(
                "POST /v1/spaces/default/eventtypes HTTP/1.1\r\n{headers}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ))
            .unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!(answer.status, status, "{headers}: {}", answer.text());
        if status == 403 {
            assert!(answer.error_message().contains("--config-"), "{}", answer.text());
        }
    }
}

#[test]
fn functions_do_not_reach_it() {
    // A function that redirects there is as good as one that is there.
    let redirecting = FunctionServer::start(|stream, call| {
        let to = call.path.trim_start_matches('/').replace('-', ":");
        write!(
            stream,
            "HTTP/1.1 307 X\r\nLocation: http://{to}/v1/spaces/default/functions\r\nContent-Length: 0\r\n\r\n"
        )
    });
    for (flags, addresses) in [
        (&[][..], &["127.0.0.1", "localhost", "0.0.0.0"][..]),
        (
            &["-config-bind-address=::"],
            &["127.0.0.1", "localhost", "127.1.2.3"],
        ),
    ] {
        let gateway = GatewayProcess::start(flags);
        let port = gateway.config.port();
        gateway.event_type("http.request");
        for (number, address) in addresses.iter().enumerate() {
            let own = format!("http://{address}:{port}/v1/spaces/default/functions");
            let function = |url: &str| json!({"functionId": format!("f{number}"), "type": "http", "provider": {"url": url}});
            let refused = send(
                gateway.config,
                "POST",
                "/v1/spaces/default/functions",
                &[],
                function(&own).to_string(),
            );
            assert_eq!(refused.status, 400, "{own}");
            assert!(
                refused
                    .error_message()
                    .contains("provider.url leads to this gateway's own")
            );
            gateway.create(
                "functions",
                &function(&redirecting.url(&format!("/{address}-{port}"))),
            );
            let path = format!("/{number}");
            gateway.subscribe("sync", "http.request", &format!("f{number}"), &path);
            let mut connection = Connection::open(gateway.events);
            connection.send(request("POST", &path, &[], "")).unwrap();
            assert_eq!(connection.answer().unwrap().status, 500);
            wait_until("the refusal is logged", || {
                gateway
                    .log
                    .so_far()
                    .contains("the target's address is not allowed")
            });
        }
        // The Events API is a target like any other.
        let events = format!("http://localhost:{}/nobody", gateway.events.port());
        gateway.function("events", &events);
    }
}
