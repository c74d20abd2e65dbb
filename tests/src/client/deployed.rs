//! A gateway that is deployed as functions, reached through the URLs of its two APIs.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use super::{Answer, Api, ExchangeError, Request, tcp};

/// How long after a write events may still be routed as before it: the staleness that a deployment allows by default,
/// and a read.
const SETTLE: Duration = Duration::from_millis(2300);

/// A deployed gateway, as one client sees it: events wait until the client's own writes are in effect.
#[derive(Clone, Debug)]
pub struct Deployed {
    outputs: Arc<Outputs>,
    written: Arc<Mutex<Option<Instant>>>,
}

/// What a deployment says about itself.
#[derive(Debug, Deserialize)]
struct Outputs {
    events_url: String,
    config_url: String,
    /// Where to connect to, whatever the URLs say.
    connect: SocketAddr,
    access_key: String,
}

impl Deployed {
    /// Reads the file that `localstack/up` writes.
    pub fn read(outputs: &Path) -> anyhow::Result<Self> {
        let outputs = serde_json::from_slice(&std::fs::read(outputs)?)?;
        Ok(Self {
            outputs: Arc::new(outputs),
            written: Arc::default(),
        })
    }

    /// The same gateway, as another client sees it.
    #[must_use]
    pub fn for_another_client(&self) -> Self {
        Self {
            outputs: self.outputs.clone(),
            written: Arc::default(),
        }
    }

    pub(super) async fn send(&self, api: Api, request: &Request) -> Result<Answer, ExchangeError> {
        let mut request = request.clone();
        let url = match api {
            Api::Events => &self.outputs.events_url,
            Api::Config => &self.outputs.config_url,
        };
        if !request.has_header("Host") {
            let host = url.split_once("://").map_or(url.as_str(), |(_, host)| host);
            request
                .headers
                .insert(0, ("Host".to_owned(), host.trim_end_matches('/').to_owned()));
        }
        if api == Api::Events {
            let written = *self.written.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(written) = written {
                sleep_until(written + SETTLE).await;
            }
        } else if !request.has_header("Authorization") {
            let credentials = format!("bearer {}", self.outputs.access_key);
            request.headers.push(("Authorization".to_owned(), credentials));
        }
        let address = self.outputs.connect;
        let bytes = tcp::encode(&request, address);
        let answer = tcp::exchange(address, &bytes, request.method == "HEAD").await;
        if api == Api::Config && request.method != "GET" {
            *self.written.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
        answer
    }
}
