//! The fourth stage: calls of functions, whoever has a reason for one: a client that waits, a delivery, an authorizer.
//!
//! Transforms of single calls belong here, where the payload is made.

use std::sync::Arc;

use domain::ids::{FunctionId, Space};
use targets::Invoker;
use traces::Tracer;

use crate::metrics::EventMetrics;

pub(crate) mod authorizer;
pub(crate) mod authorizer_decision;
pub(crate) mod call;
mod call_outcome;
pub(crate) mod called;
pub(crate) mod circuit_breaker;
pub(crate) mod circuit_report;
pub(crate) mod decision_cache;
pub(crate) mod hook;
pub(crate) mod hook_chain;
pub(crate) mod hook_limits;
mod invoke_span;
mod planned_call;
pub(crate) mod system_events;
pub(crate) mod transforms;
pub(crate) mod weighted;

use circuit_breaker::CircuitBreakers;
use decision_cache::DecisionCache;
use hook_limits::HookLimits;
use system_events::SystemEvents;
use transforms::Transforms;

use crate::rate_limits::RateLimits;

/// What functions are called by.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) invoker: Invoker,
    pub(crate) circuit_breakers: CircuitBreakers,
    pub(crate) system_events: SystemEvents,
    pub(crate) metrics: Arc<EventMetrics>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) transforms: Transforms,
    pub(crate) hook_limits: HookLimits,
    pub(crate) decisions: DecisionCache,
    pub(crate) tracer: Tracer,
}

impl Invocation {
    /// Counts a call that a limit refuses or has wait.
    pub(crate) fn count_limited(&self, space: &Space, function: &FunctionId) {
        if let Some(detail) = self.metrics.detail() {
            detail.rate_limited(space, function);
        }
    }
}
