//! The public keys of somebody who reports secrets that were found in public, in the form of GitHub's secret scanning: fetched from
//! a URL that the operator names, kept for a while, and fetched anew where a report is signed with one that is not known.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::public_keys::{MalformedKeys, PublicKeys};
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;
use crate::error_chain::ErrorChain;
use crate::http::HttpRequest;
use crate::settings::{TargetSettings, TargetSettingsError};
use crate::single_flight::FETCH_LIMIT;

mod public_keys;

/// How long keys are good for. They are replaced about once a year.
const GOOD_FOR: Duration = Duration::from_hours(1);

/// How long they are used all the same while no others can be fetched.
const OVERTIME: Duration = Duration::from_hours(24);

/// Time between two fetches, whatever is asked for: strangers make up ids of keys.
const PAUSE: Duration = Duration::from_mins(1);

/// Most bytes of an answer. GitHub's has less than one thousand.
const MOST_BYTES: usize = 64 * 1024;

/// Why there are no keys. The texts show nothing that the server wrote itself.
#[derive(Debug, thiserror::Error)]
enum KeysError {
    #[error("the server with the keys of reports answered with HTTP status code {0}")]
    Status(u16),
    #[error("the server with the keys of reports could not be asked a moment ago")]
    Failed,
    #[error(transparent)]
    Malformed(#[from] MalformedKeys),
}

/// The keys that reports are signed with. A handle: clones share them.
#[derive(Clone)]
pub struct ReportKeys(Arc<Keys>);

struct Keys {
    clients: Arc<Clients>,
    url: Box<str>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    keys: Option<(Arc<PublicKeys>, Instant)>,
    tried: Option<Instant>,
}

impl ReportKeys {
    /// The keys at a URL that the operator chose, of which nothing is read yet.
    pub fn new(settings: TargetSettings, url: &str) -> Result<Self, TargetSettingsError> {
        settings.validate()?;
        Ok(Self(Arc::new(Keys {
            clients: Arc::new(Clients::new(settings)),
            url: url.into(),
            kept: Mutex::default(),
        })))
    }

    /// Whether there is a key of this id. Fails where that cannot be found out.
    pub async fn knows(&self, id: &str) -> Result<bool, InvokeError> {
        Ok(self.keys(id).await?.has(id))
    }

    /// Whether a text was signed with the key of this id: an ECDSA signature on P-256 with SHA-256, in DER.
    pub async fn have_signed(&self, id: &str, signature: &[u8], text: &[u8]) -> Result<bool, InvokeError> {
        Ok(self.keys(id).await?.have_signed(id, signature, text))
    }

    /// All keys: those at hand, unless they are too old or that of this id is not among them. Whoever asks meanwhile waits.
    async fn keys(&self, id: &str) -> Result<Arc<PublicKeys>, InvokeError> {
        let mut kept = self.0.kept.lock().await;
        let at_hand = kept.keys.clone();
        if let Some((keys, since)) = &at_hand
            && since.elapsed() < GOOD_FOR
            && keys.has(id)
        {
            return Ok(Arc::clone(keys));
        }
        let usable = at_hand.filter(|(_, since)| since.elapsed() < OVERTIME);
        if kept.tried.is_some_and(|tried| tried.elapsed() < PAUSE) {
            let usable = usable.map(|(keys, _)| keys);
            return usable.ok_or_else(|| InvokeError::unavailable(KeysError::Failed));
        }
        kept.tried = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                let keys = Arc::new(keys);
                kept.keys = Some((Arc::clone(&keys), Instant::now()));
                Ok(keys)
            }
            Err(error) => match usable {
                Some((keys, _)) => {
                    tracing::warn!(error = %ErrorChain(&error), "The keys of reports cannot be read anew. Those read before are used.");
                    Ok(keys)
                }
                None => Err(error),
            },
        }
    }

    async fn fetch(&self) -> Result<PublicKeys, InvokeError> {
        let request = HttpRequest {
            url: (&*self.0.url).into(),
            query: None,
            method: Method::GET,
            headers: HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]),
            body: Bytes::new(),
        };
        let deadline = Deadline::after(FETCH_LIMIT);
        // The operator chose it.
        let http = &self.0.clients.operator_http;
        let response = http.exchange_within(request, MOST_BYTES, deadline).await?;
        if response.status != StatusCode::OK {
            return Err(InvokeError::unavailable(KeysError::Status(
                response.status.as_u16(),
            )));
        }
        PublicKeys::parse(&response.body).map_err(|error| InvokeError::unusable(KeysError::from(error)))
    }
}

impl fmt::Debug for ReportKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportKeys").finish_non_exhaustive()
    }
}
