//! Requests as they leave the runner.

use serde_json::{Value, json};

use super::{RequestError, build};
use crate::{
    client::{Api, Request},
    contract::{placeholders::Environment, step::RequestSpec},
};

fn built(spec: Value) -> Result<Option<(Api, Request)>, RequestError> {
    let spec: RequestSpec = serde_json::from_value(spec).unwrap_or_default();
    build(&spec, &Environment::new("k", "http://t/k", 1))
}

fn body(request: &Request) -> Value {
    request
        .body
        .as_deref()
        .and_then(|body| serde_json::from_slice(body).ok())
        .unwrap_or_default()
}

#[test]
fn targets_lie_in_the_run() -> Result<(), RequestError> {
    for (spec, want) in [
        (
            json!({"cfg": "GET ~/cors?"}),
            (Api::Config, "GET", "/v1/spaces/sp-k/cors?"),
        ),
        (
            json!({"cfg": "GET /v1/status"}),
            (Api::Config, "GET", "/v1/status"),
        ),
        (json!({"evt": "HEAD ~//h"}), (Api::Events, "HEAD", "/k//h")),
    ] {
        let (api, request) = built(spec)?.unwrap_or((Api::Events, Request::default()));
        assert_eq!((api, request.method.as_str(), request.target.as_str()), want);
        assert!(request.body.is_none() && request.headers.is_empty());
    }
    assert!(built(json!({"wire": "x"}))?.is_none());
    assert!(built(json!({"evt": "GET"})).is_err());
    Ok(())
}

#[test]
fn sample_events_take_changes() -> Result<(), RequestError> {
    let Some((_, request)) = built(json!({"evt": "POST /", "ce": {"eventID": "${drop}", "data": null}}))?
    else {
        panic!("no request");
    };
    assert_eq!(
        body(&request),
        json!({"eventType": "ev", "cloudEventsVersion": "0.1", "source": "/s", "contentType": "application/json", "data": null})
    );
    assert_eq!(
        request.headers,
        [(
            "Content-Type".to_owned(),
            "application/cloudevents+json".to_owned()
        )]
    );

    let bin = json!({"evt": "POST /", "bin": {"CE-EventType": "x", "CE-Source": "${drop}"}, "raw": "hey"});
    let Some((_, request)) = built(bin)? else {
        panic!("no request")
    };
    let names: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        names,
        ["CE-CloudEventsVersion=0.1", "CE-EventID=1", "CE-EventType=x"]
    );
    assert_eq!(request.body.as_deref(), Some(b"hey".as_slice()));
    Ok(())
}

#[test]
fn a_given_content_type_is_kept() -> Result<(), RequestError> {
    let spec = json!({"cfg": "POST /", "json": {}, "headers": {"content-type": "text/plain"}});
    let Some((_, request)) = built(spec)? else {
        panic!("no request")
    };
    assert_eq!(
        request.headers,
        [("content-type".to_owned(), "text/plain".to_owned())]
    );
    Ok(())
}
