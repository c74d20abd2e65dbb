//! What all HTTP clients of the gateway have in common.

use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderValue;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::Connect;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::lanes::CALLS_OF_LANE;

/// The body of a request.
pub(super) type Payload = Full<Bytes>;

/// Functions see the user agent that they have always seen.
pub(super) const GO_CLIENT: HeaderValue = HeaderValue::from_static("Go-http-client/1.1");
pub(crate) const GZIP: HeaderValue = HeaderValue::from_static("gzip");
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(90);
pub(super) const IDLE_CONNECTIONS_PER_HOST: usize = 1024;
/// Bytes of an answer over HTTP/2 that may come ahead of its reader. The connection takes that much of each, so that one
/// that is not read keeps no other waiting.
const STREAM_WINDOW: u32 = 128 * 1024;
/// Largest head of an answer over HTTP/2, in bytes.
const MOST_HEAD_BYTES: u32 = 256 * 1024;
/// Bytes of an event that a stream of HTTP/2 has beside the event itself.
const SEND_BUFFER: usize = 64 * 1024;
/// How long the other end of a connection over HTTP/2 may be silent while calls wait before it is asked whether it is
/// still there, and then again to say so: all calls would go on waiting on such a connection.
const SILENCE: Duration = Duration::from_secs(10);

/// A client with a pool of its own. A request that met a connection which the server closed while it was
/// idle is sent again on another one, but only if none of its bytes had been written.
pub(super) fn client<C: Connect + Clone>(connector: C) -> Client<C, Payload> {
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_HOST)
        .timer(TokioTimer::new())
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(STREAM_WINDOW * CALLS_OF_LANE)
        .http2_max_header_list_size(MOST_HEAD_BYTES)
        .http2_max_send_buf_size(SEND_BUFFER)
        .http2_keep_alive_interval(SILENCE)
        .http2_keep_alive_timeout(SILENCE)
        .build(connector)
}
