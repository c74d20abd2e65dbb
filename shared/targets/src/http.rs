//! Functions behind HTTP (CONTRACT.md §3.2): the event is posted, the body of the answer is the result.

use std::time::Duration;

use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::resource::HttpEndpoint;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use http::uri::Scheme;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::OnceCell;

use self::destination::Destination;
use self::identification::Identification;
use self::status::Refusal;
use crate::answer::{Answer, Rejection};
use crate::call::Call;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::settings::TargetSettings;

mod body;
mod destination;
mod identification;
mod redirect;
mod signature;
mod status;
mod tls;

type Payload = Full<Bytes>;

const CLOUD_EVENT: HeaderValue = HeaderValue::from_static("application/cloudevents+json");
/// Functions see the user agent that they have always seen.
const GO_CLIENT: HeaderValue = HeaderValue::from_static("Go-http-client/1.1");
const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
const IDLE_CONNECTIONS_PER_HOST: usize = 1024;
/// How long a call that has failed already waits for what the function says about it.
const FAILURE_BODY_WAIT: Duration = Duration::from_secs(1);

/// The HTTP clients and their kept-alive connections.
pub(crate) struct HttpTargets {
    connector: HttpConnector,
    plain: Client<HttpConnector, Payload>,
    /// Apart, so that nobody reads certificates, or pays for the choice of a stream, until there is an https URL.
    encrypted: OnceCell<Client<HttpsConnector<HttpConnector>, Payload>>,
    max_response_bytes: usize,
}

impl HttpTargets {
    pub(crate) fn new(settings: &TargetSettings) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        // Ends connects that no call waits for any more. Longer than a call, so that the call's own timeout is what
        // it is reported as.
        connector.set_connect_timeout(Some(settings.timeout.saturating_mul(2)));
        Self {
            plain: client(connector.clone()),
            connector,
            encrypted: OnceCell::new(),
            max_response_bytes: settings.max_response_bytes,
        }
    }

    /// Posts the event and gives the final answer.
    pub(crate) async fn post(
        &self,
        endpoint: &HttpEndpoint,
        call: Call,
        deadline: Deadline,
    ) -> Result<Answer, InvokeError> {
        let response = deadline.bound(self.exchange(endpoint, call)).await?;
        let status = response.status();
        let refusal = status::refusal(status, response.headers());
        // Q22: any status of a broken server, where the original took 500 alone.
        if let Some(refusal) = refusal.filter(|_| status.as_u16() >= 500) {
            return Err(failed(response, refusal, deadline).await);
        }
        let status = status.as_u16();
        Ok(Answer {
            body: deadline
                .bound(body::read(response, self.max_response_bytes))
                .await?,
            status: Some(status),
            rejection: refusal.map(|Refusal { class, retry_after }| Rejection {
                status,
                class,
                retry_after,
            }),
        })
    }

    /// Sends the event, follows redirects, and gives the answer that none of its body is read of.
    async fn exchange(&self, endpoint: &HttpEndpoint, call: Call) -> Result<Response<Incoming>, InvokeError> {
        let mut destination = Destination::parse(&endpoint.url).map_err(InvokeError::unusable)?;
        let identification = call
            .identity
            .map(|identity| Identification::of(&identity, &endpoint.signing_secrets, &call.payload))
            .transpose()
            .map_err(InvokeError::unusable)?;
        let mut event = Some(call.payload);
        let mut followed = 0;
        loop {
            let request = request(&destination, event.clone(), identification.as_ref());
            let response = self.send(request).await?;
            let Some(redirect) = redirect::of(&response, &destination)? else {
                return Ok(response);
            };
            followed += 1;
            redirect::check_count(followed)?;
            event = event.filter(|_| redirect.keeps_event);
            destination = redirect.destination;
        }
    }

    async fn send(&self, request: Request<Payload>) -> Result<Response<Incoming>, InvokeError> {
        let sent = if request.uri().scheme() == Some(&Scheme::HTTPS) {
            // Boxed: loading certificates takes a large future, which plain calls would have to carry.
            Box::pin(self.encrypted()).await?.request(request).await
        } else {
            self.plain.request(request).await
        };
        sent.map_err(InvokeError::unavailable)
    }

    async fn encrypted(&self) -> Result<&Client<HttpsConnector<HttpConnector>, Payload>, InvokeError> {
        let load = || async {
            let roots = tls::native_roots().await?;
            Ok(client(tls::connector(self.connector.clone(), roots)))
        };
        self.encrypted.get_or_try_init(load).await
    }
}

/// The error of a call that a server answered with a status from 500 up. Reading what it says can only end early.
async fn failed(response: Response<Incoming>, refusal: Refusal, deadline: Deadline) -> InvokeError {
    let status = response.status().as_u16();
    let body = body::beginning(response, deadline.sooner(FAILURE_BODY_WAIT)).await;
    InvokeError::FunctionFailed {
        detail: format!("HTTP status code: {status}"),
        class: refusal.class,
        retry_after: refusal.retry_after,
        response: LastResponse::new(Some(status), &body),
    }
}

/// A client with the pool that all calls share. A request that met a connection which the server closed while it was
/// idle is sent again on another one, but only if none of its bytes had been written.
fn client<C: Connect + Clone>(connector: C) -> Client<C, Payload> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST)
        .build(connector)
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
    headers.reserve(5 + identification.map_or(0, |_| identification::HEADERS));
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
