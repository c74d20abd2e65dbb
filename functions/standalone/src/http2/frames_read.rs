//! The connection under HTTP/2: begins with what was read of it before, and has heads counted that are not complete.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use api::{BytesInFlight, Held};
use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use super::frames::{Frames, UnfinishedHead};

/// Bytes of a head that are not counted, as of every connection.
const UNCOUNTED_HEAD_BYTES: usize = 8 * 1024;

/// Bytes of fields that the server may make of a byte of a head: the shortest reference to one it has seen before.
const FIELD_BYTES_OF_A_BYTE: usize = 80;

/// What heads may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct HeadBounds {
    /// Largest head, in bytes.
    pub(super) max_bytes: usize,
    /// The budget of those that are not complete.
    pub(super) in_flight: BytesInFlight,
}

/// A stream of frames from a client.
#[derive(Debug)]
pub(super) struct FramesRead<S> {
    stream: S,
    ahead: Bytes,
    frames: Frames,
    bounds: HeadBounds,
    /// The room of the head that is not complete.
    held: Option<Held>,
    /// Which head it is.
    head: Option<u64>,
    activity: Arc<Activity>,
}

impl<S> FramesRead<S> {
    /// `ahead` has been read from the stream.
    pub(super) fn new(stream: S, ahead: Bytes, bounds: HeadBounds, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            ahead,
            frames: Frames::new(),
            bounds,
            held: None,
            head: None,
            activity,
        }
    }

    /// What the server takes for a head at most. Of fields beyond the largest head it keeps none, but it has made room for
    /// more of them by then.
    fn memory_of(&self, head: UnfinishedHead) -> usize {
        let most = self.bounds.max_bytes.saturating_mul(9) / 4;
        head.in_fields.saturating_mul(FIELD_BYTES_OF_A_BYTE).min(most) + head.in_frame
    }

    /// Counts what was read; an error where the budget has no room for it.
    fn count(&mut self, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.frames.read(bytes)?;
        let number = unfinished.map(|head| head.number);
        if number != self.head {
            self.head = number;
            self.activity.reads_head(number.is_some());
        }
        let length = unfinished.map_or(0, |head| self.memory_of(head));
        if length <= UNCOUNTED_HEAD_BYTES {
            self.held = None;
            return Ok(());
        }
        let in_flight = self.bounds.in_flight;
        let held = self.held.get_or_insert_with(|| in_flight.none_held());
        held.shrink(length);
        if held.grow(length - held.bytes()) {
            Ok(())
        } else {
            Err(io::Error::other("no room for the head of another request"))
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for FramesRead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.ahead.is_empty() {
            ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        } else {
            let length = self.ahead.len().min(buffer.remaining());
            buffer.put_slice(&self.ahead[..length]);
            self.ahead.advance(length);
        }
        let counted = self.count(&buffer.filled()[before..]);
        if counted.is_err() {
            buffer.set_filled(before);
        }
        Poll::Ready(counted)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FramesRead<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::preface::PREFACE;

    fn bounds(bytes: usize) -> HeadBounds {
        HeadBounds {
            max_bytes: 20_000,
            in_flight: BytesInFlight::new(bytes),
        }
    }

    #[tokio::test]
    async fn heads_that_are_not_complete_are_counted() {
        let bounds = bounds(100_000);
        let budget = bounds.in_flight;
        let activity = Arc::new(Activity::new(1));
        let frame = |kind: u8, flags: u8, length: u16| {
            let [a, b] = length.to_be_bytes();
            let mut frame = vec![0, a, b, kind, flags, 0, 0, 0, 1];
            frame.resize(9 + usize::from(length), 0);
            frame
        };
        // HEADERS, then CONTINUATION.
        let bytes = [
            frame(1, 0, 100),
            frame(9, 0, 400),
            frame(9, 0, 16_000),
            frame(9, 4, 9_000),
        ]
        .concat();
        let mut stream = FramesRead::new(&bytes[..], Bytes::from_static(PREFACE), bounds, activity.clone());
        let mut begun = [0; 24 + 9 + 100];
        stream.read_exact(&mut begun).await.unwrap();
        assert_eq!((&begun[..24], budget.held()), (&PREFACE[..], 0));
        assert!(activity.head_takes_longer_than(Duration::ZERO));
        // Little that was sent may be many fields; of more than the largest head they are no more.
        for (sent, held) in [
            (9 + 400, 500 * 80),
            (9 + 15_999, 500 * 80 + 15_999),
            (1, 45_000),
            (9 + 8_999, 53_999),
        ] {
            stream.read_exact(&mut vec![0; sent]).await.unwrap();
            assert_eq!(budget.held(), held);
        }
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        assert_eq!(budget.held(), 0);
        assert!(!activity.head_takes_longer_than(Duration::ZERO));

        let bounds = self::bounds(30_000);
        let mut stream = FramesRead::new(&bytes[..], Bytes::from_static(PREFACE), bounds, activity);
        assert!(stream.read_to_end(&mut Vec::new()).await.is_err());
        drop(stream);
        assert_eq!(bounds.in_flight.held(), 0);
    }

    #[tokio::test]
    async fn each_head_has_its_own_time() {
        let activity = Arc::new(Activity::new(1));
        // A head in two frames, and right behind its end the beginning of the next one.
        let bytes = [1, 9, 1].map(|kind| [0, 0, 1, kind, if kind == 9 { 4 } else { 0 }, 0, 0, 0, 1, 0]);
        let bytes = bytes.concat();
        let mut stream = FramesRead::new(
            &bytes[..],
            Bytes::from_static(PREFACE),
            bounds(0),
            activity.clone(),
        );
        stream.read_exact(&mut [0; 24 + 10]).await.unwrap();
        let time = Duration::from_millis(50);
        tokio::time::sleep(time).await;
        assert!(activity.head_takes_longer_than(time));
        stream.read_exact(&mut [0; 20]).await.unwrap();
        assert!(!activity.head_takes_longer_than(time));
        assert!(activity.head_takes_longer_than(Duration::ZERO));
    }
}
