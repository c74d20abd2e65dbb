//! Serving a connection that speaks HTTP/2: what bounds one that speaks HTTP/1.1 bounds each of its streams, and there are
//! so many of them at a time.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use api::BytesInFlight;
use bytes::Bytes;
use hyper::server::conn::http2;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use self::activity::Activity;
use self::frames_read::{FramesRead, HeadBounds};
use self::pace::Streams;
use self::requests::{Answers, Requests};
use crate::reading_pace::{UNSENT_BYTES, unseen_time};

mod activity;
mod answer_body;
mod frames;
mod frames_read;
mod pace;
pub(crate) mod requests;

/// How streams of a connection are served.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamSettings {
    /// Streams at a time.
    pub(crate) max_streams: u32,
    /// Largest head, as it is counted in the settings of HTTP/2, in bytes.
    pub(crate) max_header_bytes: usize,
    /// Fields that a head may have.
    pub(crate) max_headers: usize,
    /// Time for a head to arrive; also how long a connection without streams is kept.
    pub(crate) read_timeout: Duration,
    /// The least rate at which a client reads the answer of each stream.
    pub(crate) least_rate: api::LeastRate,
    /// The budget of bytes in which each request is counted, as this client may use it.
    pub(crate) in_flight: BytesInFlight,
    /// Whether requests have ids.
    pub(crate) request_ids: bool,
}

/// Bytes of a body that a client may send before they are read. They are read at once, unless a thread is late.
const STREAM_WINDOW: u32 = 256 * 1024;
/// The same of all bodies of a connection.
const CONNECTION_WINDOW: u32 = 512 * 1024;
/// How often the other end of a connection is asked whether it is still there.
const PING_INTERVAL: Duration = Duration::from_secs(30);
/// The time that it has to say so, at most: its answers may stand before it, and it may read them slowly.
const LONGEST_PING: Duration = Duration::from_mins(2);
/// The time that a client has to take what is left and to go, once it was told that the connection ends.
const FAREWELL: Duration = Duration::from_secs(5);
/// How often in the time of its reading a connection is looked at.
const LOOKS: u32 = 4;

/// Serves a connection until its client has had enough or is to go. `ahead` is what was read of it before.
pub(crate) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ahead: Bytes,
    service: impl Answers,
    settings: StreamSettings,
    mut closing: watch::Receiver<()>,
) {
    let activity = Arc::new(Activity::new(settings.max_streams));
    let bounds = HeadBounds {
        max_bytes: settings.max_header_bytes,
        in_flight: settings.in_flight,
    };
    let stream = FramesRead::new(stream, ahead, bounds, activity.clone());
    let service = Requests {
        service,
        max_headers: settings.max_headers,
        in_flight: settings.in_flight,
        activity: activity.clone(),
        request_ids: settings.request_ids,
    };
    let mut connection = pin!(server(&settings).serve_connection(TokioIo::new(stream), service));
    let look = (settings.read_timeout / LOOKS).max(Duration::from_millis(1));
    let mut farewell: Option<Instant> = None;
    loop {
        let is_to_go = tokio::select! {
            biased;
            ended = &mut connection => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "A connection ended early.");
                }
                return;
            }
            _ = closing.changed(), if farewell.is_none() => true,
            () = activity.worn_out(), if farewell.is_none() => true,
            () = sleep(look.min(FAREWELL)) => activity.is_idle_for(settings.read_timeout),
        };
        let now = Instant::now();
        // A head that does not end cannot be told to.
        if activity.head_takes_longer_than(settings.read_timeout) {
            return;
        }
        match farewell {
            None if is_to_go => {
                farewell = Some(now);
                connection.as_mut().graceful_shutdown();
            }
            Some(since) => {
                let passed = now.duration_since(since);
                let has_had_its_time = activity.is_worn_out() && passed >= settings.read_timeout;
                if passed >= FAREWELL && (activity.is_idle_for(FAREWELL) || has_had_its_time) {
                    return;
                }
            }
            None => {}
        }
    }
}

fn server(settings: &StreamSettings) -> http2::Builder<Streams> {
    let least = settings.least_rate;
    let mut server = http2::Builder::new(Streams { least });
    server
        .timer(TokioTimer::new())
        .max_concurrent_streams(settings.max_streams)
        .max_header_list_size(u32::try_from(settings.max_header_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(UNSENT_BYTES as usize)
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout((least.window + unseen_time(least)).min(LONGEST_PING));
    server
}
