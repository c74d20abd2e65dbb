//! HTTP servers that functions stand behind: one that records requests, one that works on bare connections.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) version: Version,
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A listening server; gone when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    log: Arc<Log>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Log {
    connections: Mutex<usize>,
    requests: Mutex<Vec<Received>>,
}

impl Server {
    /// Serves HTTP/1.1 with keep-alive; every request is recorded and answered by the function.
    pub(crate) async fn answering(
        answer: impl Fn(&Received) -> Response<Full<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        Self::answering_over(None, answer).await
    }

    /// The same over TLS, with HTTP/2 where the settings offer it and the client takes it.
    pub(crate) async fn answering_tls(
        config: ServerConfig,
        answer: impl Fn(&Received) -> Response<Full<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        Self::answering_over(Some(TlsAcceptor::from(Arc::new(config))), answer).await
    }

    async fn answering_over(
        tls: Option<TlsAcceptor>,
        answer: impl Fn(&Received) -> Response<Full<Bytes>> + Send + Sync + 'static,
    ) -> Self {
        let answer = Arc::new(answer);
        let log = Arc::new(Log::default());
        let requests = Arc::clone(&log);
        Self::start(log, move |_, stream| {
            let (answer, requests, tls) = (Arc::clone(&answer), Arc::clone(&requests), tls.clone());
            async move {
                let service = service_fn(move |request: Request<Incoming>| {
                    let (answer, requests) = (Arc::clone(&answer), Arc::clone(&requests));
                    async move {
                        let received = receive(request).await;
                        let response = answer(&received);
                        requests.requests.lock().unwrap().push(received);
                        Ok::<_, Infallible>(response)
                    }
                });
                // A client may go away at any time, during the handshake too.
                let http = http1::Builder::new();
                match tls {
                    None => drop(http.serve_connection(TokioIo::new(stream), service).await),
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                            let stream = TokioIo::new(stream);
                            if is_http2 {
                                let http = http2::Builder::new(TokioExecutor::new());
                                let _ = http.serve_connection(stream, service).await;
                            } else {
                                let _ = http.serve_connection(stream, service).await;
                            }
                        }
                    }
                }
            }
        })
        .await
    }

    /// Hands each bare connection, with its number from 0, to the function.
    pub(crate) async fn bare<F>(serve: impl Fn(usize, TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self::start(Arc::new(Log::default()), serve).await
    }

    async fn start<F>(log: Arc<Log>, serve: impl Fn(usize, TcpStream) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::clone(&log);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = {
                    let mut connections = accepted.connections.lock().unwrap();
                    *connections += 1;
                    *connections - 1
                };
                tokio::spawn(serve(number, stream));
            }
        });
        Self { address, log, task }
    }

    /// URL of a path, which starts with `/`.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were opened so far.
    pub(crate) fn connections(&self) -> usize {
        *self.log.connections.lock().unwrap()
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Received> {
        self.log.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(request: Request<Incoming>) -> Received {
    let (head, body) = request.into_parts();
    Received {
        version: head.version,
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: head.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

/// A response of a status, with headers and a body.
pub(crate) fn response(
    status: u16,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut builder = Response::builder().status(status);
    for (name, value) in headers {
        builder = builder.header(*name, *value);
    }
    builder.body(Full::new(body.into())).unwrap()
}
