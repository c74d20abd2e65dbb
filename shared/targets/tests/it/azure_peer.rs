//! A peer that checks what Azure checks: Entra's token endpoint, the host of a function, and a topic of Event Grid.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::server::{Received, Server, response};

pub(crate) const FUNCTION_KEY: &str = "FUNCTION-KEY-1";
pub(crate) const SAS_KEY: &str = "SAS-KEY-1";
pub(crate) const CLIENT_SECRET: &str = "CLIENT-SECRET-1";
pub(crate) const FUNCTION_SCOPE: &str = "api://function/.default";
const TOPIC_SCOPE: &str = "https://eventgrid.azure.net/.default";
/// Most bytes of a request to a topic.
const MOST_BYTES: usize = 1024 * 1024;

/// Entra, `/api/function`, `/api/echo/<status>` and `/api/events` on one server.
pub(crate) struct AzurePeer {
    pub(crate) server: Server,
    tokens: Arc<Tokens>,
}

/// Tokens that are good, with the scope that they were given for.
#[derive(Default)]
struct Tokens {
    good: Mutex<HashMap<String, String>>,
    given: Mutex<usize>,
}

impl AzurePeer {
    pub(crate) async fn start() -> Self {
        let tokens = Arc::new(Tokens::default());
        let of_server = Arc::clone(&tokens);
        let server = Server::answering(move |request| answer(&of_server, request)).await;
        Self { server, tokens }
    }

    /// Makes every token so far invalid before its end.
    pub(crate) fn revoke_tokens(&self) {
        lock(&self.tokens.good).clear();
    }

    /// Requests to the token endpoint so far.
    pub(crate) fn token_requests(&self) -> usize {
        self.requests("/tenant-1/").len()
    }

    /// Requests to paths that start so.
    pub(crate) fn requests(&self, path: &str) -> Vec<Received> {
        let mut requests = self.server.requests();
        requests.retain(|request| request.target.starts_with(path));
        requests
    }

    /// The member `entra` of settings.
    pub(crate) fn entra(&self) -> Value {
        json!({
            "tenantId": "tenant-1", "clientId": "client-1", "clientSecret": CLIENT_SECRET,
            "authority": self.server.url("/")
        })
    }

    pub(crate) fn entra_for(&self, scope: &str) -> Value {
        let mut entra = self.entra();
        entra["scope"] = scope.into();
        entra
    }
}

fn lock<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn answer(tokens: &Tokens, request: &Received) -> Response<Full<Bytes>> {
    let path = request.target.split('?').next().unwrap();
    match (request.method.as_str(), path) {
        ("POST", "/tenant-1/oauth2/v2.0/token") => tokens.give(request),
        ("POST", "/api/function") => function(tokens, request),
        ("POST", "/api/events") => topic(tokens, request),
        ("POST", path) if path.starts_with("/api/echo/") => echo(request),
        _ => response(404, &[], ""),
    }
}

impl Tokens {
    /// The answers of Entra to a request for client credentials.
    fn give(&self, request: &Received) -> Response<Full<Bytes>> {
        let is_form = request.header("content-type") == Some("application/x-www-form-urlencoded");
        let form: HashMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let get = |name: &str| form.get(name).map_or("", String::as_str);
        let error = |status, code: &str, text: &str| {
            let body =
                json!({"error": code, "error_description": format!("{text} {}", get("client_secret"))});
            response(status, &[("content-type", "application/json")], body.to_string())
        };
        if !is_form || get("grant_type") != "client_credentials" {
            return error(400, "unsupported_grant_type", "AADSTS70003");
        }
        if get("client_id") != "client-1" || get("client_secret") != CLIENT_SECRET {
            return error(
                401,
                "invalid_client",
                "AADSTS7000215: Invalid client secret provided.",
            );
        }
        if ![FUNCTION_SCOPE, TOPIC_SCOPE].contains(&get("scope")) {
            return error(400, "invalid_scope", "AADSTS70011");
        }
        let mut given = lock(&self.given);
        *given += 1;
        let token = format!("TOKEN-{given}");
        lock(&self.good).insert(token.clone(), get("scope").to_owned());
        let body = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": token});
        response(200, &[("content-type", "application/json")], body.to_string())
    }

    fn accept(&self, request: &Received, scope: &str) -> bool {
        let token = request
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| lock(&self.good).get(token).is_some_and(|given| given == scope))
    }
}

/// A function that wants a key or a token, and answers with a response object.
fn function(tokens: &Tokens, request: &Received) -> Response<Full<Bytes>> {
    let has_key = request.header("x-functions-key") == Some(FUNCTION_KEY);
    if !has_key && !tokens.accept(request, FUNCTION_SCOPE) {
        return response(401, &[], "");
    }
    response(200, &[], r#"{"statusCode":200,"body":"done"}"#)
}

/// A function that answers with a status and with the credentials it was called with.
fn echo(request: &Received) -> Response<Full<Bytes>> {
    let path = request.target.trim_start_matches("/api/echo/");
    let (status, retry_after) = path.split_once('/').unwrap_or((path, ""));
    let header = |name| request.header(name).unwrap_or_default();
    let body = format!("{} {}", header("x-functions-key"), header("authorization"));
    let headers = [("retry-after", retry_after)];
    let headers = if retry_after.is_empty() {
        &headers[..0]
    } else {
        &headers[..]
    };
    response(status.parse().unwrap(), headers, body)
}

/// A topic of Event Grid; the path says which schema it takes: `?schema=eventgrid` or none.
fn topic(tokens: &Tokens, request: &Received) -> Response<Full<Bytes>> {
    let has_key = request.header("aeg-sas-key") == Some(SAS_KEY);
    if !has_key && !tokens.accept(request, TOPIC_SCOPE) {
        let key = request.header("aeg-sas-key").unwrap_or_default();
        let body = format!("The request authorization key is not authorized: {key}");
        return response(401, &[], body);
    }
    if request.body.len() > MOST_BYTES {
        return response(413, &[], "too large");
    }
    if !request.target.contains("api-version=2018-01-01") {
        return response(400, &[], "no api-version");
    }
    let is_event_grid = request.target.contains("schema=eventgrid");
    let content_type = request.header("content-type").unwrap_or_default();
    let wanted = if is_event_grid {
        "application/json"
    } else {
        "application/cloudevents-batch+json; charset=utf-8"
    };
    if content_type != wanted {
        return response(415, &[], "content type");
    }
    let Ok(Value::Array(events)) = serde_json::from_slice(&request.body) else {
        return response(400, &[], "not a list");
    };
    let required = if is_event_grid {
        &["id", "subject", "eventType", "eventTime", "dataVersion"][..]
    } else {
        &["id", "source", "type", "specversion"][..]
    };
    let is_event = |event: &Value| {
        required.iter().all(|name| event[*name].is_string())
            && event.get("topic").is_none()
            && (is_event_grid || event["specversion"] == "1.0")
    };
    if events.is_empty() || !events.iter().all(is_event) {
        return response(400, &[], "schema");
    }
    response(200, &[], "")
}
