//! Authorizers that say no, and those that say nothing (docs/events.md): nothing passes without their word, and nothing
//! is promised before it.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::client::{Answer, get, send};
use crate::function_server::{Call, FunctionServer, answer};
use crate::gateway_process::{GatewayProcess, wait_until};

mod explained;

const ALLOWED: &str = r#"{"authorization":{"principalId":"p"}}"#;

/// What the authorizer does, by its number in [`Server::set`].
const ALLOWS: usize = 0;
const DENIES: usize = 1;
const HANGS_UP: usize = 2;
/// Beyond this: the status that it answers with, and an authorization all the same.
const STATUS: usize = 100;

/// A server of functions, where `/auth` does as it is told.
struct Server {
    functions: FunctionServer,
    behaviour: Arc<AtomicUsize>,
}

impl Server {
    fn start() -> Self {
        let behaviour = Arc::new(AtomicUsize::new(ALLOWS));
        let told = behaviour.clone();
        let functions = FunctionServer::start(move |stream, call| {
            if call.path != "/auth" {
                return stream.write_all(answer(200, "{}").as_bytes());
            }
            match told.load(Ordering::Acquire) {
                ALLOWS => stream.write_all(answer(200, ALLOWED).as_bytes()),
                DENIES => stream.write_all(answer(200, r#"{"error":{"message":"no"}}"#).as_bytes()),
                HANGS_UP => Err(std::io::ErrorKind::ConnectionAborted.into()),
                401 => write!(
                    stream,
                    "HTTP/1.1 401 X\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: {}\r\n\r\n{ALLOWED}",
                    ALLOWED.len()
                ),
                status => stream.write_all(answer(u16::try_from(status).unwrap(), ALLOWED).as_bytes()),
            }
        });
        Self { functions, behaviour }
    }

    fn set(&self, behaviour: usize) {
        self.behaviour.store(behaviour, Ordering::Release);
    }

    fn calls(&self, path: &str) -> Vec<Call> {
        let calls = self.functions.calls();
        calls.into_iter().filter(|call| call.path == path).collect()
    }

    /// Registers the authorizer, a type `ev` that it guards, and functions `f` and `g`.
    fn register(&self, gateway: &GatewayProcess) {
        for id in ["auth", "f", "g"] {
            gateway.function(id, &self.functions.url(&format!("/{id}")));
        }
        let event_type = json!({"name": "ev", "authorizerId": "auth"});
        gateway.create("eventtypes", &event_type);
    }
}

fn emit(gateway: &GatewayProcess, path: &str) -> Answer {
    let headers = [
        ("Event", "ev"),
        ("Content-Type", "application/json"),
        ("X-Token", "t"),
    ];
    gateway.post_event(path, &headers, "\"x\"")
}

/// A batch with an event of this type for each, all of them on one path.
fn batch(gateway: &GatewayProcess, types: &[&str]) -> Answer {
    let event = |(id, event_type): (usize, &&str)| json!({"specversion": "1.0", "type": event_type, "source": "/s", "id": id.to_string(), "data": 1});
    let events: Vec<Value> = types.iter().enumerate().map(event).collect();
    let headers = [("Content-Type", "application/cloudevents-batch+json")];
    gateway.post_event("/a", &headers, json!(events).to_string())
}

fn list(gateway: &GatewayProcess, what: &str, member: &str) -> Vec<Value> {
    let answer = get(gateway.config, &format!("/v1/spaces/default/{what}"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()[member].as_array().unwrap().clone()
}

fn dead_letters(gateway: &GatewayProcess) -> Vec<Value> {
    list(gateway, "deadletters", "deadLetters")
}

#[test]
fn only_a_success_allows() {
    let gateway = GatewayProcess::start(&[]);
    let server = Server::start();
    server.register(&gateway);
    gateway.subscribe("sync", "ev", "f", "/s");
    for (behaviour, status) in [
        (ALLOWS, 200),
        (DENIES, 403),
        (HANGS_UP, 403),
        (401, 401),
        (403, 403),
        (201, 200),
        (302, 403),
        (404, 403),
        (418, 403),
        (429, 403),
        (500, 403),
        (503, 403),
    ] {
        server.set(behaviour);
        let before = server.calls("/f").len();
        let answer = emit(&gateway, "/s");
        assert_eq!(answer.status, status, "{behaviour}: {}", answer.text());
        let called = server.calls("/f").len() - before;
        assert_eq!(called, usize::from(status == 200), "{behaviour}");
        match status {
            401 => {
                assert_eq!(answer.error_message(), "Unauthorized");
                assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"r\""));
            }
            403 => assert_eq!(answer.error_message(), "Forbidden"),
            _ => {}
        }
    }
}

#[test]
fn nothing_is_promised_before_the_authorizer_has_spoken() {
    let gateway = GatewayProcess::start(&[]);
    let server = Server::start();
    server.register(&gateway);
    gateway.subscribe("async", "ev", "f", "/a");
    for behaviour in [HANGS_UP, 500, 503, 404, 429, STATUS + 399] {
        server.set(behaviour);
        let answer = emit(&gateway, "/a");
        assert_eq!(answer.status, 503, "{behaviour}: {}", answer.text());
        assert!(answer.header("retry-after").is_some());
        assert!(answer.error_message().contains("\"ev\""));
    }
    assert!(list(&gateway, "deliveries", "deliveries").is_empty());
    for behaviour in [DENIES, 401, 403] {
        server.set(behaviour);
        assert_eq!(emit(&gateway, "/a").status, 202, "{behaviour}");
    }
    wait_until("three denials are noted", || {
        list(&gateway, "deliveries", "deliveries").len() == 3
    });
    for noted in list(&gateway, "deliveries", "deliveries") {
        assert_eq!(
            (&noted["outcome"], &noted["attempt"]),
            (&json!("denied"), &json!(0))
        );
        assert_eq!(noted["functionId"], "f");
        assert!(
            noted["error"].as_str().unwrap().contains("the authorizer"),
            "{noted}"
        );
    }
    let metrics = get(gateway.config, "/v1/metrics").text();
    let denied = r#"eventgateway_events_denied_total{space="default"} 3"#;
    assert!(metrics.contains(denied), "{metrics}");
    server.set(ALLOWS);
    assert_eq!(emit(&gateway, "/a").status, 202);
    wait_until("it is delivered", || server.calls("/f").len() == 1);
    assert!(dead_letters(&gateway).is_empty());
}

#[test]
fn a_batch_waits_for_all_of_its_authorizers() {
    let gateway = GatewayProcess::start(&[]);
    let server = Server::start();
    server.register(&gateway);
    for event_type in ["open", "now"] {
        gateway.event_type(event_type);
    }
    gateway.subscribe("async", "ev", "f", "/a");
    gateway.subscribe("async", "open", "f", "/a");
    gateway.subscribe("sync", "now", "g", "/a");
    server.set(HANGS_UP);
    let answer = batch(&gateway, &["now", "open", "ev"]);
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(server.calls("/g").is_empty() && server.calls("/f").is_empty());
    // Room that was set aside is given back: the queue is as empty as before.
    let backlog = get(gateway.config, "/v1/metrics").text();
    assert!(backlog.contains("eventgateway_events_backlog 0"), "{backlog}");
    server.set(ALLOWS);
    assert_eq!(batch(&gateway, &["now", "open", "ev"]).status, 202);
    wait_until("all are delivered", || server.calls("/f").len() == 2);
    assert_eq!(server.calls("/g").len(), 1);
}

/// With all events in each question, a batch of four times as many would be sixteen times as much.
#[test]
fn authorizers_of_a_batch_see_the_event_in_question_alone() {
    let gateway = GatewayProcess::start(&[]);
    let server = Server::start();
    server.register(&gateway);
    gateway.subscribe("async", "ev", "f", "/a");
    let mut bytes = Vec::new();
    for events in [10, 40] {
        let before = server.calls("/auth").len();
        assert_eq!(batch(&gateway, &vec!["ev"; events]).status, 202);
        let asked = &server.calls("/auth")[before..];
        assert_eq!(asked.len(), events);
        for question in asked {
            let question = question.json();
            assert_eq!(question["request"]["body"], json!([question["event"]]));
            assert_eq!(question["request"]["path"], "/a");
        }
        bytes.push(asked.iter().map(|call| call.body.len()).sum::<usize>());
    }
    assert!(bytes[1] < bytes[0] * 5, "{bytes:?}");
    // One event is a request as it came.
    batch(&gateway, &["ev"]);
    let question = server.calls("/auth").pop().unwrap().json();
    assert_eq!(question["request"]["body"][0]["id"], "0");
}

#[test]
fn what_another_one_answers_is_kept_until_the_authorizer_can_be_asked() {
    let directory = tempfile::tempdir().unwrap();
    let mut gateway = GatewayProcess::start_in(directory.path(), &[]);
    let server = Server::start();
    server.register(&gateway);
    gateway.subscribe("async", "ev", "f", "/a");
    gateway.subscribe("sync", "ev", "g", "/a");
    server.set(HANGS_UP);
    assert_eq!(emit(&gateway, "/a").status, 403);
    wait_until("the dead letter", || dead_letters(&gateway).len() == 1);
    let letter = dead_letters(&gateway).remove(0);
    assert_eq!(letter["reason"], "authorizerFailed");
    assert_eq!(letter["attempts"], 0);
    let text = letter.to_string();
    assert!(
        !text.contains("X-Token") && !text.contains("unauthorized"),
        "{text}"
    );
    // Nobody asks again before somebody wants it.
    let asked = server.calls("/auth").len();

    gateway.kill();
    let gateway = GatewayProcess::start_in(directory.path(), &[]);
    let redrive = || {
        let path = "/v1/spaces/default/deadletters/redrive";
        let answer = send(gateway.config, "POST", path, &[], r#"{"all":true}"#);
        assert_eq!(answer.json()["redriven"], 1, "{}", answer.text());
    };
    redrive();
    wait_until("it is asked again", || server.calls("/auth").len() == asked + 1);
    wait_until("the dead letter is back", || dead_letters(&gateway).len() == 1);
    assert_eq!(dead_letters(&gateway)[0]["reason"], "authorizerFailed");
    assert!(server.calls("/f").is_empty());

    server.set(ALLOWS);
    redrive();
    wait_until("it is delivered", || server.calls("/f").len() == 1);
    let asked = server.calls("/auth").pop().unwrap().json();
    assert_eq!(asked["event"]["data"], "x");
    assert_eq!(asked["request"]["headers"]["X-Token"], "t");
    let delivered = server.calls("/f")[0].json();
    assert_eq!(
        delivered["extensions"]["eventgateway"]["authorization"]["principalId"],
        "p"
    );
    assert!(dead_letters(&gateway).is_empty());
}

/// Queued again, an event whose sender may no longer send it does not pass either.
#[test]
fn a_redrive_is_no_way_around_the_authorizer() {
    let gateway = GatewayProcess::start(&[]);
    let server = Server::start();
    server.register(&gateway);
    gateway.subscribe("async", "ev", "f", "/a");
    gateway.subscribe("sync", "ev", "g", "/a");
    server.set(500);
    assert_eq!(emit(&gateway, "/a").status, 403);
    wait_until("the dead letter", || dead_letters(&gateway).len() == 1);
    server.set(DENIES);
    let path = "/v1/spaces/default/deadletters/redrive";
    let all = r#"{"all":true}"#;
    assert_eq!(send(gateway.config, "POST", path, &[], all).status, 200);
    wait_until("it is denied", || {
        let noted = list(&gateway, "deliveries", "deliveries");
        noted.first().is_some_and(|noted| noted["outcome"] == "denied")
    });
    assert!(server.calls("/f").is_empty() && dead_letters(&gateway).is_empty());
}
