//! Reading request bodies within bounds of size and time.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use gateway::GatewayError;
use http::header;
use http::request::Parts;
use http_body_util::BodyExt;

/// Bounds of a request body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// Largest body, in bytes.
    pub bytes: usize,
    /// Longest time for a body to arrive.
    pub time: Duration,
}

/// How much of a body that is too large is read and thrown away, as a multiple of the limit: a client that gets its
/// answer while it still sends often cannot read it.
const DISCARDED: usize = 16;

/// Reads the body of a request whole.
pub(crate) async fn read(parts: &Parts, body: Body, limits: BodyLimits) -> Result<Bytes, GatewayError> {
    // Who waits to be told to send it is not told so when it would be in vain.
    if parts.headers.contains_key(header::EXPECT) && body.size_hint().lower() > limits.bytes as u64 {
        return Err(GatewayError::BodyTooLarge { limit: limits.bytes });
    }
    match tokio::time::timeout(limits.time, collect(body, limits.bytes)).await {
        Ok(read) => read,
        Err(elapsed) => Err(GatewayError::BodyIncomplete(elapsed.into())),
    }
}

async fn collect(mut body: Body, limit: usize) -> Result<Bytes, GatewayError> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|err| GatewayError::BodyMalformed(err.into()))?;
        let Ok(data) = frame.into_data() else { continue };
        read += data.len();
        if read > limit.saturating_mul(DISCARDED) {
            break;
        }
        if read > limit {
            rest.clear();
        } else if first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    if read > limit {
        return Err(GatewayError::BodyTooLarge { limit });
    }
    // Most bodies come in one frame, which needs no copy.
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_all(body: Body, bytes: usize) -> Result<Bytes, GatewayError> {
        let (parts, ()) = http::Request::new(()).into_parts();
        read(
            &parts,
            body,
            BodyLimits {
                bytes,
                time: Duration::from_secs(5),
            },
        )
        .await
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

    fn futures_of<const N: usize>(
        frames: [Result<&'static str, std::io::Error>; N],
    ) -> impl futures::Stream<Item = Result<http_body::Frame<Bytes>, std::io::Error>> + Send {
        futures::stream::iter(frames.map(|frame| frame.map(|text| http_body::Frame::data(Bytes::from(text)))))
    }
}
