//! The process is killed at random moments under load: every acknowledged event reaches every subscriber.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{subscribe, subscribe_more};
use crate::client::{Connection, request};
use crate::function_server::FunctionServer;
use crate::gateway_process::{GatewayProcess, wait_until};

const KILLS: u64 = 10;
const SUBSCRIBERS: usize = 10;
const PRODUCERS: usize = 4;
const WORKERS: usize = 20;

#[test]
fn acknowledged_events_reach_every_subscriber() {
    let directory = tempfile::tempdir().unwrap();
    let functions = FunctionServer::answering("{}");
    let workers = format!("-workers={WORKERS}");
    let start = || GatewayProcess::start_in(directory.path(), &[&*workers]);
    let mut gateway = start();
    subscribe(&gateway, &functions.url("/f"), &json!({}));
    for number in 1..SUBSCRIBERS {
        let function = format!("f{number}");
        gateway.function(&function, &functions.url(&format!("/{function}")));
        subscribe_more(&gateway, &function, &json!({}));
    }
    let acknowledged = Mutex::new(HashSet::new());
    let next = AtomicU64::new(0);
    for kill in 0..KILLS {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let address = gateway.events;
            let (next, acknowledged, stop) = (&next, &acknowledged, &stop);
            for _ in 0..PRODUCERS {
                scope.spawn(move || produce(address, next, acknowledged, stop));
            }
            thread::sleep(Duration::from_millis(20 + (kill * 37) % 150));
            gateway.kill();
            stop.store(true, Ordering::Release);
        });
        gateway = start();
    }
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(acknowledged.len() >= 100, "{}", acknowledged.len());
    let received = || {
        let mut received: HashMap<(String, u64), usize> = HashMap::new();
        for call in functions.calls() {
            let event = call.json()["data"].as_u64().unwrap();
            *received.entry((call.path, event)).or_default() += 1;
        }
        received
    };
    let paths: Vec<String> = (0..SUBSCRIBERS)
        .map(|number| {
            if number == 0 {
                "/f".to_owned()
            } else {
                format!("/f{number}")
            }
        })
        .collect();
    wait_until("every subscriber has every acknowledged event", || {
        let received = received();
        let has = |event: &u64| {
            paths
                .iter()
                .all(|path| received.contains_key(&(path.clone(), *event)))
        };
        acknowledged.iter().all(has)
    });
    wait_until("the queue is empty", || {
        let metrics = gateway.get_config("/v1/metrics").text();
        metrics
            .lines()
            .any(|line| line == "eventgateway_events_backlog 0")
    });
    // Twice comes only what was under way, or delivered but not yet noted, when the process died.
    let duplicates: usize = received().values().map(|count| count - 1).sum();
    let bound = usize::try_from(KILLS).unwrap() * (WORKERS + 2000);
    assert!(duplicates <= bound, "{duplicates} > {bound}");
}

fn produce(address: SocketAddr, next: &AtomicU64, acknowledged: &Mutex<HashSet<u64>>, stop: &AtomicBool) {
    let mut connection = Connection::open(address);
    while !stop.load(Ordering::Acquire) {
        let event = next.fetch_add(1, Ordering::Relaxed);
        let headers = [("Event", "ev"), ("Content-Type", "application/json")];
        if connection
            .send(request("POST", "/a", &headers, event.to_string()))
            .is_err()
        {
            return;
        }
        match connection.answer() {
            Ok(answer) if answer.status == 202 => {
                acknowledged.lock().unwrap().insert(event);
            }
            Ok(answer) => panic!("{}", answer.status),
            Err(_killed) => return,
        }
    }
}
