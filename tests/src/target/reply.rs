//! How a recorded function answers.

use std::{collections::BTreeMap, io::Write as _, time::Duration};

use axum::extract::{Query, rejection::QueryRejection};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{Response, StatusCode, Uri, header};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::Value;

/// Answer of a function; the same keys work in the query of its URL.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// Status, 200 by default.
    status: Option<u16>,
    /// Headers besides framing ones.
    headers: BTreeMap<String, String>,
    /// Body as text, `{}` by default.
    body: Option<String>,
    /// Body as JSON; beats `body`.
    json: Option<Value>,
    /// Body as base64; beats both.
    b64: Option<String>,
    /// Seconds to wait before answering.
    delay: Option<f64>,
    /// Closes the connection instead of answering.
    close: bool,
    /// `Location` of a redirect.
    redirect: Option<String>,
    /// Status of the redirect, 302 by default.
    redirect_status: Option<u16>,
    /// Compresses the body.
    gzip: bool,
}

impl Reply {
    /// Reads the keys that a function's URL carries in its query.
    pub(super) fn from_query(uri: &Uri) -> Result<Self, QueryRejection> {
        Query::try_from_uri(uri).map(|Query(reply)| reply)
    }

    /// This reply, with what it leaves open taken from `other`.
    pub(super) fn over(self, other: Self) -> Self {
        Self {
            status: self.status.or(other.status),
            headers: if self.headers.is_empty() {
                other.headers
            } else {
                self.headers
            },
            body: self.body.or(other.body),
            json: self.json.or(other.json),
            b64: self.b64.or(other.b64),
            delay: self.delay.or(other.delay),
            close: self.close || other.close,
            redirect: self.redirect.or(other.redirect),
            redirect_status: self.redirect_status.or(other.redirect_status),
            gzip: self.gzip || other.gzip,
        }
    }

    /// How long the function takes.
    pub(super) fn delay(&self) -> Option<Duration> {
        self.delay
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
    }

    /// Whether the connection is closed instead.
    pub(super) fn closes(&self) -> bool {
        self.close
    }

    /// The answer itself; a reply that cannot be expressed is a visible refusal.
    pub(super) fn response(&self) -> Response<Full<Bytes>> {
        self.try_response().unwrap_or_else(|error| refusal(&*error))
    }

    fn try_response(&self) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let status = if self.redirect.is_some() {
            self.redirect_status.unwrap_or(302)
        } else {
            self.status.unwrap_or(200)
        };
        let mut builder = Response::builder().status(status);
        for (name, value) in &self.headers {
            builder = builder.header(name, value);
        }
        if let Some(location) = &self.redirect {
            builder = builder.header(header::LOCATION, location);
        }
        let mut body = match (&self.b64, &self.json) {
            (Some(encoded), _) => BASE64_STANDARD.decode(encoded)?,
            (None, Some(json)) => serde_json::to_vec(json)?,
            (None, None) => self.body.clone().unwrap_or_else(|| "{}".to_owned()).into_bytes(),
        };
        if self.gzip {
            builder = builder.header(header::CONTENT_ENCODING, "gzip");
            let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&body)?;
            body = encoder.finish()?;
        }
        Ok(builder.body(Full::from(body))?)
    }
}

/// Tells in status and body that the case asks for an impossible reply.
pub(super) fn refusal(error: &dyn std::error::Error) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(format!("impossible reply: {error}")));
    *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
    response
}
