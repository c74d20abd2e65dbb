//! A configuration that is applied while requests are served.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::client::send;
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};

const FUNCTIONS: usize = 20;

fn document(server: &FunctionServer, prefix: &str, moved_from: Option<&str>) -> Value {
    let function = |number: usize| {
        let url = server.url(&format!("/{number}"));
        let mut function =
            json!({"functionId": format!("{prefix}{number}"), "type": "http", "provider": {"url": url}});
        if let Some(old) = moved_from {
            function["moved"] = json!({"from": format!("{old}{number}")});
        }
        function
    };
    let subscription = |number: usize| {
        json!({"type": "sync", "eventType": "http.request", "functionId": format!("{prefix}{number}"),
            "path": format!("/{number}"), "method": "GET"})
    };
    json!({
        "eventTypes": [{"name": "http.request"}],
        "functions": (0..FUNCTIONS).map(function).collect::<Vec<_>>(),
        "subscriptions": (0..FUNCTIONS).map(subscription).collect::<Vec<_>>(),
    })
}

/// 20 functions are renamed again and again, each time in one apply; every request in between is answered by its function.
#[test]
fn no_request_falls_into_the_gap_of_a_rename() {
    let server = FunctionServer::answering(r#"{"statusCode":200,"body":"served"}"#);
    let gateway = GatewayProcess::start(&[]);
    let apply = |document: &Value| {
        let answer = gateway.configure("POST", "apply?prune=true", document);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    apply(&document(&server, "a", None));
    let (is_over, requests) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for thread in 0..4 {
            let (is_over, requests, events) = (&is_over, &requests, gateway.events);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    let number = (requests.fetch_add(1, Ordering::Relaxed) + thread) % FUNCTIONS;
                    let answer = send(events, "GET", &format!("/{number}"), &[], "");
                    assert_eq!((answer.status, answer.text().as_str()), (200, "served"));
                }
            });
        }
        for (new, old) in [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d")] {
            let before = requests.load(Ordering::Relaxed);
            let told = apply(&document(&server, new, Some(old)));
            let actions = told["actions"].as_array().unwrap().iter();
            assert_eq!(
                actions.filter(|action| action["action"] == "rename").count(),
                FUNCTIONS
            );
            wait_until("requests have been answered", || {
                requests.load(Ordering::Relaxed) >= before + 100
            });
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(gateway.list("functions").len(), FUNCTIONS);
}
