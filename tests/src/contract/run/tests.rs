//! Whole cases against a small gateway-like server, through both hosts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
    routing::{any, get},
};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::run_case;
use crate::{
    client::{Api, Host, Request},
    contract::{Case, CaseFailure},
    target::RecordingTarget,
};

/// Entries of all collections by path.
type Store = Arc<Mutex<BTreeMap<String, Value>>>;

fn answer(status: u16, body: &Value) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let status = StatusCode::from_u16(status).unwrap_or_default();
    (status, [content_type], format!("{body}\n")).into_response()
}

/// Keeps what is posted under the id it brings.
async fn create(
    State(store): State<Store>,
    Path(path): Path<(String, String)>,
    Json(body): Json<Value>,
) -> Response {
    let (space, collection) = path;
    let member = if collection == "functions" {
        "functionId"
    } else {
        "name"
    };
    let id = body[member].as_str().unwrap_or("only");
    let (key, mut entry) = (format!("{space}/{collection}/{id}"), body.clone());
    entry["subscriptionId"] = json!("only");
    if body.get("method").is_some() {
        entry["corsId"] = json!("only");
    }
    let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
    if id.contains(' ') {
        return answer(400, &json!({"errors": [{"message": "blank"}]}));
    }
    let existed = store.insert(key, entry.clone()).is_some();
    answer(if existed { 409 } else { 201 }, &entry)
}

async fn list(State(store): State<Store>, Path((space, collection)): Path<(String, String)>) -> Response {
    let store = store.lock().unwrap_or_else(PoisonError::into_inner);
    let prefix = format!("{space}/{collection}/");
    let entries: Vec<_> = store
        .iter()
        .filter(|(key, _)| key.starts_with(&prefix))
        .map(|(_, entry)| entry)
        .collect();
    let member = if collection == "eventtypes" {
        "eventTypes"
    } else {
        &collection
    };
    answer(200, &json!({ member: entries }))
}

async fn remove(
    State(store): State<Store>,
    Path((space, collection, id)): Path<(String, String, String)>,
) -> Response {
    let removed = store
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(&format!("{space}/{collection}/{id}"));
    if removed.is_some() {
        StatusCode::NO_CONTENT.into_response()
    } else {
        answer(404, &json!({}))
    }
}

/// Calls the function whose id is the last segment of the path and answers with its status.
async fn event(State(store): State<Store>, uri: Uri, body: Bytes) -> Response {
    let function = uri.path().rsplit('/').next().unwrap_or_default();
    let url = {
        let store = store.lock().unwrap_or_else(PoisonError::into_inner);
        let mut functions = store.values().filter(|entry| entry["functionId"] == function);
        functions.find_map(|entry| {
            entry["provider"]["url"]
                .as_str()
                .filter(|url| url.contains(&uri.path()[1..5]))?
                .parse::<Uri>()
                .ok()
        })
    };
    let Some((url, address)) =
        url.and_then(|url| Some((url.clone(), url.authority()?.as_str().parse().ok()?)))
    else {
        return StatusCode::ACCEPTED.into_response();
    };
    let host = Host::Tcp {
        events: address,
        config: address,
    };
    let request = Request {
        method: "POST".to_owned(),
        target: url.path().to_owned(),
        body: Some(body.to_vec()),
        ..Request::default()
    };
    match host.send(Api::Events, &request, Duration::from_secs(5)).await {
        Ok(called) => (
            StatusCode::from_u16(called.status).unwrap_or_default(),
            called.body,
        )
            .into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

async fn hosts(store: &Store) -> anyhow::Result<[(&'static str, Host); 2]> {
    let config = Router::new()
        .route("/v1/spaces/{space}/{collection}", get(list).post(create))
        .route(
            "/v1/spaces/{space}/{collection}/{id}",
            axum::routing::delete(remove),
        )
        .route(
            "/v1/spaces/{space}",
            axum::routing::delete(async || StatusCode::NO_CONTENT),
        )
        .route("/v1/metrics", get(async || "a_total{space=\"s\"} 2\n"))
        .with_state(Arc::clone(store));
    let events = Router::new().fallback(any(event)).with_state(Arc::clone(store));
    let mut addresses = Vec::new();
    for router in [&events, &config] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        addresses.push(listener.local_addr()?);
        tokio::spawn(axum::serve(listener, router.clone()).into_future());
    }
    Ok([
        ("in-process", Host::InProcess { events, config }),
        (
            "tcp",
            Host::Tcp {
                events: addresses[0],
                config: addresses[1],
            },
        ),
    ])
}

fn case(steps: &str) -> anyhow::Result<Case> {
    Ok(serde_yaml_ng::from_str(&format!(
        "{{id: C-1, title: t, ref: '1', steps: [{steps}]}}"
    ))?)
}

async fn run(store: &Store, steps: &str) -> anyhow::Result<[Result<(), CaseFailure>; 2]> {
    let target = RecordingTarget::start().await?;
    let case = case(steps)?;
    let [(first, in_process), (second, tcp)] = hosts(store).await?;
    Ok([
        run_case(&case, &in_process, first, &target, 1).await,
        run_case(&case, &tcp, second, &target, 1).await,
    ])
}

#[tokio::test]
async fn cases_that_hold_pass_on_both_hosts_and_leave_nothing() -> anyhow::Result<()> {
    let store = Store::default();
    for steps in [
        "{et: ev, fn: [f1, {functionId: f2, reply: {status: 404}}], sub: sync ev f1 ~/f1 POST, cors: {method: GET, path: ~/h}}, \
         {evt: POST ~/f1, ce: {}, status: 200, calls: {f1: {get: {eventID: '1'}}, f2: 0}}, \
         {evt: POST ~/f2, raw: x, status: 404, calls: {f2: {text: x}}}",
        "{cfg: POST ~/eventtypes, json: {name: t}, status: 201, is: {name: t, subscriptionId: only}, save: {made: ''}}, \
         {cfg: GET ~/eventtypes, status: 200, is: {eventTypes: ['${made}']}}",
        "{fn: f1}, {each: [{reply: {f1: {status: 201}}, status: 201}, {reply: {f1: {body: b}}, text: b}], evt: POST ~/f1}, \
         {wait: 0, calls: {f1: {n: 2, total: true}}}",
        "{cfg: POST ~/functions, json: {functionId: f}, parallel: 5, statuses: {'201': 1, '409': 4}}, \
         {cfg: GET ~/functions, get: {functions.#: 1}}",
        "{cfg: POST ~/eventtypes, json: {name: a b}, err: blank}, {metrics: {'a_total{space=\"s\"}': 2}}",
    ] {
        for outcome in run(&store, steps).await? {
            assert!(outcome.is_ok(), "{steps}: {outcome:?}");
        }
        assert!(
            store.lock().unwrap_or_else(PoisonError::into_inner).is_empty(),
            "{steps}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn failures_name_step_and_difference() -> anyhow::Result<()> {
    let store = Store::default();
    for (steps, step, difference) in [
        (
            "{et: ev}, {evt: POST ~/f1, status: 200}",
            "step 2: POST ~/f1",
            "status expected 200, got 202",
        ),
        (
            "{et: 'a b'}",
            "step 1: {\"et\":\"a b\"}",
            "creating eventtypes {\"name\":\"a b\"} gave 400",
        ),
        (
            "{fn: f1}, {evt: POST ~/f1, calls: {f1: 0}}",
            "step 2: POST ~/f1",
            "function f1 expected 0 call(s), got 1",
        ),
        (
            "{each: [{cfg: GET ~/cors}, {cfg: GET /x}], status: 200}",
            "step 1: GET /x",
            "status expected 200, got 404",
        ),
        (
            "{evt: 'GET ~/${nobody}'}",
            "step 1: GET ~/${nobody}",
            "unknown placeholder ${nobody}",
        ),
        (
            "{cfg: GET ~/cors, save: {id: cors.0.corsId}}",
            "step 1: GET ~/cors",
            "answer has no \"cors.0.corsId\" to save",
        ),
        (
            "{cfg: POST ~/cors, json: {}}, {cfg: GET ~/cors}",
            "removal of",
            "removing /v1/spaces/sp-",
        ),
    ] {
        for outcome in run(&store, steps).await? {
            let failure = outcome.err().ok_or_else(|| anyhow::anyhow!("{steps} passed"))?;
            assert!(failure.step.starts_with(step), "{steps}: {failure}");
            assert!(
                failure.differences[0].starts_with(difference),
                "{steps}: {failure}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn raw_requests_only_run_over_tcp() -> anyhow::Result<()> {
    let steps = "{wire: \"GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n\", status: 202}";
    assert!(case(steps)?.needs_connection());
    let [in_process, tcp] = run(&Store::default(), steps).await?;
    let refused = in_process
        .err()
        .map(|failure| failure.differences)
        .unwrap_or_default();
    assert_eq!(refused, ["request can only be sent over TCP"]);
    assert!(tcp.is_ok(), "{tcp:?}");
    Ok(())
}
