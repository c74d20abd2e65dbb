//! Sends events to endpoints, follows redirects, and reads the answers.

use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::resource::{HttpEndpoint, ResponseMode};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::uri::Scheme;
use http::{Method, Request, Response};
use http_body_util::Full;
use tokio::sync::OnceCell;

use super::client::{GO_CLIENT, GZIP, Payload};
use super::connector::TcpConnector;
use super::custom::Custom;
use super::destination::Destination;
use super::destinations::Destinations;
use super::encrypted::EncryptedClient;
use super::lanes::Sharing;
use super::pool::Pool;
use super::response_body::ResponseBody;
use super::tls_clients::TlsClients;
use super::{Identification, Refusal, body, hops, keeping, redirect, status, tls};
use crate::answer::FunctionAnswer;
use crate::answer_stream::StreamLimits;
use crate::call::{Call, Caller};
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::idle_connections::IdleConnections;
use crate::keeping::Kept;
use crate::network_guard::AddressRefused;
use crate::settings::TargetSettings;

const CLOUD_EVENT: HeaderValue = HeaderValue::from_static("application/cloudevents+json");
/// Whether an answer may be compressed is between the client and the function, which both know the client's own
/// `Accept-Encoding`; the gateway asks for nothing.
const IDENTITY: HeaderValue = HeaderValue::from_static("identity");
/// How long a call that has failed already waits for what the function says about it.
const FAILURE_BODY_WAIT: Duration = Duration::from_secs(1);

/// The HTTP clients and their kept-alive connections.
pub(crate) struct HttpTargets {
    pub(super) connector: TcpConnector,
    plain: Pool,
    destinations: Destinations,
    /// Apart, so that nobody reads certificates, or pays for the choice of a stream, until there is an https URL.
    encrypted: OnceCell<EncryptedClient>,
    /// The clients of functions with certificates of their own.
    pub(super) own_tls: TlsClients,
    pub(super) max_response_bytes: usize,
    pub(super) stream_limits: StreamLimits,
    /// What answers of functions are taken for that do not say it.
    response_default: ResponseMode,
}

impl HttpTargets {
    pub(crate) fn new(settings: &TargetSettings) -> Self {
        let guard = settings.guard.clone().map(Arc::new);
        let connector = TcpConnector::new(guard, settings.lookups)
            .avoiding(settings.own_config_api.clone())
            .offering_http2(settings.http2);
        Self {
            plain: Pool::new(connector.clone()),
            destinations: Destinations::default(),
            connector,
            encrypted: OnceCell::new(),
            own_tls: TlsClients::default(),
            max_response_bytes: settings.max_response_bytes,
            stream_limits: StreamLimits::of(settings),
            response_default: settings.response_default,
        }
    }

    /// The connections of the pool that no call uses.
    pub(crate) fn idle_connections(&self, most: usize) -> IdleConnections {
        self.plain.idle_connections(most)
    }

    /// Posts the event, or sends it as the endpoint wants it, and gives the final answer.
    pub(super) async fn post(
        &self,
        endpoint: &HttpEndpoint,
        call: Call<'_>,
        custom: Option<&Custom>,
        deadline: Deadline,
    ) -> Result<FunctionAnswer, InvokeError> {
        let mode = endpoint.response.unwrap_or(self.response_default);
        if call.caller == Caller::Client && mode.may_be_passed_on() {
            // Boxed: other calls do not carry its future.
            return Box::pin(self.pass_on(endpoint, mode, call, custom, deadline)).await;
        }
        // Who asks an authorizer or a hook has to read what it says.
        let is_asked = call.caller == Caller::Authorizer;
        let response = deadline
            .bound(pin!(self.follow(endpoint, mode, call, custom)))
            .await?;
        let status = response.status();
        let refusal = status::refusal(status, response.headers());
        let challenge = status::challenge(status, response.headers());
        // Q22: any status of a broken server, where the original took 500 alone.
        if let Some(refusal) = refusal.filter(|_| status.as_u16() >= 500) {
            return Err(failed(response, refusal, deadline).await);
        }
        let status = status.as_u16();
        let own_limit = custom.and_then(|custom| custom.max_response_bytes);
        let limit = own_limit.map_or(self.max_response_bytes, |own| own.min(self.max_response_bytes));
        let read = async {
            match mode {
                // An answer that is streamed has no limit, and nobody waits for this one. Its end shows that the
                // function is done.
                ResponseMode::Stream if !is_asked => body::discard(response).await,
                ResponseMode::Stream
                | ResponseMode::Object
                | ResponseMode::Auto
                | ResponseMode::Proxy
                | ResponseMode::Raw => body::read(response, limit, keeping()).await,
            }
        };
        let Kept { bytes, held } = deadline.bound(pin!(read)).await?;
        Ok(FunctionAnswer {
            body: bytes,
            held,
            status: Some(status),
            rejection: refusal.map(|refusal| refusal.rejection(status, challenge)),
            passed_on: None,
        })
    }

    /// Sends the event, follows redirects, and gives the final answer, whose body is not read yet.
    pub(super) async fn follow(
        &self,
        endpoint: &HttpEndpoint,
        mode: ResponseMode,
        call: Call<'_>,
        custom: Option<&Custom>,
    ) -> Result<Response<ResponseBody>, InvokeError> {
        let destination = self.destinations.of(&endpoint.url);
        let mut destination = destination.map_err(InvokeError::unusable)?;
        let original = call.original.filter(|_| endpoint.request.is_passthrough());
        let trace = call.identity.as_ref().filter(|_| original.is_some());
        let trace = trace.and_then(|identity| identity.trace.clone());
        let identification = call
            .identity
            .map(|identity| Identification::of(&identity, &endpoint.signing_secrets, &call.payload))
            .transpose()
            .map_err(InvokeError::unusable)?;
        let is_passed_on = call.caller == Caller::Client && mode.is_passed_on();
        let sharing = if is_passed_on && mode == ResponseMode::Stream {
            Sharing::Own
        } else {
            Sharing::Shared
        };
        let mut event = Some(call.payload).filter(|_| endpoint.sends_event());
        let mut followed = 0;
        loop {
            if let (Some(original), Some(custom)) = (original, custom) {
                // Boxed: events do not have to carry it.
                let passed_on = (original, trace.as_deref());
                return Box::pin(self.send_original(&destination, passed_on, custom, sharing)).await;
            }
            let mut request = request(&destination, event.clone(), identification.as_ref());
            if is_passed_on {
                request.headers_mut().insert(ACCEPT_ENCODING, IDENTITY);
            }
            let response = match custom {
                None => self.send_sharing(request, sharing).await?,
                Some(custom) => {
                    custom.apply(&mut request)?;
                    match &custom.tls {
                        None => self.send_sharing(request, sharing).await?,
                        Some(client) => {
                            hops::tell(request.headers_mut());
                            // Boxed: plain calls do not have to carry it.
                            answered(Box::pin(client.send(request, sharing)).await)?
                        }
                    }
                }
            };
            // Followed without it, the event would be lost and count as delivered.
            let would_lose_event =
                !call.caller.waits() && event.is_some() && redirect::drops_event(response.status());
            // A redirect is an answer like any other then.
            if is_passed_on || would_lose_event {
                return Ok(response);
            }
            let Some(redirect) = redirect::of(&response, &destination)? else {
                return Ok(response);
            };
            followed += 1;
            redirect::check_count(followed)?;
            if !endpoint.is_open() {
                redirect::check_origin(&redirect.destination)?;
            }
            event = event.filter(|_| redirect.keeps_event);
            destination = redirect.destination;
        }
    }

    /// Sends a request, and says how often its event was passed on.
    pub(super) fn send(
        &self,
        request: Request<Payload>,
    ) -> impl Future<Output = Result<Response<ResponseBody>, InvokeError>> {
        self.send_sharing(request, Sharing::Shared)
    }

    pub(super) async fn send_sharing(
        &self,
        mut request: Request<Payload>,
        sharing: Sharing,
    ) -> Result<Response<ResponseBody>, InvokeError> {
        hops::tell(request.headers_mut());
        if request.uri().scheme() == Some(&Scheme::HTTPS) {
            // Boxed: it is a large future, which plain calls would have to carry.
            Box::pin(self.send_encrypted(request, sharing)).await
        } else {
            answered(self.plain.send(request).await)
        }
    }

    async fn send_encrypted(
        &self,
        request: Request<Payload>,
        sharing: Sharing,
    ) -> Result<Response<ResponseBody>, InvokeError> {
        answered(self.encrypted().await?.send(request, sharing).await)
    }

    pub(super) async fn encrypted(&self) -> Result<&EncryptedClient, InvokeError> {
        let load = || async {
            let roots = tls::native_roots().await?;
            let config = roots.with_no_client_auth();
            Ok(EncryptedClient::new(self.connector.clone(), config))
        };
        self.encrypted.get_or_try_init(load).await
    }
}

/// The answer to a request, or why there is none. What the guard refused it will refuse again.
pub(super) fn answered(
    sent: Result<Response<ResponseBody>, impl Error + Send + Sync + 'static>,
) -> Result<Response<ResponseBody>, InvokeError> {
    sent.map_err(|error| {
        let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
        if causes.any(<dyn Error>::is::<AddressRefused>) {
            InvokeError::unusable(AddressRefused)
        } else {
            InvokeError::unavailable(error)
        }
    })
}

/// The error of a call that a server answered with a status from 500 up. Reading what it says can only end early.
async fn failed(response: Response<ResponseBody>, refusal: Refusal, deadline: Deadline) -> InvokeError {
    let status = response.status().as_u16();
    let body = body::beginning(response, deadline.sooner(FAILURE_BODY_WAIT)).await;
    InvokeError::FunctionFailed {
        detail: format!("HTTP status code: {status}"),
        class: refusal.class,
        retry_after: refusal.retry_after,
        response: LastResponse::new(Some(status), &body),
    }
}

/// POST with the event, or GET without one after a redirect that says so. hyper adds the exact `Content-Length`.
fn request(
    to: &Destination,
    event: Option<Bytes>,
    identification: Option<&Identification>,
) -> Request<Payload> {
    let method = if event.is_some() {
        Method::POST
    } else {
        Method::GET
    };
    let is_event = event.is_some();
    let mut request = Request::new(Full::new(event.unwrap_or_default()));
    *request.method_mut() = method;
    *request.uri_mut() = to.uri.clone();
    let headers = request.headers_mut();
    let identification = identification.filter(|_| to.is_own);
    headers.reserve(6 + identification.map_or(0, Identification::most_headers));
    headers.insert(HOST, to.host.clone());
    headers.insert(USER_AGENT, GO_CLIENT);
    if is_event {
        headers.insert(CONTENT_TYPE, CLOUD_EVENT);
    }
    headers.insert(ACCEPT_ENCODING, GZIP);
    if let Some(authorization) = &to.authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    if let Some(identification) = identification {
        identification.write(headers, is_event);
    }
    request
}
