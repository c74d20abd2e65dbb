//! A client that speaks HTTP/2: many requests at a time on one connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

use crate::client::Answer;
use crate::gateway_process::PATIENCE;

/// A connection that is driven in the background.
pub(crate) struct Http2 {
    runtime: Runtime,
    sender: SendRequest<Sent>,
    connection: JoinHandle<()>,
}

/// An answer that is waited for.
pub(crate) struct Awaited<'a>(&'a Runtime, JoinHandle<hyper::Result<Answer>>);

impl Awaited<'_> {
    /// The answer, or why there is none.
    pub(crate) fn answer(self) -> hyper::Result<Answer> {
        let Self(runtime, answering) = self;
        runtime
            .block_on(async { tokio::time::timeout(PATIENCE, answering).await })
            .unwrap()
            .unwrap()
    }
}

impl Http2 {
    /// Connects, and speaks HTTP/2 without asking.
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::over(async move { TcpStream::connect(address).await.unwrap() })
    }

    /// The same, where an answer may have so many bytes before it is read.
    pub(crate) fn with_window(address: SocketAddr, bytes: u32) -> Self {
        Self::speak(
            async move { TcpStream::connect(address).await.unwrap() },
            Some(bytes),
        )
    }

    /// Speaks HTTP/2 over a connection.
    pub(crate) fn over<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        opening: impl Future<Output = S>,
    ) -> Self {
        Self::speak(opening, None)
    }

    fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        opening: impl Future<Output = S>,
        window: Option<u32>,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (sender, connection) = runtime.block_on(async {
            Builder::new(TokioExecutor::new())
                .initial_stream_window_size(window)
                .handshake(TokioIo::new(opening.await))
                .await
                .unwrap()
        });
        let connection = runtime.spawn(async move {
            let _ended_early = connection.await;
        });
        Self {
            runtime,
            sender,
            connection,
        }
    }

    /// Sends a request and reads the answer.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.begin(request(method, path, headers, Sent::whole(body)))
            .answer()
            .unwrap()
    }

    /// Sends a request; the answer is read when it comes.
    pub(crate) fn begin(&self, request: Request<Sent>) -> Awaited<'_> {
        let mut sender = self.sender.clone();
        let answering = async move {
            sender.ready().await?;
            let answer = sender.send_request(request).await?;
            read(answer).await
        };
        Awaited(&self.runtime, self.runtime.spawn(answering))
    }

    /// Sends a request and waits for the head of its answer, of whose body nothing is read.
    pub(crate) fn head(&self, request: Request<Sent>) -> Response<Incoming> {
        let mut sender = self.sender.clone();
        let answering = async { tokio::time::timeout(PATIENCE, sender.send_request(request)).await };
        self.runtime.block_on(answering).unwrap().unwrap()
    }

    /// Reads the rest of an answer.
    pub(crate) fn rest(&self, answer: Response<Incoming>) -> hyper::Result<Answer> {
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, read(answer)).await })
            .unwrap()
    }

    /// Waits until the connection has ended.
    pub(crate) fn wait_for_end(&mut self) {
        let connection = &mut self.connection;
        self.runtime
            .block_on(async { tokio::time::timeout(PATIENCE, connection).await })
            .unwrap()
            .unwrap();
    }
}

async fn read(answer: Response<Incoming>) -> hyper::Result<Answer> {
    let (head, body) = answer.into_parts();
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Ok(Answer {
        status: head.status.as_u16(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value)))
            .collect(),
        body: body.collect().await?.to_bytes().to_vec(),
    })
}

/// A request with an absolute URI, as this version has it.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Sent) -> Request<Sent> {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://localhost{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

/// The body of a request, which may have no end.
#[derive(Debug)]
pub(crate) struct Sent {
    bytes: Option<Bytes>,
    has_end: bool,
}

impl Sent {
    /// A body that is sent whole.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            bytes: Some(bytes).filter(|bytes| !bytes.is_empty()),
            has_end: true,
        }
    }

    /// A body of which nothing comes after its beginning.
    pub(crate) fn unending(beginning: &'static str) -> Self {
        Self {
            bytes: Some(Bytes::from_static(beginning.as_bytes())),
            has_end: false,
        }
    }
}

impl Body for Sent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.bytes.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None if self.has_end => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_end && self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = self.bytes.as_ref().map_or(0, Bytes::len) as u64;
        if self.has_end {
            SizeHint::with_exact(length)
        } else {
            SizeHint::new()
        }
    }
}
