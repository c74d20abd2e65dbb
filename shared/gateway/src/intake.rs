//! The first stage: a request becomes an [`Arrived`], with the routes of its moment, and its events are read out of it.

use std::sync::Arc;

use bytes::Bytes;
use domain::api_key::GivenKey;
use domain::cors_decision::{preflight_headers, preflight_method, response_headers};
use domain::event::{EventError, EventLimits, Incoming, decode, request_host};
use domain::hops::Hops;
use domain::legacy::event_cors;
use domain::origin::TrustedProxies;
use domain::passthrough::OriginalRequest;
use domain::resource::Subscription;
use domain::routing::RoutingTable;
use domain::space_version::{SpaceVersion, SpaceVersionError};
use domain::trace::{SpanContext, Trace, TraceSettings};
use http::HeaderMap;
use http::request::Parts;
use offload::{LARGE_BODY, off_runtime};

use crate::error::GatewayError;
use crate::loops::refuse_loop;
use crate::stamp::event_stamp;

pub(crate) mod admission;
pub(crate) mod client;
pub(crate) mod credentials;
pub(crate) mod hosted;

use client::Client;
use hosted::{EffectivePath, HostedDomains};

/// Request header with versions of spaces that the routes of a request must have reached.
const MIN_CONFIG_VERSION: &str = "x-min-config-version";

/// A request that is to be answered, and what is known of it before its events are.
#[derive(Clone, Copy)]
pub(crate) struct Arrived<'a> {
    /// The routes that it is answered by, from beginning to end.
    pub(crate) table: &'a RoutingTable,
    pub(crate) parts: &'a Parts,
    pub(crate) body: &'a Bytes,
    pub(crate) path: &'a EffectivePath<'a>,
    pub(crate) client: &'a Client,
    /// The key that it came with, where keys are known.
    pub(crate) key: Option<&'a GivenKey>,
    /// How often it was passed on by a gateway.
    pub(crate) hops: Hops,
    /// By what it is followed, if that is passed on.
    pub(crate) trace: Option<&'a Arc<Trace>>,
}

impl<'a> Arrived<'a> {
    /// The request as it came, on its way to the function of a subscription.
    pub(crate) fn original<'s>(
        &'s self,
        subscription: &'s Subscription,
        trusted: &'s TrustedProxies,
    ) -> OriginalRequest<'s>
    where
        'a: 's,
    {
        self.original_on(&subscription.path, trusted)
    }

    /// The request as it came, with the path of the subscription by which its parameters are named.
    pub(crate) fn original_on<'s>(
        &'s self,
        pattern: &'s str,
        trusted: &'s TrustedProxies,
    ) -> OriginalRequest<'s>
    where
        'a: 's,
    {
        OriginalRequest {
            parts: self.parts,
            body: self.body,
            path: &self.path.path,
            pattern,
            origin: self.client.origin,
            trusted,
            is_batch: self.client.sends_batch(),
            can_upgrade: self.client.can_upgrade,
        }
    }
}

/// What CORS says of a request (docs/contract.md §2.9).
pub(crate) enum CorsDecision {
    /// It is a preflight, and these headers answer it.
    Preflight(HeaderMap),
    /// These headers go with whatever answers it.
    Request(HeaderMap),
}

/// What requests are taken in by.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) hosted: HostedDomains,
    pub(crate) event_limits: EventLimits,
    /// Whether requests of 2017 are answered as they were then (docs/contract.md §7).
    pub(crate) legacy_api: bool,
    pub(crate) max_hops: Hops,
    /// The proxies whose word about clients is taken.
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) traces: TraceSettings,
}

impl Intake {
    /// The path that a request is routed by.
    pub(crate) fn path<'a>(&self, parts: &'a Parts) -> EffectivePath<'a> {
        let path = parts.uri.path();
        if self.hosted.is_on() {
            self.hosted.effective_path(path, &request_host(parts))
        } else {
            self.hosted.effective_path(path, "")
        }
    }

    /// What CORS says of a request on a path. A request of 2017 that carries an event by its header may come from
    /// anywhere, unless its path has a configuration: what an operator restricts stays restricted (docs/contract.md
    /// §7.3).
    pub(crate) fn cors(&self, table: &RoutingTable, path: &str, parts: &Parts) -> CorsDecision {
        let preflight = preflight_method(&parts.method, &parts.headers);
        let configured = table.cors(preflight.unwrap_or(parts.method.as_str()), path);
        let legacy = if configured.is_none() && self.legacy_api {
            event_cors(&parts.method, &parts.headers).map(Box::new)
        } else {
            None
        };
        match (configured.map(|cors| &**cors).or(legacy.as_deref()), preflight) {
            (Some(cors), Some(_)) => CorsDecision::Preflight(preflight_headers(cors, &parts.headers)),
            (Some(cors), None) => {
                CorsDecision::Request(response_headers(cors, &parts.method, &parts.headers))
            }
            (None, _) => CorsDecision::Request(HeaderMap::new()),
        }
    }

    /// How often a request was passed on, if that is not too often.
    pub(crate) fn hops(&self, headers: &HeaderMap) -> Result<Hops, GatewayError> {
        refuse_loop(Hops::of_request(headers)?, self.max_hops)
    }

    /// By what a request is followed, as far as that is passed on. `place` is where it is in its trace, if it has a place
    /// of its own there.
    pub(crate) fn trace(
        &self,
        headers: &HeaderMap,
        place: impl FnOnce() -> Option<SpanContext>,
    ) -> Option<Arc<Trace>> {
        if self.traces == TraceSettings::default() {
            return None;
        }
        let came = Trace::of_request(headers, self.traces);
        let trace = match place() {
            Some(place) => Some(came.unwrap_or_default().at(place)),
            None => came,
        };
        trace.map(Arc::new)
    }

    /// The events of a request. Large bodies are decoded off the runtime.
    pub(crate) async fn decode(&self, arrived: &Arrived<'_>) -> Result<Incoming, EventError> {
        let limits = self.event_limits;
        if arrived.body.len() < LARGE_BODY {
            return decode(arrived.parts, arrived.body, limits, event_stamp);
        }
        let (parts, body) = (arrived.parts.clone(), arrived.body.clone());
        off_runtime(move || decode(&parts, &body, limits, event_stamp)).await
    }
}

/// The versions of spaces that the sender of a request wants its routes to have reached: those of what it has written.
pub(crate) fn wanted_versions(headers: &HeaderMap) -> Result<Vec<SpaceVersion>, GatewayError> {
    let mut at_least = Vec::new();
    for line in headers.get_all(MIN_CONFIG_VERSION) {
        let text = line.to_str().map_err(|_| SpaceVersionError);
        let listed = text.and_then(SpaceVersion::list);
        at_least.extend(listed.map_err(GatewayError::MinConfigVersion)?);
    }
    Ok(at_least)
}
