//! The connection under HTTP/2: begins with what was read of it before, and has heads counted that are not complete.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use api::{BytesInFlight, Held};
use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use super::frames::Frames;

/// Bytes of a head that are not counted, as of every connection.
const UNCOUNTED_HEAD_BYTES: usize = 8 * 1024;

/// A stream of frames from a client.
#[derive(Debug)]
pub(super) struct FramesRead<S> {
    stream: S,
    ahead: Bytes,
    frames: Frames,
    in_flight: BytesInFlight,
    /// The room of the head that is not complete.
    held: Option<Held>,
    reads_head: bool,
    activity: Arc<Activity>,
}

impl<S> FramesRead<S> {
    /// `ahead` has been read from the stream.
    pub(super) fn new(stream: S, ahead: Bytes, in_flight: BytesInFlight, activity: Arc<Activity>) -> Self {
        Self {
            stream,
            ahead,
            frames: Frames::new(),
            in_flight,
            held: None,
            reads_head: false,
            activity,
        }
    }

    /// Counts what was read; an error where the budget has no room for it.
    fn count(&mut self, bytes: &[u8]) -> io::Result<()> {
        let unfinished = self.frames.read(bytes);
        if unfinished.is_some() != self.reads_head {
            self.reads_head = unfinished.is_some();
            self.activity.reads_head(self.reads_head);
        }
        let length = unfinished.unwrap_or(0);
        if length <= UNCOUNTED_HEAD_BYTES {
            self.held = None;
            return Ok(());
        }
        let in_flight = self.in_flight;
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
        Poll::Ready(self.count(&buffer.filled()[before..]))
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
    use tokio::io::AsyncReadExt as _;

    use super::*;
    use crate::preface::PREFACE;

    #[tokio::test]
    async fn heads_that_are_not_complete_are_counted() {
        let budget = BytesInFlight::new(50_000);
        let activity = Arc::new(Activity::new(1));
        // Frames of 16,000 bytes: HEADERS, then CONTINUATION.
        let frame = |kind: u8, flags: u8| {
            let mut frame = vec![0, 0x3e, 0x80, kind, flags, 0, 0, 0, 1];
            frame.resize(9 + 16_000, 0);
            frame
        };
        let bytes = [frame(1, 0), frame(9, 0), frame(9, 4)].concat();
        let mut stream = FramesRead::new(&bytes[..], Bytes::from_static(PREFACE), budget, activity.clone());
        let mut begun = [0; 24 + 9 + 16_000];
        stream.read_exact(&mut begun).await.unwrap();
        assert_eq!((&begun[..24], budget.held()), (&PREFACE[..], 16_000));
        assert!(activity.head_takes_longer_than(std::time::Duration::ZERO));
        stream.read_exact(&mut [0; 9 + 16_000]).await.unwrap();
        assert_eq!(budget.held(), 32_000);
        stream.read_to_end(&mut Vec::new()).await.unwrap();
        assert_eq!(budget.held(), 0);
        assert!(!activity.head_takes_longer_than(std::time::Duration::ZERO));

        let unending = [frame(1, 0), frame(9, 0), frame(9, 0), frame(9, 0)].concat();
        let mut stream = FramesRead::new(&unending[..], Bytes::from_static(PREFACE), budget, activity);
        assert!(stream.read_to_end(&mut Vec::new()).await.is_err());
        drop(stream);
        assert_eq!(budget.held(), 0);
    }
}
