//! A kept-alive connection, driven by the call that uses it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::coop::unconstrained;
use tokio::time::Instant;

use crate::http::client::Payload;

/// A connection, with all that it takes to use it again. Whoever drops it closes it.
pub(in crate::http) struct Pooled(Box<PooledConnection>);

struct PooledConnection {
    /// Its authority.
    server: Arc<str>,
    sender: SendRequest<Payload>,
    /// `None` once it is over.
    connection: Option<Connection<TokioIo<TcpStream>, Payload>>,
    idle_since: Instant,
}

/// The head of an answer and its connection.
type Exchanged = Result<(Response<Incoming>, Option<Pooled>), TrySendError<Request<Payload>>>;

impl Pooled {
    /// A connection to a server that was opened right now.
    pub(super) fn new(
        server: Arc<str>,
        sender: SendRequest<Payload>,
        connection: Connection<TokioIo<TcpStream>, Payload>,
    ) -> Self {
        Self(Box::new(PooledConnection {
            server,
            sender,
            connection: Some(connection),
            idle_since: Instant::now(),
        }))
    }

    /// Its server.
    pub(super) fn server(&self) -> &Arc<str> {
        &self.0.server
    }

    /// When it was last used.
    pub(super) fn idle_since(&self) -> Instant {
        self.0.idle_since
    }

    /// It is used for the last time now, until the next one.
    pub(super) fn rest(&mut self) {
        self.0.idle_since = Instant::now();
    }

    /// Sends a request and gives the answer, of whose body nothing is read yet. No `async fn`, which would hold the request
    /// twice.
    pub(super) fn exchange(mut self, request: Request<Payload>) -> impl Future<Output = Exchanged> {
        // Nothing but the connection brings the answer, and that is driven right here.
        let mut answer = Box::pin(unconstrained(self.0.sender.try_send_request(request)));
        let mut connection = Some(self);
        poll_fn(move |context| {
            if let Some(connection) = &mut connection {
                connection.drive(context);
            }
            let answered = ready!(answer.as_mut().poll(&mut Context::from_waker(Waker::noop())));
            Poll::Ready(answered.map(|response| (response, connection.take())))
        })
    }

    /// Reads and writes what can be.
    pub(in crate::http) fn drive(&mut self, context: &mut Context<'_>) {
        let connection = &mut self.0.connection;
        if let Some(open) = connection
            && Pin::new(open).poll(context).is_ready()
        {
            // Dropping it ends the request and the body that it still has, each with an error.
            *connection = None;
        }
    }

    /// Whether nothing of a request or an answer is under way any more.
    pub(in crate::http) fn is_at_rest(&self) -> bool {
        self.0.connection.is_none() || self.0.sender.is_ready()
    }

    /// Whether another request can be sent, after a look at whether the server has closed it.
    pub(super) fn is_reusable(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.is_open()
    }

    /// Whether another request can be sent, as far as is known.
    pub(super) fn is_open(&self) -> bool {
        self.0.connection.is_some() && self.0.sender.is_ready()
    }
}
