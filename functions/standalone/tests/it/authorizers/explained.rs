//! What `explain` says where authorizers are asked: what they would answer an event that is not sent.

use serde_json::{Value, json};

use super::{ALLOWS, DENIES, HANGS_UP, Server, list};
use crate::client::{Answer, send};
use crate::gateway_process::GatewayProcess;

fn explain(gateway: &GatewayProcess, body: &Value) -> Answer {
    let path = "/v1/spaces/default/explain";
    send(gateway.config, "POST", path, &[], body.to_string())
}

/// What is told of the authorizer of the subscription to a function.
fn authorization(answer: &Answer, function: &str) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let explained = answer.json();
    let mut subscriptions = explained["subscriptions"].as_array().unwrap().iter();
    let found = subscriptions.find(|it| it["functionId"] == *function).unwrap();
    found["authorization"].clone()
}

#[test]
fn authorizers_are_asked_where_that_is_asked_for() {
    let gateway = GatewayProcess::start(&[]);
    let server = Server::start();
    server.register(&gateway);
    gateway.subscribe("sync", "ev", "f", "/s");
    let issuer = json!({"issuer": "https://i", "audience": ["a"], "jwksUrl": server.functions.url("/keys")});
    let jwt = json!({"functionId": "jwt", "type": "jwt", "provider": issuer});
    gateway.create("functions", &jwt);
    let own =
        json!({"type": "async", "eventType": "ev", "functionId": "g", "path": "/s", "authorizerId": "jwt"});
    gateway.create("subscriptions", &own);
    let event = json!({"specversion": "1.0", "type": "ev", "source": "/s", "id": "7", "data": {"n": 1}});
    let mut asked = json!({"event": event, "path": "/s"});

    let unasked = explain(&gateway, &asked);
    assert_eq!(authorization(&unasked, "f"), Value::Null);
    assert!(server.calls("/auth").is_empty());

    asked["ask"] = json!("authorizers");
    asked["headers"] = json!({"X-Token": "t"});
    for (behaviour, want) in [
        (ALLOWS, json!({"outcome": "allowed", "principalId": "p"})),
        (
            DENIES,
            json!({"outcome": "denied", "status": 403, "error": "the authorizer refused: no"}),
        ),
        (
            401,
            json!({"outcome": "denied", "status": 401, "error": "the authorizer answered with HTTP status code 401"}),
        ),
        (
            500,
            json!({"outcome": "failed", "error": "Function call failed because of runtime error. Error: HTTP status code: 500"}),
        ),
    ] {
        server.set(behaviour);
        let answer = explain(&gateway, &asked);
        assert_eq!(authorization(&answer, "f"), want, "{behaviour}");
        // No token, so that not even the keys are fetched.
        let refused = authorization(&answer, "g");
        assert_eq!(
            (&refused["outcome"], &refused["status"]),
            (&json!("denied"), &json!(401))
        );
    }
    server.set(HANGS_UP);
    let failed = authorization(&explain(&gateway, &asked), "f");
    assert_eq!(failed["outcome"], "failed", "{failed}");

    // Asked as about an event, and nothing else came of it.
    let calls = server.calls("/auth");
    let question = calls[0].json();
    assert_eq!(question["event"], event);
    assert_eq!(question["request"]["headers"]["X-Token"], "t");
    assert_eq!(question["request"]["path"], "/s");
    assert_eq!(question["request"]["body"], event);
    for path in ["/f", "/g", "/keys"] {
        assert!(server.calls(path).is_empty(), "{path}");
    }
    assert!(list(&gateway, "deliveries", "deliveries").is_empty());
}

#[test]
fn a_plain_request_is_asked_about_as_one() {
    let gateway = GatewayProcess::start(&[]);
    let server = Server::start();
    server.register(&gateway);
    gateway.event_type("http.request");
    let own = json!({"type": "sync", "eventType": "http.request", "functionId": "f", "path": "/u/:id", "method": "GET",
        "authorizerId": "auth"});
    gateway.create("subscriptions", &own);
    let asked = json!({"ask": "authorizers", "path": "/u/7", "method": "GET"});
    assert_eq!(
        authorization(&explain(&gateway, &asked), "f")["outcome"],
        "allowed"
    );
    let question = server.calls("/auth").remove(0).json();
    assert_eq!(question["event"]["data"]["params"], json!({"id": "7"}));
    assert_eq!(question["request"]["method"], "GET");

    // An authorizer that asks this itself does not go round for ever.
    let hops = [("X-Event-Gateway-Hops", "200")];
    let path = "/v1/spaces/default/explain";
    let round = send(gateway.config, "POST", path, &hops, asked.to_string());
    assert_eq!(round.status, 508, "{}", round.text());
}

#[test]
fn no_function_gets_a_key_of_the_gateway() {
    let gateway = GatewayProcess::start(&[]);
    let server = Server::start();
    server.register(&gateway);
    gateway.subscribe("sync", "ev", "f", "/s");
    let key = gateway.create("keys", &json!({"name": "k", "role": "emitter"}));
    let secret = key["key"].as_str().unwrap();
    let event = json!({"specversion": "1.0", "type": "ev", "source": "/s", "id": "7"});
    let headers = json!({"Authorization": format!("Bearer {secret}"), "X-API-Key": secret});
    let asked = json!({"ask": "authorizers", "event": event, "path": "/s", "headers": headers});
    assert_eq!(
        authorization(&explain(&gateway, &asked), "f")["outcome"],
        "allowed"
    );
    let question = server.calls("/auth").remove(0).json().to_string();
    assert!(!question.contains("egk_"), "{question}");
}
