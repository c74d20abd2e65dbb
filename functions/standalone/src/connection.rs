//! Serving connections of a listener: bounded in number, in headers and in time. Which HTTP a connection speaks is seen by
//! what it begins with, or agreed on with TLS.

use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::time::Duration;

use api::events::EventsApi;
use api::{BytesInFlight, ClientConnection, ClientConnections, LeastRate, WhenWoken};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use domain::origin::Origin;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::http2::requests::Answers;
use crate::http2::{self, StreamSettings};
use crate::listener::Listeners;
use crate::paced::{HeadCounting, Paced, RequestHead};
use crate::preface::PREFACE;
use crate::reading_pace::UNSENT_BYTES;
use crate::tls::HTTP_2;

/// How connections of a listener are served.
#[derive(Clone)]
pub(crate) struct ConnectionSettings {
    /// TLS, if it is on.
    pub(crate) tls: Option<TlsAcceptor>,
    /// Largest request line and headers, in bytes.
    pub(crate) max_header_bytes: usize,
    /// The connections, and how many there may be at a time.
    pub(crate) connections: ClientConnections,
    /// Streams of HTTP/2 that a connection may have at a time; with 0 it speaks HTTP/1.1 alone.
    pub(crate) max_streams: u32,
    /// Time for the headers to arrive; also how long an idle connection is kept.
    pub(crate) read_timeout: Duration,
    /// Time that a client may leave an answer unread.
    pub(crate) write_timeout: Duration,
    /// The least rate at which it reads one.
    pub(crate) least_rate: LeastRate,
    /// The budget of bytes for heads that are longer than usual.
    pub(crate) in_flight: BytesInFlight,
    /// The budget of bytes for requests over HTTP/2 and their heads, of which each client has a share.
    pub(crate) in_flight_http2: BytesInFlight,
    /// Whether requests have ids.
    pub(crate) request_ids: bool,
}

/// Pause after the machine could not accept a connection, as when it has no file descriptors left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Headers a request may have. Room for them is made for each request, and room for more than these comes from an
/// allocator that returns it to the system each time.
const MAX_HEADERS: usize = 200;

/// The Events API as the service of a connection. It has no routes for a router to choose from.
pub(crate) fn events(api: &EventsApi, origin: Origin) -> impl Answers + use<> {
    let api = api.clone();
    service_fn(move |request: Request<Incoming>| api.answer(request.map(Body::new), origin))
}

/// The Configuration API as the service of a connection.
pub(crate) fn config(router: &Router, origin: Origin) -> impl Answers + use<> {
    let router = TowerToHyperService::new(router.clone());
    service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(origin);
        router.call(request)
    })
}

/// Accepts connections and serves each as what comes from its other end, until `stop` changes; then lets those in progress
/// end their request.
pub(crate) async fn serve<S: Answers>(
    listeners: Listeners,
    service_of: impl Fn(Origin) -> S,
    settings: ConnectionSettings,
    mut stop: watch::Receiver<bool>,
) {
    let (close, _) = watch::channel(());
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listeners, &settings.connections) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some((stream, peer, open)) = accepted else {
            continue;
        };
        let peer = peer.ip();
        let service = service_of(Origin {
            address: Some(peer.to_canonical()),
            is_encrypted: settings.tls.is_some(),
        });
        let (settings, closing) = (settings.clone(), close.subscribe());
        tokio::spawn(async move {
            prepare(&stream, settings.write_timeout);
            match &settings.tls {
                None => serve_connection(stream, peer, service, &settings, closing).await,
                Some(tls) => {
                    // A handshake has the time that headers have.
                    if let Ok(Ok(stream)) =
                        tokio::time::timeout(settings.read_timeout, tls.accept(stream)).await
                    {
                        if stream.get_ref().1.alpn_protocol() == Some(HTTP_2) {
                            let stream =
                                Paced::new(stream, settings.least_rate, RequestHead::new(settings.in_flight));
                            serve_http2(stream, peer, Bytes::new(), service, &settings, closing).await;
                        } else {
                            serve_connection(stream, peer, service, &settings, closing).await;
                        }
                    }
                }
            }
            drop(open);
        });
    }
    drop(listeners);
    let _ = close.send(());
    // Each connection has an end of it for as long as it lasts.
    close.closed().await;
}

async fn accept(
    listeners: &Listeners,
    connections: &ClientConnections,
) -> Option<(TcpStream, SocketAddr, ClientConnection)> {
    let place = connections.place().await?;
    match listeners.accept().await {
        Ok((stream, address)) => Some((stream, address, connections.accepted_in(place))),
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

/// Serves a connection that speaks HTTP/1.1, unless it begins as one that speaks HTTP/2.
async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: IpAddr,
    service: impl Answers,
    settings: &ConnectionSettings,
    mut closing: watch::Receiver<()>,
) {
    let head = RequestHead::new(settings.in_flight);
    let stream = Paced::new(stream, settings.least_rate, head.clone());
    let service = HeadCounting { service, head };
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.read_timeout)
        .max_buf_size(settings.max_header_bytes)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let ended = {
        let closed = pin!(closing.changed());
        tokio::select! {
            biased;
            ended = &mut connection => Some(ended),
            _ = WhenWoken::new(closed) => None,
        }
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        Pin::new(&mut connection).graceful_shutdown();
        closing.mark_changed();
        (&mut connection).await
    };
    let Err(error) = ended else { return };
    let Some(parts) = connection.into_parts() else {
        return;
    };
    if settings.max_streams > 0 && parts.read_buf.starts_with(PREFACE) {
        let (stream, service) = (parts.io.into_inner(), parts.service.service);
        serve_http2(stream, peer, parts.read_buf, service, settings, closing).await;
    } else {
        tracing::debug!(%error, "A connection ended early.");
    }
}

/// Serves a connection that speaks HTTP/2. Boxed, so that those that speak HTTP/1.1 do not have to carry it.
fn serve_http2<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: Paced<S>,
    peer: IpAddr,
    ahead: Bytes,
    service: impl Answers,
    settings: &ConnectionSettings,
    closing: watch::Receiver<()>,
) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    let settings = StreamSettings {
        max_streams: settings.max_streams,
        max_header_bytes: settings.max_header_bytes,
        max_headers: MAX_HEADERS,
        read_timeout: settings.read_timeout,
        least_rate: settings.least_rate,
        in_flight: settings.in_flight_http2.of_space(&client(peer)),
        request_ids: settings.request_ids,
    };
    // Its heads are counted where its frames are known.
    stream.stop_counting_heads();
    Box::pin(http2::serve(stream, ahead, service, settings, closing))
}

/// What counts as one client: an address, of IPv6 the network that nobody has less than.
fn client(peer: IpAddr) -> String {
    match peer.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_told_by_their_networks() {
        for (peer, want) in [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::", "2001:db8:1:2::"),
        ] {
            assert_eq!(client(peer.parse().unwrap()), want);
        }
    }
}
