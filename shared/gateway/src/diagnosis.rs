//! What the engine has in hand at a moment, for whoever looks for what is wrong. All of it is there anyway.

use std::time::Duration;

use domain::ids::Space;
use targets::IdleConnections;
use tokio::time::Instant;

use crate::gateway::Gateway;
use crate::invocation::circuit_breaker::CircuitCondition;
use crate::metrics::{CallsUnderWay, CircuitPhase};

/// What an engine has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineDiagnosis {
    /// Whether new requests are refused because the gateway ends.
    pub is_draining: bool,
    /// How many circuits are not closed, count failures, or wait because their functions asked for that.
    pub circuits: usize,
    /// Those that were opened most often, the worst first.
    pub worst_circuits: Vec<CircuitDiagnosis>,
    /// Calls of functions under way; `None` where they are not counted one by one.
    pub calls: Option<u64>,
    /// The functions with the most of them, those with more first.
    pub busiest_functions: Vec<FunctionCalls>,
    /// Bytes of requests and answers in memory.
    pub bytes_in_flight: usize,
    /// Connections that went on with another protocol, and requests that may become one.
    pub upgraded: usize,
    /// Kept-alive connections to functions over plain HTTP/1.1.
    pub idle: IdleConnections,
}

/// The circuit of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircuitDiagnosis {
    /// The space of the function.
    pub space: Space,
    /// The function.
    pub function: String,
    /// What the circuit is.
    pub state: CircuitState,
    /// Failures in a row while it is closed.
    pub failures: u32,
    /// How often it was opened since it was last closed.
    pub openings: u32,
    /// How long no call passes; `None` where one may.
    pub wait: Option<Duration>,
}

/// What a circuit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CircuitState {
    /// Calls pass, unless the function asked for patience.
    Closed,
    /// No call passes.
    Open,
    /// One call may find out whether the function is back.
    HalfOpen,
}

/// Calls of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionCalls {
    /// The space of the function.
    pub space: Space,
    /// The function; `other` stands for those that are counted together.
    pub function: String,
    /// Calls under way.
    pub calls: u64,
}

impl Gateway {
    /// What the engine has in hand, with so many of each kind by name at the most.
    pub fn diagnosis(&self, most: usize) -> EngineDiagnosis {
        let stages = self.stages();
        let breakers = &stages.invocation.circuit_breakers;
        let (circuits, worst) = breakers.conditions(Instant::now(), most);
        let under_way = stages.metrics.detail().map(|detail| detail.calls_under_way(most));
        let calls = under_way.as_ref().map(|under_way| under_way.count);
        let functions = under_way.map(|CallsUnderWay { functions, .. }| functions);
        EngineDiagnosis {
            is_draining: self.is_draining(),
            circuits,
            worst_circuits: worst
                .into_iter()
                .map(|((space, function), condition)| {
                    CircuitDiagnosis::of(space, function.to_string(), condition)
                })
                .collect(),
            calls,
            busiest_functions: functions
                .into_iter()
                .flatten()
                .map(|(space, function, calls)| FunctionCalls {
                    space,
                    function,
                    calls,
                })
                .collect(),
            bytes_in_flight: self.in_flight().held(),
            upgraded: stages.tunnels.open(),
            idle: stages.invocation.invoker.idle_connections(most),
        }
    }
}

impl CircuitDiagnosis {
    fn of(space: Space, function: String, condition: CircuitCondition) -> Self {
        Self {
            space,
            function,
            state: match condition.phase {
                None => CircuitState::Closed,
                Some(CircuitPhase::Open) => CircuitState::Open,
                Some(CircuitPhase::HalfOpen) => CircuitState::HalfOpen,
            },
            failures: condition.failures,
            openings: condition.openings,
            wait: condition.wait,
        }
    }
}
