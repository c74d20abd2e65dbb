//! The limits of time, and what of a body is passed on.

use futures_util::{StreamExt as _, stream};
use http::HeaderMap;
use http_body_util::{Full, StreamBody};
use tokio::time::sleep;

use super::*;

const SHORT: Duration = Duration::from_millis(20);
/// Time enough to read a few pieces that are there.
const LONG: Duration = Duration::from_millis(500);

/// A body of so many pieces that never ends.
fn endless(pieces: usize) -> impl Body<Data = Bytes, Error = BoxError> + Send + 'static {
    let pieces = stream::iter((0..pieces).map(|_| Ok(Frame::data(Bytes::from_static(b"x")))));
    StreamBody::new(pieces.chain(stream::pending()))
}

fn limits(idle: Duration, whole: Duration) -> StreamLimits {
    StreamLimits::of(&TargetSettings {
        stream_idle_timeout: idle,
        stream_timeout: whole,
        ..TargetSettings::default()
    })
}

/// How many pieces came, and how it ended.
async fn read(mut stream: AnswerStream) -> (usize, Option<AnswerStreamError>) {
    let mut count = 0;
    while let Some(frame) = stream.frame().await {
        match frame {
            Ok(_) => count += 1,
            Err(error) => {
                assert!(stream.frame().await.is_none(), "nothing follows an error");
                return (count, Some(error));
            }
        }
    }
    (count, None)
}

#[tokio::test]
async fn what_takes_too_long_fails() {
    for (idle, whole, want) in [
        (SHORT, Duration::ZERO, "the function sent nothing for 20ms"),
        (
            SHORT,
            Duration::from_hours(1),
            "the function sent nothing for 20ms",
        ),
        (Duration::ZERO, LONG, "the answer took longer than 500ms"),
        (Duration::from_hours(1), LONG, "the answer took longer than 500ms"),
        (Duration::MAX, LONG, "the answer took longer than 500ms"),
    ] {
        let (count, error) = read(AnswerStream::new(endless(3), limits(idle, whole))).await;
        assert_eq!((count, error.unwrap().to_string().as_str()), (3, want));
    }
}

#[tokio::test]
async fn the_whole_time_holds_while_pieces_are_ready() {
    let mut stream = AnswerStream::new(endless(3), limits(Duration::ZERO, SHORT));
    sleep(SHORT * 2).await;
    let error = stream.frame().await.unwrap().unwrap_err();
    assert!(matches!(error, AnswerStreamError::TooLong { .. }), "{error:?}");
    assert!(stream.frame().await.is_none());
}

#[tokio::test]
async fn each_piece_has_the_idle_time_of_its_own() {
    // Twenty pauses of a quarter of the limit.
    let pieces = stream::iter(0..20).then(|_| async {
        sleep(SHORT * 5).await;
        Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"x")))
    });
    let stream = AnswerStream::new(StreamBody::new(pieces), limits(SHORT * 20, Duration::ZERO));
    let (count, error) = read(stream).await;
    assert!(count == 20 && error.is_none(), "{count} {error:?}");
}

#[tokio::test]
async fn a_client_that_reads_slowly_makes_nobody_late() {
    let mut stream = AnswerStream::new(endless(3), limits(SHORT, Duration::ZERO));
    for _ in 0..3 {
        sleep(SHORT * 2).await;
        stream.frame().await.unwrap().unwrap();
    }
    assert!(stream.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn lengths_are_passed_on_and_trailers_are_not() {
    let stream = AnswerStream::new(
        Full::new(Bytes::from_static(b"abc")),
        limits(Duration::ZERO, LONG),
    );
    assert_eq!(stream.size_hint().exact(), Some(3));
    let frames = [
        Frame::data(Bytes::from_static(b"abc")),
        Frame::trailers(HeaderMap::new()),
    ];
    let body = StreamBody::new(stream::iter(frames.map(Ok::<_, BoxError>)));
    let (count, error) = read(AnswerStream::new(body, limits(Duration::ZERO, LONG))).await;
    assert!(count == 1 && error.is_none());
}

#[tokio::test]
async fn a_body_that_breaks_is_let_go_of() {
    let broken = stream::iter([Err::<Frame<Bytes>, BoxError>("reset".into())]);
    let (count, error) = read(AnswerStream::new(
        StreamBody::new(broken),
        limits(Duration::ZERO, LONG),
    ))
    .await;
    assert!(count == 0 && matches!(error, Some(AnswerStreamError::Broken(_))));
}
