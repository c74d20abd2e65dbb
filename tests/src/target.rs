//! The functions that a gateway under test calls: a real HTTP server that records every call.
//!
//! A function is addressed as `/<token>/<name>`, the token being that of one case run, so that runs which share a
//! server never see each other's calls. An answer is set with [`RecordingTarget::set_reply`] or by the query of the
//! function's URL; without either it is `200` with `{}`.

mod reply;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::AbortHandle,
    time::Instant,
};

pub use reply::Reply;

/// A call that a function received.
#[derive(Clone, Debug)]
pub struct Call {
    /// Method and headers.
    pub head: Arc<http::request::Parts>,
    /// Whole payload.
    pub body: Bytes,
}

impl Call {
    /// The payload as JSON, `None` when it is not.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The payload as text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The last header of this name.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.head.headers.get_all(name).iter().next_back()?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }
}

/// A function of one case run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FunctionKey {
    /// Token of the case run.
    pub token: String,
    /// Name of the function within the run.
    pub name: String,
}

/// A running server; it stops when this handle is dropped.
#[derive(Debug)]
pub struct RecordingTarget {
    address: SocketAddr,
    state: Arc<State>,
    accepting: AbortHandle,
}

#[derive(Debug, Default)]
struct State {
    records: Mutex<Records>,
    called: Notify,
}

#[derive(Debug, Default)]
struct Records {
    calls: HashMap<FunctionKey, Vec<Call>>,
    replies: HashMap<FunctionKey, Reply>,
}

/// Makes the server drop the connection instead of answering.
#[derive(Debug, thiserror::Error)]
#[error("connection closed on request of the case")]
struct CloseConnection;

impl RecordingTarget {
    /// Listens on a free loopback port.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        let accepting = tokio::spawn(accept(listener, Arc::clone(&state))).abort_handle();
        Ok(Self {
            address,
            state,
            accepting,
        })
    }

    /// URL under which the functions of a case run live, without a slash at the end.
    pub fn base_url(&self, token: &str) -> String {
        format!("http://{}/{token}", self.address)
    }

    /// Sets how a function answers from now on.
    pub fn set_reply(&self, key: FunctionKey, reply: Reply) {
        self.state.records().replies.insert(key, reply);
    }

    /// Number of calls that a function received so far.
    pub fn count(&self, key: &FunctionKey) -> usize {
        self.state.records().calls.get(key).map_or(0, Vec::len)
    }

    /// Calls after the first `since` ones that satisfy `wanted`; waits until there are `at_least`, up to `limit`.
    pub async fn wait_for(
        &self,
        key: &FunctionKey,
        since: usize,
        at_least: usize,
        wanted: impl Fn(&Call) -> bool,
        limit: Duration,
    ) -> Vec<Call> {
        let deadline = Instant::now() + limit;
        loop {
            // Registered before looking, so that a call in between is not missed.
            let next_call = self.state.called.notified();
            let found = self
                .calls(key, since)
                .into_iter()
                .filter(&wanted)
                .collect::<Vec<_>>();
            if found.len() >= at_least || tokio::time::timeout_at(deadline, next_call).await.is_err() {
                return found;
            }
        }
    }

    fn calls(&self, key: &FunctionKey, since: usize) -> Vec<Call> {
        let records = self.state.records();
        records
            .calls
            .get(key)
            .and_then(|calls| calls.get(since..))
            .unwrap_or_default()
            .to_vec()
    }
}

impl Drop for RecordingTarget {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl State {
    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, key: &FunctionKey, call: Call) -> Option<Reply> {
        let mut records = self.records();
        records.calls.entry(key.clone()).or_default().push(call);
        let reply = records.replies.get(key).cloned();
        drop(records);
        self.called.notify_waiters();
        reply
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&state)));
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let service = service_fn(move |request| answer(request, Arc::clone(&state)));
    // Ends with an error for every connection that a case asked to close.
    let _closed = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    request: http::Request<Incoming>,
    state: Arc<State>,
) -> Result<http::Response<Full<Bytes>>, CloseConnection> {
    let (head, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return Err(CloseConnection);
    };
    let path = head.uri.path().trim_matches('/');
    let (token, name) = path.split_once('/').unwrap_or((path, ""));
    let key = FunctionKey {
        token: token.to_owned(),
        name: name.to_owned(),
    };
    let by_url = match Reply::from_query(&head.uri) {
        Ok(reply) => reply,
        Err(error) => return Ok(reply::refusal(&error)),
    };
    let set = state.record(
        &key,
        Call {
            head: Arc::new(head),
            body: body.to_bytes(),
        },
    );
    let reply = set.unwrap_or_default().over(by_url);
    if let Some(delay) = reply.delay() {
        tokio::time::sleep(delay).await;
    }
    if reply.closes() {
        Err(CloseConnection)
    } else {
        Ok(reply.response())
    }
}

#[cfg(test)]
mod tests;
