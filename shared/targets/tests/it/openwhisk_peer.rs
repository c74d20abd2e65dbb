//! A peer with the REST API of OpenWhisk, and the token endpoint of IBM Cloud.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde_json::{Value, json};

use crate::server::{Received, Server, response};

/// `guest:<key>`, in base64 and in clear.
pub(crate) const AUTH_KEY: &str = "guest:AUTH-KEY-1";
const BASIC: &str = "Basic Z3Vlc3Q6QVVUSC1LRVktMQ==";
pub(crate) const API_KEY: &str = "API-KEY-1";

/// The actions below `/api/v1/namespaces/{_,guest}/actions`, and `/identity/token`:
///
/// | action | what it does |
/// |---|---|
/// | `echo`, `my pkg/echo` | gives its parameters back |
/// | `fail`, `crash`, `broken` | application error, developer error, internal error |
/// | `slow` | is over when it was asked for three times |
/// | `slow-fail` | the same, with an application error |
/// | `endless` | is never over |
/// | `status-<status>` | the API answers with that status and the credentials of the request |
/// | `proxy` | 502 without a record |
pub(crate) struct OpenWhiskPeer {
    pub(crate) server: Server,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Tokens given so far, and those of them that are good.
    tokens: Mutex<(usize, Vec<String>)>,
    /// Activations that are under way: their records, and how often they are asked for before they are over.
    running: Mutex<HashMap<String, (Value, usize)>>,
}

impl OpenWhiskPeer {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(State::default());
        let of_server = Arc::clone(&state);
        let server = Server::answering(move |request| of_server.answer(request)).await;
        Self { server, state }
    }

    pub(crate) fn revoke_tokens(&self) {
        lock(&self.state.tokens).1.clear();
    }

    /// Targets of the requests so far, with their methods.
    pub(crate) fn targets(&self) -> Vec<String> {
        let requests = self.server.requests();
        let line = |request: &Received| format!("{} {}", request.method, request.target);
        requests.iter().map(line).collect()
    }

    /// The member `iam` of settings.
    pub(crate) fn iam(&self, api_key: &str) -> Value {
        json!({"apiKey": api_key, "tokenUrl": self.server.url("/identity/token")})
    }
}

fn lock<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

fn json_response(status: u16, body: &Value) -> Response<Full<Bytes>> {
    response(status, &[("content-type", "application/json")], body.to_string())
}

/// A record as OpenWhisk writes it. `result` goes in as text, so that it keeps its digits.
fn record(id: &str, status: &str, code: u8, result: &str) -> String {
    let success = code == 0;
    format!(
        r#"{{"activationId":"{id}","namespace":"guest","name":"a","duration":3,"logs":[],"response":{{"status":"{status}","statusCode":{code},"success":{success},"result":{result}}}}}"#
    )
}

impl State {
    fn answer(&self, request: &Received) -> Response<Full<Bytes>> {
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        if path == "/identity/token" {
            return self.give_token(request);
        }
        let in_namespace = ["_", "guest"]
            .iter()
            .find_map(|name| path.strip_prefix(&format!("/api/v1/namespaces/{name}/")));
        let Some(rest) = in_namespace else {
            return json_response(404, &json!({"error": "The requested resource does not exist."}));
        };
        if !self.is_authorized(request) {
            return json_response(401, &json!({"error": "The supplied authentication is invalid"}));
        }
        match (request.method.as_str(), rest.split_once('/')) {
            ("POST", Some(("actions", name))) => self.invoke(request, name, query),
            ("GET", Some(("activations", id))) => self.activation(id),
            _ => json_response(405, &json!({})),
        }
    }

    fn give_token(&self, request: &Received) -> Response<Full<Bytes>> {
        let form: HashMap<String, String> = url::form_urlencoded::parse(&request.body).into_owned().collect();
        let get = |name: &str| form.get(name).map_or("", String::as_str);
        if get("grant_type") != "urn:ibm:params:oauth:grant-type:apikey" {
            return json_response(400, &json!({"errorCode": "BXNIM0104E"}));
        }
        if get("apikey") != API_KEY {
            let text = format!("Provided API key could not be found: {}", get("apikey"));
            return json_response(400, &json!({"errorCode": "BXNIM0415E", "errorMessage": text}));
        }
        let mut tokens = lock(&self.tokens);
        tokens.0 += 1;
        let token = format!("IAM-TOKEN-{}", tokens.0);
        tokens.1.push(token.clone());
        let body = json!({"access_token": token, "refresh_token": "not_supported", "token_type": "Bearer",
            "expires_in": 3600, "expiration": 1_795_255_200, "scope": "ibm openid"});
        json_response(200, &body)
    }

    fn is_authorized(&self, request: &Received) -> bool {
        let given = request.header("authorization").unwrap_or_default();
        let token = given.strip_prefix("Bearer ");
        given == BASIC || token.is_some_and(|token| lock(&self.tokens).1.iter().any(|good| good == token))
    }

    fn invoke(&self, request: &Received, name: &str, query: &str) -> Response<Full<Bytes>> {
        if request.header("content-type") != Some("application/json") || !request.body.starts_with(b"{") {
            return json_response(400, &json!({"error": "The request content was malformed"}));
        }
        let parameters = std::str::from_utf8(&request.body).unwrap();
        let id = format!("{:032x}", parameters.len());
        let is_blocking = match query {
            "blocking=true&result=false" => true,
            "blocking=false&result=false" => false,
            _ => return json_response(400, &json!({"error": query})),
        };
        let taken = || json_response(202, &json!({"activationId": id}));
        let no = r#"{"error":"no luck"}"#;
        let later = |record: String, asked: usize| {
            let record = serde_json::from_str(&record).unwrap();
            lock(&self.running).insert(id.clone(), (record, asked));
            taken()
        };
        let (status, record) = match name {
            "echo" | "my%20pkg/echo" => (200, record(&id, "success", 0, parameters)),
            "fail" => (502, record(&id, "application error", 1, no)),
            "crash" => (502, record(&id, "action developer error", 2, no)),
            "broken" => (502, record(&id, "whisk internal error", 3, no)),
            "slow" => return later(record(&id, "success", 0, r#"{"n":1}"#), 3),
            "slow-fail" => return later(record(&id, "application error", 1, no), 1),
            "endless" => return later(record(&id, "success", 0, "{}"), usize::MAX),
            "proxy" => return response(502, &[], "<html>Bad gateway</html>"),
            name => {
                let Some(status) = name.strip_prefix("status-") else {
                    return json_response(404, &json!({"error": "The requested resource does not exist."}));
                };
                let given = request.header("authorization").unwrap_or_default();
                let clear = if given == BASIC { AUTH_KEY } else { "" };
                return response(status.parse().unwrap(), &[], format!("{given} {clear}"));
            }
        };
        if is_blocking {
            response(status, &[("content-type", "application/json")], record)
        } else {
            taken()
        }
    }

    fn activation(&self, id: &str) -> Response<Full<Bytes>> {
        let mut running = lock(&self.running);
        match running.get_mut(id) {
            Some((record, 0)) => json_response(200, record),
            Some((_, asked)) => {
                *asked -= 1;
                // A store that is busy is no reason to give up.
                let status = if *asked == 1 { 503 } else { 404 };
                json_response(
                    status,
                    &json!({"error": "The requested resource does not exist."}),
                )
            }
            None => json_response(404, &json!({})),
        }
    }
}
