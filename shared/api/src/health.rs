//! Health checks of both APIs: whether the process answers at all, and whether it can do its work.

use std::any::Any;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use domain::configuration::ConfigurationError;
use domain::resource::{Resource, Subscription};
use domain::validation::has_valid_escapes;
use gateway::ErrorChain;
use http::{HeaderValue, StatusCode, header};
use queue::{DeliveryQueue, QueueError};
use serde::Serialize;
use store::StoreError;
use tokio::time::timeout;

use crate::error::json_line;

/// Time that what is asked has to answer. Most probes wait for one second or a little more.
const CHECK_TIME: Duration = Duration::from_secs(2);

/// Where the checks are served: `healthz` and `readyz` below a prefix, or nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthPaths(Option<Arc<str>>);

/// A prefix that no request could have, or that could not be told from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be \"off\" or a path that begins with a slash, without a query, empty segments or dots alone")]
pub struct HealthPathError;

/// What a probe asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Whether the process answers.
    Alive,
    /// Whether it can do its work.
    Ready,
}

impl FromStr for HealthPaths {
    type Err = HealthPathError;

    fn from_str(text: &str) -> Result<Self, HealthPathError> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self(None));
        }
        let prefix = text.strip_suffix('/').unwrap_or(text);
        let segments = text.strip_prefix('/').map(|_| prefix.split('/').skip(1));
        let is_usual = |segment: &str| {
            let is_of_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@".contains(&byte);
            !matches!(segment, "" | "." | "..") && segment.bytes().all(is_of_path)
        };
        let is_path = segments.is_some_and(|mut segments| segments.all(is_usual));
        if is_path && has_valid_escapes(prefix) {
            Ok(Self(Some(prefix.into())))
        } else {
            Err(HealthPathError)
        }
    }
}

impl HealthPaths {
    /// What a request for a path asks, if that is one of these.
    pub(crate) fn probe(&self, path: &str) -> Option<Probe> {
        match path.strip_prefix(self.0.as_deref()?)? {
            "/healthz" => Some(Probe::Alive),
            "/readyz" => Some(Probe::Ready),
            _ => None,
        }
    }
}

/// What the answer says of each part.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Readiness {
    status: &'static str,
    store: &'static str,
    queue: &'static str,
    draining: bool,
}

/// The answer to whoever asks whether the process is alive.
pub(crate) fn alive() -> Response {
    #[derive(Serialize)]
    struct Alive {
        status: &'static str,
    }
    unstored(json_line(StatusCode::OK, &Alive { status: "ok" }))
}

/// The answer to whoever asks whether it is ready: what reads the store succeeds, the queue can be written, and the end
/// has not begun.
pub(crate) async fn ready<T>(
    store: impl Future<Output = Result<T, StoreError>>,
    queue: &DeliveryQueue,
    draining: bool,
) -> Response {
    let in_time = async {
        let store = timeout(CHECK_TIME, store);
        let queue = timeout(CHECK_TIME, queue.check_writable());
        tokio::join!(store, queue)
    };
    let (store, queue) = in_time.await;
    let store = match store {
        Ok(Ok(_)) => "ok",
        Ok(Err(error)) => failing("store", &error),
        Err(elapsed) => failing("store", &elapsed),
    };
    let queue = match queue {
        Ok(Ok(())) => "ok",
        Ok(Err(QueueError::Closed)) => "closed",
        Ok(Err(error)) => failing("queue", &error),
        Err(elapsed) => failing("queue", &elapsed),
    };
    let is_ready = store == "ok" && queue == "ok" && !draining;
    let status = if is_ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let readiness = Readiness {
        status: if is_ready { "ready" } else { "not ready" },
        store,
        queue,
        draining,
    };
    let mut response = unstored(json_line(status, &readiness));
    if !is_ready {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The cause is for the log: a probe is told to everyone.
fn failing(part: &'static str, error: &(dyn std::error::Error + 'static)) -> &'static str {
    tracing::warn!(part, error = %ErrorChain(error), "The gateway is not ready.");
    "failing"
}

/// A probe that a cache answers says nothing.
fn unstored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Refuses a subscription that would never be reached.
pub(crate) fn refuse_shadowed<R: Resource>(
    paths: &HealthPaths,
    resource: &R,
) -> Result<(), ConfigurationError> {
    match (resource as &dyn Any).downcast_ref::<Subscription>() {
        Some(Subscription { method, path, .. }) if is_shadowed(paths, method, path) => {
            Err(ConfigurationError::AnswersHealthChecks {
                method: method.clone(),
                path: path.clone(),
            })
        }
        _ => Ok(()),
    }
}

fn is_shadowed(paths: &HealthPaths, method: &str, path: &str) -> bool {
    matches!(method, "GET" | "HEAD") && paths.probe(path).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (prefix, path, want) in [
            ("/", "/healthz", Some(Probe::Alive)),
            ("/", "/readyz", Some(Probe::Ready)),
            ("/", "/readyz/", None),
            ("/", "/x/readyz", None),
            ("/a/b", "/a/b/readyz", Some(Probe::Ready)),
            ("/a/b/", "/a/b/readyz", Some(Probe::Ready)),
            ("/a/b", "/a/breadyz", None),
            ("/a/b", "/readyz", None),
            ("off", "/readyz", None),
        ] {
            let paths: HealthPaths = prefix.parse().unwrap();
            assert_eq!(paths.probe(path), want, "{prefix} {path}");
        }
        for refused in [
            "",
            "a",
            "healthz",
            "//",
            "/a//b",
            "/a?b",
            "/a b",
            "/..",
            "/a/./b",
            "/%z",
            "https://a/b",
        ] {
            assert_eq!(refused.parse::<HealthPaths>(), Err(HealthPathError), "{refused}");
        }
    }

    #[test]
    fn shadowed_subscriptions_are_refused() {
        let paths: HealthPaths = "/ops".parse().unwrap();
        for (method, path, is_refused) in [
            ("GET", "/ops/healthz", true),
            ("HEAD", "/ops/readyz", true),
            ("POST", "/ops/healthz", false),
            ("GET", "/ops/*rest", false),
            ("GET", "/healthz", false),
        ] {
            assert_eq!(is_shadowed(&paths, method, path), is_refused, "{method} {path}");
        }
    }
}
