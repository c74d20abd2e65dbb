//! A request as it is counted and noted: from its arrival to the end of its answer, or to when its client hangs up.

use std::time::Instant;

use axum::body::HttpBody as _;
use axum::extract::Request;
use axum::response::Response;
use domain::ids::Space;
use domain::origin::Origin;
use gateway::{Gateway, Seen};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};

use crate::access_log::{AccessLogging, Entry, logged_body};
use crate::server_span::ServerSpan;

/// Status of a request whose client did not wait for the answer, as other servers log it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// What is learned of a request while it is answered.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    /// What the engine has seen of it.
    pub(crate) seen: Seen,
    /// Bytes of its body.
    pub(crate) bytes: usize,
    /// Whether it is a health check, of which there are many and none is of interest.
    pub(crate) is_probe: bool,
    /// The space that it names, and the pattern of its path, in the Configuration API.
    pub(crate) place: Option<(Option<Space>, String)>,
}

/// A request that is counted or noted, as far as either is wanted.
#[derive(Debug)]
pub(crate) struct Observed {
    /// `None` where neither is, and when it is over.
    began: Option<Instant>,
    /// What counts requests.
    counting: Option<Gateway>,
    noted: Option<Box<Noted>>,
    span: Option<Box<ServerSpan>>,
}

/// A request that may have a line in the access log.
#[derive(Debug)]
struct Noted {
    logging: AccessLogging,
    entry: Entry,
    is_head: bool,
}

impl Observed {
    /// A request to the Events API.
    pub(crate) fn begin(
        gateway: &Gateway,
        logging: Option<&AccessLogging>,
        request: &Request,
        (id, origin): (Option<&HeaderValue>, Origin),
    ) -> Self {
        let head = (request.method(), request.version(), request.headers());
        let span = if gateway.tracer().is_on() {
            ServerSpan::begin(gateway, request, id)
        } else {
            None
        };
        let mut noted = logging.map(|logging| Noted::new("events", logging, head, id, origin));
        if let (Some(noted), Some(span)) = (&mut noted, &span) {
            noted.entry.trace_id = Some(format!("{:032x}", span.context().trace));
        }
        let counting = gateway.counts_requests().then(|| gateway.clone());
        Self::of(counting, noted, span)
    }

    /// A request to the Configuration API, which counts its requests by itself.
    pub(crate) fn begin_config(
        logging: Option<&AccessLogging>,
        parts: &Parts,
        id: Option<&HeaderValue>,
    ) -> Self {
        let head = (&parts.method, parts.version, &parts.headers);
        let origin = parts.extensions.get().copied().unwrap_or_default();
        Self::of(
            None,
            logging.map(|logging| Noted::new("config", logging, head, id, origin)),
            None,
        )
    }

    /// Where nobody wants to know anything, nobody asks for the time.
    fn of(counting: Option<Gateway>, noted: Option<Box<Noted>>, span: Option<Box<ServerSpan>>) -> Self {
        Self {
            began: (counting.is_some() || noted.is_some()).then(Instant::now),
            counting,
            noted,
            span,
        }
    }

    /// Whether it may have a line in the access log.
    pub(crate) fn is_noted(&self) -> bool {
        self.noted.is_some()
    }

    /// Nothing is learned so far.
    pub(crate) fn learned(&self) -> Learned {
        let mut seen = Seen::logged(self.is_noted());
        if let Some(span) = &self.span {
            seen = seen.placed(span.context());
        }
        Learned {
            seen,
            ..Learned::default()
        }
    }

    /// The answer to it, which is noted when it ends.
    pub(crate) fn answered(mut self, learned: &Learned, response: Response) -> Response {
        if learned.is_probe {
            self.began = None;
            if let Some(span) = self.span.take() {
                span.discard();
            }
            return response;
        }
        let status = response.status();
        if let Some(span) = self.span.take() {
            span.answered(&learned.seen, status);
        }
        let Some(began) = self.began.take() else {
            return response;
        };
        if let Some(gateway) = self.counting.take() {
            gateway.count_request(&learned.seen, status, began.elapsed());
        }
        match self.noted.take() {
            Some(noted) => noted.answered(began, learned, response),
            None => response,
        }
    }
}

impl Drop for Observed {
    /// Its client has hung up before there was an answer.
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            span.hung_up();
        }
        let Some(began) = self.began.take() else { return };
        if let Some(gateway) = &self.counting
            && let Ok(status) = StatusCode::from_u16(CLIENT_CLOSED_REQUEST)
        {
            gateway.count_request(&Seen::default(), status, began.elapsed());
        }
        if let Some(noted) = self.noted.take() {
            let Noted {
                logging, mut entry, ..
            } = *noted;
            entry.status = CLIENT_CLOSED_REQUEST;
            entry.broken_off = true;
            entry.ms = began.elapsed();
            entry.gateway_ms = entry.ms;
            logging.note(&entry);
        }
    }
}

impl Noted {
    fn new(
        api: &'static str,
        logging: &AccessLogging,
        (method, version, headers): (&Method, Version, &HeaderMap),
        id: Option<&HeaderValue>,
        origin: Origin,
    ) -> Box<Self> {
        let mut entry = Entry::new(api, method, version);
        entry.read(headers);
        entry.client = origin.address;
        entry.request_id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
        Box::new(Self {
            logging: logging.clone(),
            entry,
            is_head: method == Method::HEAD,
        })
    }

    fn answered(self: Box<Self>, began: Instant, learned: &Learned, response: Response) -> Response {
        let Self {
            logging,
            mut entry,
            is_head,
        } = *self;
        let status = response.status();
        let is_wanted = logging.wants(status.as_u16() >= 400);
        // What has its bytes at hand does not break off by itself.
        if !is_wanted && response.body().size_hint().exact().is_some() {
            return response;
        }
        let Learned {
            seen, bytes, place, ..
        } = learned;
        entry.status = status.as_u16();
        entry.bytes_in = *bytes;
        entry.target_ms = seen.time_in_target();
        entry.gateway_ms = began.elapsed().saturating_sub(entry.target_ms);
        entry.unmatched = seen.is_unmatched();
        entry.set_space(seen.space());
        if let Some(route) = seen.route() {
            entry.path = Some(route.path.clone());
            entry.function_id = Some(route.function_id.to_string());
        }
        if let Some(event) = seen.event() {
            entry.set_event(event.id(), event.event_type());
        }
        if let Some((space, path)) = place {
            entry.set_space(space.as_ref());
            entry.path = Some(path.clone());
        }
        logged_body(logging, entry, (began, is_wanted, is_head), response)
    }
}

#[cfg(test)]
mod tests {
    use records::AccessLog;

    use super::*;
    use crate::access_log::{AccessLogFormat, LoggedRequests};

    #[test]
    fn nobody_asks_for_the_time_where_nothing_is_observed() {
        let (parts, ()) = http::Request::new(()).into_parts();
        let off = Observed::begin_config(None, &parts, None);
        assert!(off.began.is_none() && !off.is_noted());
        let logging = AccessLogging {
            log: AccessLog::at_once(),
            requests: LoggedRequests::Failures,
            share: 0.0,
            format: AccessLogFormat::Json,
        };
        let on = Observed::begin_config(Some(&logging), &parts, None);
        assert!(on.began.is_some() && on.is_noted());
        let learned = on.learned();
        let response = on.answered(&learned, Response::new("x".into()));
        assert_eq!(response.status(), StatusCode::OK);
    }
}
