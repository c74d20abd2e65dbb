//! Serving connections of a listener: bounded in number, in headers and in time.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use api::events::EventsApi;
use api::{BytesInFlight, LeastRate};
use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use crate::listener::Listeners;
use crate::paced::{HeadCounting, Paced, RequestHead, UNSENT_BYTES};

/// How connections of a listener are served.
#[derive(Clone)]
pub(crate) struct ConnectionSettings {
    /// TLS, if it is on.
    pub(crate) tls: Option<TlsAcceptor>,
    /// Largest request line and headers, in bytes.
    pub(crate) max_header_bytes: usize,
    /// Connections at a time.
    pub(crate) max_connections: usize,
    /// Time for the headers to arrive; also how long an idle connection is kept.
    pub(crate) read_timeout: Duration,
    /// Time that a client may leave an answer unread.
    pub(crate) write_timeout: Duration,
    /// The least rate at which it reads one.
    pub(crate) least_rate: LeastRate,
    /// The budget of bytes for heads that are longer than usual.
    pub(crate) in_flight: BytesInFlight,
}

/// Pause after the machine could not accept a connection, as when it has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Headers a request may have.
const MAX_HEADERS: usize = 256;

/// A service that answers the requests of a connection.
pub(crate) trait Answers:
    Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Unpin + Send>
    + Clone
    + Send
    + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Unpin + Send>
        + Clone
        + Send
        + 'static
{
}

/// The Events API as a service. It has no routes for a router to choose from.
pub(crate) fn events(api: EventsApi) -> impl Answers {
    service_fn(move |request: Request<Incoming>| api.answer(request.map(Body::new)))
}

/// The Configuration API as a service.
pub(crate) fn config(router: Router) -> impl Answers {
    TowerToHyperService::new(router)
}

/// Accepts and serves connections until `stop` changes, then lets those in progress end their request.
pub(crate) async fn serve(
    listeners: Listeners,
    service: impl Answers,
    settings: ConnectionSettings,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(settings.max_connections));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listeners, &places) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some((stream, place)) = accepted else { continue };
        let (service, settings, watcher) = (service.clone(), settings.clone(), graceful.watcher());
        tokio::spawn(async move {
            prepare(&stream, settings.write_timeout);
            match &settings.tls {
                None => serve_connection(stream, service, &settings, watcher).await,
                Some(tls) => {
                    // A handshake has the time that headers have.
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(settings.read_timeout, tls.accept(stream)).await
                    {
                        serve_connection(stream, service, &settings, watcher).await;
                    }
                }
            }
            drop(place);
        });
    }
    drop(listeners);
    graceful.shutdown().await;
}

async fn accept(
    listeners: &Listeners,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listeners.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            tracing::error!(%error, "A connection could not be accepted.");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

/// Socket options; a connection works without them, only less well.
fn prepare(stream: &TcpStream, write_timeout: Duration) {
    let _ = stream.set_nodelay(true);
    #[cfg(target_os = "linux")]
    {
        let socket = SockRef::from(stream);
        let _ = socket.set_tcp_user_timeout(Some(write_timeout));
        let _ = socket.set_tcp_notsent_lowat(UNSENT_BYTES);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (SockRef::from(stream), write_timeout, UNSENT_BYTES);
}

async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    service: impl Answers,
    settings: &ConnectionSettings,
    watcher: Watcher,
) {
    let head = RequestHead::new(settings.in_flight);
    let stream = Paced::new(stream, settings.least_rate, head.clone());
    let service = HeadCounting { service, head };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.read_timeout)
        .max_buf_size(settings.max_header_bytes)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "A connection ended early.");
    }
}
