//! Connections that can be ended by others than their driver: over https each has a task of its own, which may drive many
//! calls and knows nothing of them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::connector::TcpConnector;
use crate::error::BoxError;

/// Opens connections that can be ended.
#[derive(Clone)]
pub(super) struct EndingConnector(TcpConnector);

/// Ends a connection. Answers that came over it have this among their extensions.
#[derive(Clone, Default)]
pub(super) struct ConnectionEnd(Arc<EndState>);

#[derive(Default)]
struct EndState {
    is_ended: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

/// A connection, until it is ended.
pub(super) struct Ending<S> {
    stream: S,
    end: ConnectionEnd,
}

impl EndingConnector {
    /// Opens the connections of another connector.
    pub(super) fn new(connector: TcpConnector) -> Self {
        Self(connector)
    }
}

impl ConnectionEnd {
    /// Ends the connection, and with it all calls that it has.
    pub(super) fn end(&self) {
        self.0.is_ended.store(true, Ordering::SeqCst);
        self.0.reader.wake();
        self.0.writer.wake();
    }

    /// Whether it was ended so.
    pub(super) fn is_ended(&self) -> bool {
        self.0.is_ended.load(Ordering::SeqCst)
    }

    fn check(&self) -> io::Result<()> {
        if self.is_ended() {
            return Err(io::Error::new(
                io::ErrorKind::ConnectionAborted,
                "an event on this connection was not read in time",
            ));
        }
        Ok(())
    }

    /// What an attempt to read or write comes to, which is an error as soon as the connection is ended.
    fn poll<T>(
        &self,
        waker: &AtomicWaker,
        context: &mut Context<'_>,
        attempt: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        self.check()?;
        let attempted = attempt(context);
        if attempted.is_pending() {
            waker.register(context.waker());
            // It may have been ended before there was somebody to wake.
            self.check()?;
        }
        attempted
    }
}

impl Service<Uri> for EndingConnector {
    type Response = Ending<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let opening = self.0.call(to);
        Box::pin(async move {
            Ok(Ending {
                stream: opening.await?,
                end: ConnectionEnd::default(),
            })
        })
    }
}

impl<S: Connection> Connection for Ending<S> {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.end.clone())
    }
}

impl<S: Read + Unpin> Read for Ending<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, end } = &mut *self;
        end.poll(&end.0.reader, context, |context| {
            Pin::new(stream).poll_read(context, buffer)
        })
    }
}

impl<S: Write + Unpin> Write for Ending<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, end } = &mut *self;
        end.poll(&end.0.writer, context, |context| {
            Pin::new(stream).poll_write(context, bytes)
        })
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { stream, end } = &mut *self;
        end.poll(&end.0.writer, context, |context| {
            Pin::new(stream).poll_write_vectored(context, slices)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, end } = &mut *self;
        end.poll(&end.0.writer, context, |context| {
            Pin::new(stream).poll_flush(context)
        })
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn whoever_waits_at_a_connection_learns_of_its_end() {
        let (near, mut far) = tokio::io::duplex(8);
        let end = ConnectionEnd::default();
        let mut near = TokioIo::new(Ending {
            stream: TokioIo::new(near),
            end: end.clone(),
        });
        near.write_all(b"abc").await.unwrap();
        far.write_all(b"def").await.unwrap();
        let mut read = [0; 3];
        near.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"def");
        let waiting = tokio::spawn(async move {
            let read = near.read(&mut [0; 1]).await;
            (read, near.write(b"x").await)
        });
        tokio::task::yield_now().await;
        end.end();
        let (read, written) = waiting.await.unwrap();
        for kind in [read.unwrap_err().kind(), written.unwrap_err().kind()] {
            assert_eq!(kind, io::ErrorKind::ConnectionAborted);
        }
    }
}
