//! Reading request bodies within bounds of size, time, pace, and of what all of them hold together.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use gateway::{BytesInFlight, GatewayError, Gathered, Held};
use http::request::Parts;
use http::{Version, header};
use http_body::Frame;
use http_body_util::BodyExt;
use tokio::task::yield_now;
use tokio::time::sleep;

use crate::least_rate::{LeastRate, RateWindow};

/// Bounds of a request body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Largest body, in bytes.
    pub bytes: usize,
    /// Longest time for a body to arrive.
    pub time: Duration,
    /// The least rate at which it arrives.
    pub least_rate: LeastRate,
    /// The budget of bytes for all bodies and answers of this API.
    pub in_flight: BytesInFlight,
}

/// A body whose sender took it back before its end.
#[derive(Debug, thiserror::Error)]
#[error("the sender ended the stream before the body was complete")]
struct BrokenOff;

/// A sender that is slower than the least rate.
#[derive(Debug, thiserror::Error)]
#[error("the sender is slower than {0} bytes a second")]
struct TooSlow(u32);

/// How much of a body that is too large is read and thrown away, as a multiple of the limit: a client that gets its
/// answer while it still sends often cannot read it. In HTTP/2 it can.
const DISCARDED: usize = 16;

/// The largest frame of HTTP/2, in bytes, of which nothing is seen before all of it is there.
const FRAME: u32 = 16 * 1024;

/// Reads the body of a request whole. Its bytes are counted for as long as anybody has them.
pub(crate) async fn read(parts: &Parts, body: Body, limits: BodyLimits) -> Result<Bytes, GatewayError> {
    let (bytes, held) = read_held(parts, body, limits).await?;
    Ok(match held {
        Some(held) => held.around(bytes),
        None => bytes,
    })
}

/// The same, for callers that know how long the bytes are held.
pub(crate) async fn read_held(
    parts: &Parts,
    body: Body,
    limits: BodyLimits,
) -> Result<(Bytes, Option<Held>), GatewayError> {
    if body.is_end_stream() {
        return Ok((Bytes::new(), None));
    }
    // A client that waits for `100 Continue` does not get it for a body that is too large anyway.
    if parts.headers.contains_key(header::EXPECT) && body.size_hint().lower() > limits.bytes as u64 {
        return Err(GatewayError::BodyTooLarge { limit: limits.bytes });
    }
    match tokio::time::timeout(limits.time, collect(body, parts.version, limits)).await {
        Ok(read) => read,
        Err(elapsed) => Err(GatewayError::BodyIncomplete(elapsed.into())),
    }
}

/// Bytes of a body after which other requests have a turn: a sender who is faster than the gateway would keep a thread
/// of it for milliseconds, and many of them would together.
const TURN: usize = 64 * 1024;

/// Pause after so many bytes of what is thrown away: nobody gains by its being read fast.
const DISCARD_PAUSE: Duration = Duration::from_millis(10);

/// The part of a body that has been read, and its room in the budget.
struct Collected {
    first: Bytes,
    rest: Gathered,
    held: Held,
}

impl Collected {
    /// `expected` is how much the sender says it will be.
    fn nothing(in_flight: BytesInFlight, expected: usize) -> Self {
        Self {
            first: Bytes::new(),
            rest: Gathered::expecting(expected),
            held: in_flight.none_held(),
        }
    }

    /// Adds a piece; `false` where there is no room.
    fn add(&mut self, data: Bytes) -> bool {
        if !self.held.grow(data.len()) {
            return false;
        }
        if self.first.is_empty() {
            self.first = data;
            return true;
        }
        if self.rest.is_empty() {
            self.rest.add(&self.first);
        }
        self.rest.add(&data);
        true
    }

    /// The whole. Most bodies come in one piece, which needs no copy.
    fn into_bytes(self) -> (Bytes, Option<Held>) {
        let bytes = if self.rest.is_empty() {
            self.first
        } else {
            self.rest.into_bytes()
        };
        (bytes, Some(self.held))
    }
}

async fn collect(
    mut body: Body,
    version: Version,
    limits: BodyLimits,
) -> Result<(Bytes, Option<Held>), GatewayError> {
    let is_http2 = version == Version::HTTP_2;
    let limit = limits.bytes;
    let most = limit.saturating_mul(if is_http2 { 1 } else { DISCARDED });
    let announced = body.size_hint().upper().unwrap_or_default();
    let expected = usize::try_from(announced).unwrap_or(limit).min(limit);
    let mut window = RateWindow::new(limits.least_rate, unseen_time(is_http2, limits.least_rate));
    let mut collected = Collected::nothing(limits.in_flight, expected);
    let mut has_room = true;
    let (mut read, mut turn): (usize, usize) = (0, 0);
    loop {
        let frame = match next_piece(&mut body, &mut window, limits.least_rate).await {
            Ok(Some(frame)) => frame,
            // A stream may be ended in a way that reads as the end of its body.
            Ok(None) if is_http2 && !body.is_end_stream() => {
                return Err(GatewayError::BodyMalformed(BrokenOff.into()));
            }
            Ok(None) => break,
            // It has been decided before.
            Err(_) if !has_room => break,
            Err(err) => return Err(err),
        };
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        window.moved(data.len());
        turn += data.len();
        if read > most {
            break;
        }
        let is_kept = has_room && read <= limit;
        has_room = has_room && (!is_kept || collected.add(data));
        if !has_room && is_http2 {
            break;
        }
        if read > limit || !has_room {
            collected = Collected::nothing(limits.in_flight, 0);
        }
        if turn >= TURN {
            turn = 0;
            if read > limit || !has_room {
                sleep(DISCARD_PAUSE).await;
            } else {
                yield_now().await;
            }
        }
    }
    if !has_room {
        return Err(GatewayError::Overloaded);
    }
    if read > limit {
        return Err(GatewayError::BodyTooLarge { limit });
    }
    Ok(collected.into_bytes())
}

/// The time in which a sender that keeps the least rate may bring nothing that is seen.
fn unseen_time(is_http2: bool, least: LeastRate) -> Duration {
    let bytes = if is_http2 { FRAME } else { 0 };
    Duration::from_secs(bytes.div_ceil(least.bytes_per_second.max(1)).into())
}

/// The next piece of a body, or an error once a window has ended that brought too little.
async fn next_piece(
    body: &mut Body,
    window: &mut RateWindow,
    least: LeastRate,
) -> Result<Option<Frame<Bytes>>, GatewayError> {
    let mut frame = pin!(body.frame());
    poll_fn(|context| {
        if let Poll::Ready(frame) = frame.as_mut().poll(context) {
            let malformed = |err: axum::Error| GatewayError::BodyMalformed(err.into());
            return Poll::Ready(frame.transpose().map_err(malformed));
        }
        window.poll_too_slow(context).map(|()| {
            let slow = TooSlow(least.bytes_per_second);
            Err(GatewayError::BodyIncomplete(slow.into()))
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use futures::StreamExt as _;

    use super::*;

    fn limits(bytes: usize, in_flight: BytesInFlight) -> BodyLimits {
        BodyLimits {
            bytes,
            time: Duration::from_secs(5),
            least_rate: LeastRate {
                bytes_per_second: 100,
                window: Duration::from_millis(100),
            },
            in_flight,
        }
    }

    async fn read_all(body: Body, bytes: usize) -> Result<Bytes, GatewayError> {
        let (parts, ()) = http::Request::new(()).into_parts();
        read(&parts, body, limits(bytes, BytesInFlight::new(0))).await
    }

    #[tokio::test]
    async fn bodies_within_the_limit_arrive_whole() {
        assert_eq!(read_all(Body::empty(), 0).await.unwrap(), "");
        assert_eq!(read_all(Body::from("12345"), 5).await.unwrap(), "12345");
        let frames = ["a", "", "bc", "d"].map(Ok::<_, std::io::Error>);
        let stream = Body::new(http_body_util::StreamBody::new(futures_of(frames)));
        assert_eq!(read_all(stream, 4).await.unwrap(), "abcd");
    }

    #[tokio::test]
    async fn larger_bodies_are_refused() {
        let err = read_all(Body::from("123456"), 5).await.unwrap_err();
        assert!(matches!(err, GatewayError::BodyTooLarge { limit: 5 }), "{err}");
        let frames = ["123", "456", "789"].map(Ok::<_, std::io::Error>);
        let stream = Body::new(http_body_util::StreamBody::new(futures_of(frames)));
        assert!(read_all(stream, 5).await.is_err());
    }

    #[tokio::test]
    async fn broken_bodies_are_reported() {
        let frames = [Ok("1"), Err(std::io::Error::other("gone"))];
        let stream = Body::new(http_body_util::StreamBody::new(futures_of(frames)));
        assert!(matches!(
            read_all(stream, 5).await.unwrap_err(),
            GatewayError::BodyMalformed(_)
        ));
    }

    #[tokio::test]
    async fn bodies_that_never_end_are_given_up() {
        let stream = Body::new(http_body_util::StreamBody::new(futures::stream::pending::<
            Result<http_body::Frame<Bytes>, std::io::Error>,
        >()));
        assert!(matches!(
            read_all(stream, 5).await.unwrap_err(),
            GatewayError::BodyIncomplete(_)
        ));
    }

    #[tokio::test]
    async fn bodies_share_a_budget() {
        let budget = BytesInFlight::new(10);
        let (parts, ()) = http::Request::new(()).into_parts();
        let first = read(&parts, Body::from("1234567"), limits(100, budget))
            .await
            .unwrap();
        assert_eq!(budget.held(), 7);
        let frames = ["12", "34", "56"].map(Ok::<_, std::io::Error>);
        let stream = Body::new(http_body_util::StreamBody::new(futures_of(frames)));
        let refused = read(&parts, stream, limits(100, budget)).await.unwrap_err();
        assert!(matches!(refused, GatewayError::Overloaded), "{refused}");
        assert_eq!(budget.held(), 7, "what was refused holds nothing");
        assert!(read(&parts, Body::empty(), limits(100, budget)).await.is_ok());
        drop(first);
        assert_eq!(budget.held(), 0);
        // A body that is too large holds no room while the rest of it is thrown away.
        assert!(
            read(&parts, Body::from("123456"), limits(5, budget))
                .await
                .is_err()
        );
        assert_eq!(budget.held(), 0);
    }

    #[tokio::test]
    async fn slow_senders_are_given_up_and_patient_ones_are_not() {
        for (pause, bytes, is_read) in [(30, "0123456789", true), (30, "0", false), (60_000, "0", false)] {
            let pieces = futures::stream::iter(0..20).then(move |_| async move {
                sleep(Duration::from_millis(pause)).await;
                Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from(bytes)))
            });
            let body = Body::new(http_body_util::StreamBody::new(Box::pin(pieces)));
            let read = read_all(body, 1000).await;
            assert_eq!(read.is_ok(), is_read, "{pause} {read:?}");
            assert!(is_read || matches!(read, Err(GatewayError::BodyIncomplete(_))));
        }
    }

    fn futures_of<const N: usize>(
        frames: [Result<&'static str, std::io::Error>; N],
    ) -> impl futures::Stream<Item = Result<http_body::Frame<Bytes>, std::io::Error>> + Send {
        futures::stream::iter(frames.map(|frame| frame.map(|text| http_body::Frame::data(Bytes::from(text)))))
    }
}
