//! The Configuration API as a service: what a request asks for, and who answers it.

use std::time::Instant;

use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use gateway::metrics::CONFIG_REQUEST_DURATION;
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode, header};

use super::authorization::Need;
use super::caller::Caller;
use super::endpoint::EndpointRequest;
use super::paths::{self, Resolved, Route};
use super::resources::ResourceOperation;
use super::{ConfigApi, browser_guard, leaks, openapi};
use crate::compression::{AskedCodings, compressed};
use crate::error::{answer_or_internal_error, with_details};
use crate::health::{self, Probe};
use crate::in_flight::counting;
use crate::observed::Observed;
use crate::request_id::{identified, with_request_id};
use crate::request_target::{answer_by_itself, plain_text};

/// The Configuration API as a service.
pub fn router(api: ConfigApi) -> Router {
    Router::new().fallback(handle).with_state(api)
}

async fn handle(State(api): State<ConfigApi>, request: Request) -> Response {
    let started = Instant::now();
    let (mut parts, body) = request.into_parts();
    let id = api.answers.request_ids.then(|| identified(&mut parts.headers));
    let observed = Observed::begin_config(api.access_log.as_ref(), &parts, id.as_ref());
    let mut learned = observed.learned();
    // The server leaves out the content of what a HEAD is answered with.
    if parts.method == Method::HEAD {
        parts.method = Method::GET;
    }
    let response = match answer_by_itself(&parts) {
        Some(response) => response,
        None if api.browsers.is_foreign(&parts) => browser_guard::foreign_origin(),
        None if api.leak_reports.is_some() && parts.uri.path() == leaks::PATH => {
            // Boxed: hardly any request is one.
            Box::pin(api.leak_answer(&parts, body)).await
        }
        None => match paths::resolve(parts.uri.path(), &parts.method) {
            Resolved::Unknown => match api.health.probe(parts.uri.path()) {
                Some(probe) => {
                    learned.is_probe = true;
                    Box::pin(api.health_answer(probe, &parts.method)).await
                }
                None => not_found(),
            },
            Resolved::Redirect(path) => redirect(&parts, &path),
            Resolved::Route(route) => {
                if observed.is_noted() {
                    learned.place = Some((route.space().cloned(), route.pattern()));
                    learned.bytes = announced(&body);
                }
                with_details(&parts.headers, api.answer(route, &parts, body).await)
            }
        },
    };
    let mut response = counting(api.limits.in_flight, response);
    // What is changed with `If-Match` keeps its tag, which is for one form of it.
    if api.answers.compresses && !response.headers().contains_key(header::ETAG) {
        let asked = AskedCodings::of(&parts.headers);
        response = Box::pin(compressed(asked, response, api.limits.in_flight)).await;
    }
    metrics::histogram!(CONFIG_REQUEST_DURATION).record(started.elapsed().as_secs_f64());
    observed.answered(&learned, with_request_id(response, id))
}

/// Bytes that a body has, as far as its sender says.
fn announced(body: &Body) -> usize {
    let bytes = body.size_hint().exact().unwrap_or_default();
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl ConfigApi {
    /// Like the status, this is told to everyone. The end of the process is the end of this API's listener, too.
    async fn health_answer(&self, probe: Probe, method: &Method) -> Response {
        match probe {
            _ if method != Method::GET => method_not_allowed(&["GET"]),
            Probe::Alive => health::alive(),
            Probe::Ready => {
                let store = Box::pin(self.store.check_readable());
                health::ready(store, &self.queue, false).await
            }
        }
    }

    async fn leak_answer(&self, parts: &Parts, body: Body) -> Response {
        if parts.method != Method::POST {
            return method_not_allowed(&["POST"]);
        }
        let judging = async {
            let judged = self.leaked_keys(parts, body).await;
            judged.unwrap_or_else(IntoResponse::into_response)
        };
        answer_or_internal_error(judging).await
    }

    async fn answer(&self, route: Route, parts: &Parts, body: Body) -> Response {
        // Load balancers probe the status without a key, by whatever name they know the machine.
        let is_status = matches!(route, Route::Status);
        if !is_status && self.access_key.is_none() && !self.browsers.knows_host(parts) {
            return browser_guard::unknown_host(parts);
        }
        let asking = self.caller(&Need::of(&route, &parts.method), parts).await;
        match asking {
            Err(error) => error.into_response(),
            Ok(caller) => {
                let (writing, telling) = self.on_behalf_of(&caller, &route, parts).unzip();
                let api = match (&caller, writing) {
                    (Caller::Root, None) => return self.answer_to(&caller, route, parts, body).await,
                    (Caller::Root, Some(writing)) => writing,
                    (Caller::Key(_), writing) => writing.as_ref().unwrap_or(self).without_secrets(),
                };
                // Boxed: it is no part of what requests carry that read with the access key.
                let answer = Box::pin(async move { api.answer_to(&caller, route, parts, body).await }).await;
                if let Some(telling) = telling.flatten() {
                    telling.finish().await;
                }
                answer
            }
        }
    }

    /// The answer to somebody who may ask for it.
    async fn answer_to(&self, caller: &Caller, route: Route, parts: &Parts, body: Body) -> Response {
        let is_get = parts.method == Method::GET;
        match route {
            Route::Status if is_get => StatusCode::OK.into_response(),
            Route::Metrics if is_get => self.metrics.render(&self.store, &self.queue).await,
            Route::Diagnosis if is_get => self.diagnosis.answer(),
            Route::OpenApi if is_get => openapi::answer(),
            Route::Spaces if is_get => {
                let listing = async {
                    self.list_spaces(parts)
                        .await
                        .unwrap_or_else(IntoResponse::into_response)
                };
                answer_or_internal_error(listing).await
            }
            Route::Tenants if is_get || parts.method == Method::POST => {
                let handling = async {
                    let answer = if is_get {
                        self.list_tenants(parts).await
                    } else {
                        self.create_tenant(parts, body).await
                    };
                    answer.unwrap_or_else(IntoResponse::into_response)
                };
                // Boxed: hardly any request is about tenants.
                Box::pin(answer_or_internal_error(handling)).await
            }
            Route::Tenants => method_not_allowed(&["GET", "POST"]),
            Route::Status | Route::Metrics | Route::Diagnosis | Route::OpenApi | Route::Spaces => {
                method_not_allowed(&["GET"])
            }
            Route::Resource { space, kind, id } => match ResourceOperation::of(&parts.method, id.clone()) {
                None => method_not_allowed(&ResourceOperation::methods(id.as_deref())),
                Some(operation) => {
                    let handling = self.count_and_carry_out(kind, &space, operation, parts, body);
                    answer_or_internal_error(handling).await
                }
            },
            Route::Endpoint { space, endpoint, id } => match endpoint.action(&parts.method) {
                None => method_not_allowed(&endpoint.methods()),
                Some(action) => {
                    let asked = EndpointRequest {
                        space: &space,
                        caller,
                        id: &id,
                        parts,
                        body,
                    };
                    answer_or_internal_error(self.count_and_act(action, asked)).await
                }
            },
        }
    }
}

/// An answer in plain text that browsers must not take for anything else.
fn plain_refusal(status: StatusCode, text: &'static str) -> Response {
    let mut response = plain_text(status, text);
    response.headers_mut().insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

fn not_found() -> Response {
    plain_refusal(StatusCode::NOT_FOUND, "404 page not found\n")
}

/// Names the methods that there are; `HEAD` goes with `GET` (docs/contract.md §1.1).
fn method_not_allowed(methods: &[&str]) -> Response {
    let mut response = plain_refusal(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n");
    let allow = methods.join(", ").replacen("GET", "GET, HEAD", 1);
    if let Ok(allow) = HeaderValue::try_from(allow) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// Sends a client on to the path it meant; only a GET may turn into another request.
fn redirect(parts: &Parts, path: &str) -> Response {
    let is_get = parts.method == Method::GET;
    let status = if is_get {
        StatusCode::MOVED_PERMANENTLY
    } else {
        StatusCode::TEMPORARY_REDIRECT
    };
    let location = match parts.uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    (status, [(header::LOCATION, location)]).into_response()
}
