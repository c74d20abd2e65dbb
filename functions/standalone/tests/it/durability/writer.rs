//! A client that creates, changes and deletes until the gateway is gone.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fastrand::Rng;
use serde_json::{Value, json};

use super::model::{Model, Name, essence};
use crate::client::{Answer, Connection, request};

/// Resources of each kind that a client works on: few, so that most writes meet an earlier one.
const RESOURCES: u64 = 6;

/// Functions and event types that all clients create and delete, and that subscriptions of all may need.
const CONTESTED: u64 = 3;

/// Writes one thing after another; what becomes of each is noted in the model.
pub(super) fn write_until_killed(
    address: SocketAddr,
    model: &mut Model,
    round: u64,
    acknowledged: &AtomicUsize,
) {
    let mut connection = Connection::open(address);
    let mut random = Rng::with_seed(round * 1000 + model.client);
    for serial in 0.. {
        let version = format!("{round}-{serial}");
        let is_alive = match random.u8(..10) {
            0..8 => write_own(&mut connection, &mut random, model, &version, acknowledged),
            _ => write_contested(&mut connection, &mut random, acknowledged),
        };
        if !is_alive {
            return;
        }
    }
}

/// Writes a resource of this client. False once there is no answer any more.
fn write_own(
    connection: &mut Connection,
    random: &mut Rng,
    model: &mut Model,
    version: &str,
    acknowledged: &AtomicUsize,
) -> bool {
    let collection = ["eventtypes", "functions", "subscriptions"][random.usize(..3)];
    let own =
        |random: &mut Rng, prefix: &str| format!("{prefix}-{}-{}", model.client, random.u64(..RESOURCES));
    let id = match collection {
        "eventtypes" => own(random, "type"),
        "functions" => own(random, "function"),
        _ => format!("/{}", own(random, "path")),
    };
    let name = Name { collection, id };
    let before = model.knowledge(&name).acknowledged.clone();
    let is_delete = before.is_some() && random.u8(..3) == 0;
    let body = body(&name, before.as_ref(), random, version);
    let path = match &before {
        None => format!("/v1/spaces/default/{collection}"),
        Some(_) => format!("/v1/spaces/default/{collection}/{}", id_in_path(&name)),
    };
    let (method, text) = match (&before, is_delete) {
        (_, true) => ("DELETE", String::new()),
        (None, _) => ("POST", body.to_string()),
        (Some(_), _) => ("PUT", body.to_string()),
    };
    let knowledge = model.knowledge(&name);
    let after = (!is_delete).then(|| essence(&body));
    knowledge.in_flight.push(after.clone());
    let Some(answer) = exchange(connection, method, &path, &text) else {
        return false;
    };
    knowledge.in_flight.clear();
    match answer.status {
        200 | 201 | 204 => {
            knowledge.acknowledged = after;
            acknowledged.fetch_add(1, Ordering::Relaxed);
        }
        // In use, or without what it refers to: the rules hold under the storm as well.
        400 => {}
        status => panic!("{method} {path} {text}: {status} {}", answer.text()),
    }
    true
}

/// Creates or deletes what subscriptions of other clients need at this moment. False once there is no answer.
fn write_contested(connection: &mut Connection, random: &mut Rng, acknowledged: &AtomicUsize) -> bool {
    let number = random.u64(..CONTESTED);
    let (collection, id, body) = if random.bool() {
        let id = format!("contested-{number}");
        ("functions", id.clone(), function(&id, "0"))
    } else {
        let id = format!("contested.{number}");
        ("eventtypes", id.clone(), json!({"name": id}))
    };
    let path = format!("/v1/spaces/default/{collection}");
    let answer = if random.bool() {
        exchange(connection, "POST", &path, &body.to_string())
    } else {
        exchange(connection, "DELETE", &format!("{path}/{id}"), "")
    };
    let Some(answer) = answer else { return false };
    match answer.status {
        201 | 204 => drop(acknowledged.fetch_add(1, Ordering::Relaxed)),
        400 | 404 | 409 => {}
        status => panic!("{collection} {id}: {status} {}", answer.text()),
    }
    true
}

fn function(id: &str, version: &str) -> Value {
    let provider = json!({"url": "http://127.0.0.1:1/"});
    json!({"functionId": id, "type": "http", "provider": provider, "metadata": {"version": version}})
}

/// What a resource is to become. Only the metadata of a subscription can change, so an update keeps its function.
fn body(name: &Name, before: Option<&Value>, random: &mut Rng, version: &str) -> Value {
    match name.collection {
        "eventtypes" => json!({"name": name.id, "metadata": {"version": version}}),
        "functions" => function(&name.id, version),
        _ => {
            let function = before.map_or_else(
                || json!(format!("contested-{}", random.u64(..CONTESTED))),
                |before| before["function"].clone(),
            );
            json!({
                "type": "sync", "eventType": event_type_of(&name.id), "functionId": function, "path": name.id,
                "metadata": {"version": version},
            })
        }
    }
}

/// The event type that the subscription on a path is for: one of those that all clients delete.
fn event_type_of(path: &str) -> String {
    let last: u64 = path
        .rsplit('-')
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    format!("contested.{}", last % CONTESTED)
}

/// The id under which a resource is changed (docs/contract.md §1.9).
fn id_in_path(name: &Name) -> String {
    if name.collection != "subscriptions" {
        return name.id.clone();
    }
    let path = name.id.replace('/', "%2F");
    let id = format!("sync,{},{path},POST", event_type_of(&name.id));
    URL_SAFE_NO_PAD.encode(id)
}

/// The answer to a request; `None` when the gateway is gone.
fn exchange(connection: &mut Connection, method: &str, path: &str, body: &str) -> Option<Answer> {
    connection.send(request(method, path, &[], body)).ok()?;
    connection.answer().ok()
}
