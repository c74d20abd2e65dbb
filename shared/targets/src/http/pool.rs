//! Kept-alive connections over plain HTTP/1.1. The call that uses a connection drives it: a task for each would cost every
//! call two switches.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use http::uri::{Authority, PathAndQuery};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};
use tower_service::Service as _;

use super::connector::TcpConnector;
use super::response_body::ResponseBody;
use super::{IDLE_CONNECTIONS_PER_HOST, IDLE_TIMEOUT, Payload};
use crate::error::BoxError;

/// How often idle connections are looked through for those that are closed or too old.
const SWEEP: Duration = Duration::from_secs(1);

/// The connections to all servers.
pub(super) struct Pool {
    connector: TcpConnector,
    idle: Arc<Idle>,
}

/// The connections that no call uses, and the calls that wait for one.
#[derive(Default)]
pub(super) struct Idle(Mutex<Servers>);

#[derive(Default)]
struct Servers {
    by_authority: HashMap<Authority, Server>,
    /// Whether a task looks them through.
    are_swept: bool,
}

#[derive(Default)]
struct Server {
    connections: Vec<Pooled>,
    /// Calls that open a connection, and take one that becomes free before.
    waiting: VecDeque<oneshot::Sender<Pooled>>,
}

/// A connection, with all that it takes to use it again. Whoever drops it closes it.
pub(super) struct Pooled(Box<PooledConnection>);

struct PooledConnection {
    server: Authority,
    sender: SendRequest<Payload>,
    /// `None` once it is over.
    connection: Option<Connection<TokioIo<TcpStream>, Payload>>,
    idle_since: Instant,
}

/// The head of an answer and its connection.
type Exchanged = Result<(Response<Incoming>, Option<Pooled>), TrySendError<Request<Payload>>>;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum PoolError {
    /// There is no connection to the server.
    #[error("client error (Connect)")]
    Connect(#[source] BoxError),
    /// The connection failed before the answer came.
    #[error("client error (SendRequest)")]
    Send(#[source] hyper::Error),
}

impl Pool {
    pub(super) fn new(connector: TcpConnector) -> Self {
        Self {
            connector,
            idle: Arc::default(),
        }
    }

    /// Sends a request with an absolute URI. One that met a connection which the server had closed while it was idle is
    /// sent again on another one, but only if none of its bytes had been written.
    pub(super) async fn send(
        &self,
        mut request: Request<Payload>,
    ) -> Result<Response<ResponseBody>, PoolError> {
        let to = std::mem::take(request.uri_mut());
        let path = to.path_and_query().cloned();
        *request.uri_mut() = Uri::from(path.unwrap_or(PathAndQuery::from_static("/")));
        let server = to
            .authority()
            .ok_or_else(|| PoolError::Connect("the URL names no host".into()))?;
        loop {
            let (connection, is_new) = match self.idle.take(server) {
                Some(connection) => (connection, false),
                // Boxed: most calls open none.
                None => Box::pin(self.open_or_wait(&to, server)).await?,
            };
            match connection.exchange(request).await {
                Ok((response, connection)) => {
                    let pooled = connection.map(|connection| (connection, Arc::clone(&self.idle)));
                    return Ok(response.map(|body| ResponseBody::new(body, pooled)));
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_new => request = unsent,
                    Some(_) | None => return Err(PoolError::Send(error.into_error())),
                },
            }
        }
    }

    /// A connection, and whether it is new: another call may be done before one is open.
    async fn open_or_wait(&self, to: &Uri, server: &Authority) -> Result<(Pooled, bool), PoolError> {
        let freed = self.idle.wait(server);
        tokio::select! {
            opened = self.open(to, server) => opened.map(|opened| (opened, true)),
            Ok(freed) = freed => Ok((freed, false)),
        }
    }

    async fn open(&self, to: &Uri, server: &Authority) -> Result<Pooled, PoolError> {
        let opened = self.connector.clone().call(to.clone()).await;
        let (sender, connection) = http1::handshake(opened.map_err(PoolError::Connect)?)
            .await
            .map_err(PoolError::Send)?;
        Ok(Pooled(Box::new(PooledConnection {
            server: server.clone(),
            sender,
            connection: Some(connection),
            idle_since: Instant::now(),
        })))
    }
}

impl Pooled {
    /// Sends a request and gives the answer, of whose body nothing is read yet. No `async fn`, which would hold the request
    /// twice.
    fn exchange(mut self, request: Request<Payload>) -> impl Future<Output = Exchanged> {
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
    pub(super) fn drive(&mut self, context: &mut Context<'_>) {
        let connection = &mut self.0.connection;
        if let Some(open) = connection
            && Pin::new(open).poll(context).is_ready()
        {
            // Dropping it ends the request and the body that it still has, each with an error.
            *connection = None;
        }
    }

    /// Whether nothing of a request or an answer is under way any more.
    pub(super) fn is_at_rest(&self) -> bool {
        self.0.connection.is_none() || self.0.sender.is_ready()
    }

    /// Whether another request can be sent.
    fn is_reusable(&mut self) -> bool {
        self.drive(&mut Context::from_waker(Waker::noop()));
        self.0.connection.is_some() && self.0.sender.is_ready()
    }
}

impl Idle {
    /// A connection to a server, the one that was used last.
    fn take(&self, server: &Authority) -> Option<Pooled> {
        loop {
            let mut connection = self.lock().by_authority.get_mut(server)?.connections.pop()?;
            if connection.0.idle_since.elapsed() < IDLE_TIMEOUT && connection.is_reusable() {
                return Some(connection);
            }
        }
    }

    /// The next connection to a server that becomes free.
    fn wait(self: &Arc<Self>, server: &Authority) -> oneshot::Receiver<Pooled> {
        let (give, freed) = oneshot::channel();
        let mut servers = self.lock();
        servers.of(server).waiting.push_back(give);
        self.have_swept(&mut servers);
        freed
    }

    /// Keeps a connection whose answer has been read, or is of no interest any more.
    pub(super) fn keep(self: &Arc<Self>, mut connection: Pooled) {
        if connection.is_reusable() {
            connection.0.idle_since = Instant::now();
            self.put(connection);
        }
    }

    /// Gives a connection to whoever waits for it, or keeps it.
    fn put(self: &Arc<Self>, mut connection: Pooled) {
        let mut servers = self.lock();
        let server = servers.of(&connection.0.server);
        while let Some(waiting) = server.waiting.pop_front() {
            match waiting.send(connection) {
                Ok(()) => return,
                Err(back) => connection = back,
            }
        }
        let room = IDLE_CONNECTIONS_PER_HOST.saturating_sub(server.connections.len());
        let refused = if room > 0 {
            server.connections.push(connection);
            None
        } else {
            Some(connection)
        };
        self.have_swept(&mut servers);
        drop(servers);
        // Closing takes its time, which nobody waits for.
        drop(refused);
    }

    fn have_swept(self: &Arc<Self>, servers: &mut Servers) {
        if !servers.are_swept
            && let Ok(runtime) = Handle::try_current()
        {
            servers.are_swept = true;
            // All of them at once, however many there are.
            runtime.spawn(unconstrained(sweep(Arc::downgrade(self))));
        }
    }

    /// Closes connections that are over or too old; gives whether any are left. Nobody waits for more than those of one
    /// server.
    async fn close_old(self: &Arc<Self>, now: Instant) -> bool {
        let authorities: Vec<_> = self.lock().by_authority.keys().cloned().collect();
        for authority in authorities {
            let connections = match self.lock().by_authority.get_mut(&authority) {
                Some(server) => std::mem::take(&mut server.connections),
                None => continue,
            };
            for mut connection in connections {
                if now.duration_since(connection.0.idle_since) < IDLE_TIMEOUT && connection.is_reusable() {
                    self.put(connection);
                }
            }
            yield_now().await;
        }
        let mut servers = self.lock();
        servers.by_authority.retain(|_, server| {
            server.waiting.retain(|waiting| !waiting.is_closed());
            !server.connections.is_empty() || !server.waiting.is_empty()
        });
        servers.are_swept = !servers.by_authority.is_empty();
        servers.are_swept
    }

    fn lock(&self) -> MutexGuard<'_, Servers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Servers {
    fn of(&mut self, authority: &Authority) -> &mut Server {
        self.by_authority.entry(authority.clone()).or_default()
    }
}

/// Looks idle connections through for as long as there are any.
async fn sweep(idle: Weak<Idle>) {
    loop {
        sleep(SWEEP).await;
        let Some(idle) = idle.upgrade() else { return };
        if !idle.close_old(Instant::now()).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
