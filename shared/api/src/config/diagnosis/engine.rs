//! What a diagnosis says of functions: their circuits, the calls under way and the connections to them.

use domain::ids::Space;
use gateway::{CircuitState, EngineDiagnosis};
use serde::Serialize;

/// Circuits that are not closed, count failures, or wait because their functions asked for that.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisCircuits)]
pub(super) struct Circuits {
    /// How many there are.
    count: usize,
    /// Those that were opened most often, the worst first.
    worst: Vec<CircuitOf>,
}

/// The circuit of a function.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisCircuitOf)]
struct CircuitOf {
    /// The space of the function.
    #[schema(value_type = String)]
    space: Space,
    /// The function.
    function_id: String,
    /// What the circuit is.
    state: Phase,
    /// Failures in a row while it is closed.
    failures: u32,
    /// How often it was opened since it was last closed.
    openings: u32,
    /// For how many seconds no call passes; left out where one may.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    wait_seconds: Option<f64>,
}

/// What a circuit is.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisPhase)]
enum Phase {
    /// Calls pass, unless the function asked for patience.
    Closed,
    /// No call passes.
    Open,
    /// One call may find out whether the function is back.
    HalfOpen,
}

/// Calls of functions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisCalls)]
pub(super) struct Calls {
    /// How many are under way; left out unless metrics are detailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    in_flight: Option<u64>,
    /// The functions with the most of them.
    functions: Vec<CallsOf>,
    /// Bytes that requests to the Events API and answers of functions hold.
    bytes_in_flight: usize,
}

/// Calls of a function.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisCallsOf)]
struct CallsOf {
    /// The space of the function.
    #[schema(value_type = String)]
    space: Space,
    /// The function; `other` stands for those that are counted together.
    function_id: String,
    /// Calls under way.
    in_flight: u64,
}

/// Connections to functions over plain HTTP/1.1. Those over TLS are not counted.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisTargets)]
pub(super) struct Targets {
    /// Connections that no call uses.
    idle: usize,
    /// How many hosts they lead to.
    hosts: usize,
    /// The hosts with the most.
    busiest: Vec<TargetHost>,
}

/// Connections to a host.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisHost)]
struct TargetHost {
    /// Host, and port where the URL names it.
    host: String,
    /// Connections that no call uses.
    idle: usize,
    /// Calls that wait for one.
    waiting: usize,
}

impl Circuits {
    /// What an engine says of them.
    pub(super) fn of(engine: EngineDiagnosis) -> Self {
        let worst = engine.worst_circuits.into_iter();
        let worst = worst.map(|circuit| CircuitOf {
            space: circuit.space,
            function_id: circuit.function,
            state: match circuit.state {
                CircuitState::Closed => Phase::Closed,
                CircuitState::Open => Phase::Open,
                CircuitState::HalfOpen => Phase::HalfOpen,
            },
            failures: circuit.failures,
            openings: circuit.openings,
            wait_seconds: circuit.wait.map(|wait| wait.as_secs_f64()),
        });
        Self {
            count: engine.circuits,
            worst: worst.collect(),
        }
    }
}

impl Calls {
    /// What an engine says of them.
    pub(super) fn of(engine: &EngineDiagnosis) -> Self {
        let functions = engine.busiest_functions.iter();
        let functions = functions.map(|function| CallsOf {
            space: function.space.clone(),
            function_id: function.function.clone(),
            in_flight: function.calls,
        });
        Self {
            in_flight: engine.calls,
            functions: functions.collect(),
            bytes_in_flight: engine.bytes_in_flight,
        }
    }
}

impl Targets {
    /// What an engine says of them.
    pub(super) fn of(engine: &EngineDiagnosis) -> Self {
        let hosts = engine.idle.busiest.iter();
        let hosts = hosts.map(|host| TargetHost {
            host: host.host.clone(),
            idle: host.idle,
            waiting: host.waiting,
        });
        Self {
            idle: engine.idle.connections,
            hosts: engine.idle.hosts,
            busiest: hosts.collect(),
        }
    }
}
