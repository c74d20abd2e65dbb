//! The fourth stage: calls of functions, whoever has a reason for one: a client that waits, a delivery, an authorizer.
//!
//! Transforms and hooks of single calls belong here, where the payload is made.

use std::sync::Arc;

use targets::Invoker;

use crate::metrics::EventMetrics;

pub(crate) mod authorizer;
pub(crate) mod authorizer_decision;
pub(crate) mod call;
pub(crate) mod called;
pub(crate) mod circuit_breaker;
pub(crate) mod circuit_report;
pub(crate) mod decision_cache;
mod planned_call;
pub(crate) mod system_events;
pub(crate) mod weighted;

use circuit_breaker::CircuitBreakers;
use decision_cache::DecisionCache;
use system_events::SystemEvents;

use crate::rate_limits::RateLimits;

/// What functions are called by.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) invoker: Invoker,
    pub(crate) circuit_breakers: CircuitBreakers,
    pub(crate) system_events: SystemEvents,
    pub(crate) metrics: Arc<EventMetrics>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) decisions: DecisionCache,
}
