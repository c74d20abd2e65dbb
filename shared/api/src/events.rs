//! The Events API: every path and method belongs to subscriptions, so one handler takes all requests.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::event::CLOUDEVENTS_BATCH_JSON;
use domain::origin::Origin;
use domain::sniff::sniff;
use gateway::{Answer, Client, Gateway, GatewayReply, UpgradedResponse, WaitingClient};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body::Frame;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use crate::access_log::AccessLogging;
use crate::answer_options::AnswerOptions;
use crate::body::{self, BodyLimits};
use crate::compression::{AskedCodings, Streamed, compressed};
use crate::content_coding::decoded;
use crate::error::{ApiError, MATCHED, answer_or_internal_error};
use crate::health::{self, HealthPaths, Probe};
use crate::in_flight::counting;
use crate::observed::{Learned, Observed};
use crate::request_id::{identified, with_request_id};
use crate::request_target::answer_by_itself;
use crate::unstoppable::Unstoppable;

/// The Events API. A cheap handle.
#[derive(Debug, Clone)]
pub struct EventsApi {
    gateway: Gateway,
    settings: EventsSettings,
}

/// What the Events API does by itself, before and after the engine.
#[derive(Debug, Clone)]
pub struct EventsSettings {
    /// Bounds of request bodies.
    pub limits: BodyLimits,
    /// Where health checks are answered.
    pub health: HealthPaths,
    /// What is made of answers.
    pub answers: AnswerOptions,
    /// Whether bodies that come compressed are decoded.
    pub decodes_bodies: bool,
    /// Where requests are noted, if they are.
    pub access_log: Option<AccessLogging>,
}

/// An answer of the Events API in the making.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl EventsApi {
    /// The API of an engine.
    pub fn new(gateway: Gateway, settings: EventsSettings) -> Self {
        Self { gateway, settings }
    }

    /// The same as a router. Where a request has an [`Origin`] among its extensions, it came from there.
    pub fn into_router(self) -> Router {
        let handle = |State(api): State<Self>, request: Request| async move {
            let origin = request.extensions().get().copied().unwrap_or_default();
            api.answer(request, origin).await
        };
        Router::new().fallback(handle).with_state(self)
    }

    /// Answers a request, whatever its path and method.
    pub fn answer(&self, mut request: Request, origin: Origin) -> ResponseFuture {
        let is_head = request.method() == Method::HEAD;
        let id = self
            .settings
            .answers
            .request_ids
            .then(|| identified(request.headers_mut()));
        let (api, in_flight) = (self.clone(), self.settings.limits.in_flight);
        let logging = self.settings.access_log.as_ref();
        let observed = Observed::begin(&self.gateway, logging, &request, (id.as_ref(), origin));
        // Boxed: most answers go as they are.
        let compression = self
            .settings
            .answers
            .compresses
            .then(|| Box::new(AskedCodings::of(request.headers())));
        Box::pin(async move {
            // Made in here, where it is awaited: what a future holds from outside is copied twice.
            let mut learned = observed.learned();
            let mut response = answer_or_internal_error(api.receive(request, origin, &mut learned)).await;
            if let Some(asked) = compression {
                // That of the space, where it got so far.
                let in_flight = response.extensions_mut().remove().unwrap_or(in_flight);
                response = Box::pin(compressed(*asked, response, in_flight)).await;
            }
            // The answer to GET would have it; the server sees nothing that it would write here.
            if is_head && response.body().size_hint().exact() == Some(0) {
                let length = response.headers_mut().entry(header::CONTENT_LENGTH);
                length.or_insert(HeaderValue::from_static("0"));
            }
            Ok(observed.answered(&learned, with_request_id(response, id)))
        })
    }

    /// Boxed: it is no part of what other requests carry.
    fn health_answer(&self, probe: Probe) -> Pin<Box<dyn Future<Output = Response> + Send>> {
        let gateway = self.gateway.clone();
        Box::pin(async move {
            match probe {
                Probe::Alive => health::alive(),
                Probe::Ready => {
                    let routes = gateway.store().routing_table(&[]);
                    health::ready(routes, gateway.queue(), gateway.is_draining()).await
                }
            }
        })
    }

    async fn receive(self, request: Request, origin: Origin, learned: &mut Learned) -> Response {
        let (mut parts, body) = request.into_parts();
        if let Some(response) = answer_by_itself(&parts) {
            return response;
        }
        if let Some(probe) = self.settings.health.probe(parts.uri.path())
            && matches!(parts.method, Method::GET | Method::HEAD)
            && !self.gateway.has_space_host(&parts)
        {
            learned.is_probe = true;
            return self.health_answer(probe).await;
        }
        let mut limits = self.settings.limits;
        let compresses = self.settings.answers.compresses;
        if compresses || !body.is_end_stream() {
            limits.in_flight = self.gateway.in_flight_for(&parts).await;
        }
        let mut read = body::read_held(&parts, body, limits).await;
        learned.bytes = read.as_ref().map_or(0, |(body, _)| body.len());
        if self.settings.decodes_bodies && parts.headers.contains_key(header::CONTENT_ENCODING) {
            // Boxed: most bodies come as they are.
            read = Box::pin(async {
                // Signatures and digests are of the bytes that were sent, and whoever gets them may know other codings.
                if self.gateway.passes_on(&parts).await {
                    return read;
                }
                decoded(&mut parts, read, limits).await
            })
            .await;
        }
        let (body, held) = match read {
            Ok((body, held)) => (Ok(body), held),
            Err(err) => (Err(err), None),
        };
        let gateway = self.gateway;
        let waiting = is_batch(&parts.headers).then(WaitingClient::new);
        let mut client = waiting
            .as_ref()
            .map_or_else(Client::default, WaitingClient::observed);
        let is_head = parts.method == Method::HEAD;
        // The server leaves it here where a client asks for another protocol.
        let upgrade = parts.extensions.remove::<OnUpgrade>();
        client.origin = origin;
        client.can_upgrade = upgrade.is_some();
        client.seen = std::mem::take(&mut learned.seen);
        let received = Unstoppable::new(async move {
            let mut received = gateway.receive(&parts, body, &client).await;
            // Until here the body may be needed, and beyond where the function is still there.
            if let Ok(Answer::Stream(answer)) = &mut received.outcome {
                answer.body.hold(held);
            }
            (received, client.seen)
        });
        let (GatewayReply { headers, outcome }, seen) = received.await;
        learned.seen = seen;
        drop(waiting);
        let is_object = matches!(outcome, Ok(Answer::Object(_)));
        let is_of_function = matches!(outcome, Ok(Answer::Function(_) | Answer::Stream(_)));
        let mut response = match outcome {
            Ok(Answer::Upgrade(answer)) => upgrade_to(*answer, upgrade),
            Ok(answer) => into_response(answer),
            Err(err) => counting(
                self.settings.limits.in_flight,
                ApiError::from(err).into_response(),
            ),
        };
        // How much GET would have is known to the function alone.
        let has_length = response.headers().contains_key(header::CONTENT_LENGTH);
        if is_head && is_of_function && !has_length && response.body().size_hint().exact() == Some(0) {
            *response.body_mut() = Body::new(NoContent);
        }
        if compresses {
            response.extensions_mut().insert(limits.in_flight);
        }
        let replaces_vary = is_object && answers_for_cors(response.headers(), &headers);
        add_missing(response.headers_mut(), headers, replaces_vary);
        response
    }
}

/// Whether a request holds several events: then it matters whether its client is still there.
fn is_batch(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let start = content_type.and_then(|value| value.trim_ascii_start().get(..CLOUDEVENTS_BATCH_JSON.len()));
    start.is_some_and(|start| start.eq_ignore_ascii_case(CLOUDEVENTS_BATCH_JSON.as_bytes()))
}

/// The answer after which the client's connection goes on with another protocol, in a task of its own.
fn upgrade_to(answer: UpgradedResponse, upgrade: Option<OnUpgrade>) -> Response {
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    response.headers_mut().clone_from(&answer.headers);
    tokio::spawn(async move {
        if let Some(upgrade) = upgrade
            && let Ok(client) = upgrade.await
        {
            answer.run(TokioIo::new(client)).await;
        }
    });
    response
}

fn into_response(answer: Answer) -> Response {
    match answer {
        Answer::Upgrade(answer) => upgrade_to(*answer, None),
        Answer::Preflight => StatusCode::OK.into_response(),
        Answer::Accepted => StatusCode::ACCEPTED.into_response(),
        Answer::Unmatched => {
            let headers = [(MATCHED, HeaderValue::from_static("0"))];
            (StatusCode::ACCEPTED, headers).into_response()
        }
        Answer::Object(answer) | Answer::Function(answer) => {
            let mut response = Response::new(content(answer.status, answer.body));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            response
        }
        Answer::Stream(answer) => {
            let mut response = Response::new(Body::new(answer.body));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            response.extensions_mut().insert(Streamed);
            response
        }
        Answer::Result(result) => {
            let content_type = (!result.is_empty()).then(|| HeaderValue::from_static(sniff(&result)));
            let mut response = Response::new(Body::from(result));
            if let Some(content_type) = content_type {
                response.headers_mut().insert(header::CONTENT_TYPE, content_type);
            }
            response
        }
    }
}

/// The content of an answer. Where a status has none, no length is made up for it either: that of 304 would be taken for
/// the length of what it stands for (RFC 9110, section 8.6).
fn content(status: StatusCode, bytes: Bytes) -> Body {
    if bytes.is_empty() && matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        Body::new(NoContent)
    } else {
        Body::from(bytes)
    }
}

/// A body that ends at once and tells nothing of its length.
struct NoContent;

impl HttpBody for NoContent {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }
}

/// Whether nothing of what a response is by CORS depends on the origin any more: a response object names the origin itself
/// and says what caches have to compare (docs/contract.md §2.6), and no credentials are allowed beside it.
fn answers_for_cors(own: &HeaderMap, added: &HeaderMap) -> bool {
    own.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
        && !added.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS)
}

/// Adds headers, all lines of them, unless the response has its own of the name. `Vary` says what caches have to
/// compare, so it is added to the response's own, unless that replaces it.
fn add_missing(headers: &mut HeaderMap, added: HeaderMap, replaces_vary: bool) {
    if added.is_empty() {
        return;
    }
    let own: Vec<_> = added
        .keys()
        .filter(|name| headers.contains_key(*name) && (replaces_vary || **name != header::VARY))
        .cloned()
        .collect();
    let mut last = None;
    for (name, value) in added {
        last = name.or(last);
        if let Some(name) = last.clone()
            && !own.contains(&name)
            && !(name == header::VARY && varies_by(headers, &value))
        {
            // Without room for it a browser learns less than it might, and never more.
            let _ = headers.try_append(name, value);
        }
    }
}

/// Whether `Vary` has the name of a request header already, or stands for all of them.
fn varies_by(headers: &HeaderMap, name: &HeaderValue) -> bool {
    let lines = headers.get_all(header::VARY).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .any(|own| own == b"*" || own.eq_ignore_ascii_case(name.as_bytes()))
}
