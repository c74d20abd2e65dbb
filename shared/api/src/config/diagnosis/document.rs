//! A diagnosis as it is answered, and its parts that are about the process.

use domain::ids::Space;
use serde::Serialize;
use store::RoutesState;

use super::engine::{Calls, Circuits, Targets};
use super::queued::Queued;
use crate::client_connections::ClientConnections;

/// What a process has in hand. What it does not know is left out.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Diagnosis)]
pub(super) struct Document {
    /// What this is about: other processes and other instances know of other things.
    pub(super) scope: Scope,
    pub(super) process: Process,
    pub(super) queue: Queued,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) circuits: Option<Circuits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) calls: Option<Calls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) connections: Option<Connections>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) targets: Option<Targets>,
    /// Bytes that requests to the Configuration API and their answers hold.
    pub(super) config_bytes_in_flight: usize,
    pub(super) routes: Routes,
}

/// Whom a diagnosis is about.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisScope)]
pub(super) enum Scope {
    /// A gateway as one process.
    Process,
    /// The instance of the function that answered: one of those that serve the Configuration API. It calls no functions,
    /// and what waits is in SQS.
    FunctionInstance,
}

/// The process.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisProcess)]
pub(super) struct Process {
    /// Version of the program.
    pub(super) version: &'static str,
    /// Seconds since it started.
    pub(super) uptime_seconds: u64,
    /// Memory that is in RAM; left out where the system does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(super) memory_bytes: Option<u64>,
    /// Whether it ends, and takes no more requests.
    pub(super) is_draining: bool,
}

/// Connections of clients.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisConnections)]
pub(super) struct Connections {
    /// To the Events API.
    pub(super) events: Listener,
    /// To the Configuration API.
    pub(super) config: Listener,
    /// Those that went on with another protocol, and requests that may become one.
    pub(super) upgraded: usize,
}

/// Connections to a listener.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DiagnosisListener)]
pub(super) struct Listener {
    /// How many there are now.
    open: u64,
    /// How many there may be at a time.
    most: usize,
    /// How many were accepted since the start.
    accepted: u64,
}

/// How recent the routes are.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisRoutes)]
pub(super) struct Routes {
    /// Whether they are a copy of what a shared store has; otherwise every change is in them before it is answered.
    is_copy: bool,
    /// Number of the confirmation that the copy comes from; 0 before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    confirmation: Option<u64>,
    /// How old the copy is, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    age_seconds: Option<f64>,
    /// How many spaces are in the copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    spaces: Option<usize>,
    /// Those that were loaded last, the latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    latest: Vec<RoutedSpace>,
}

/// A space in a copy of the routes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DiagnosisRoutedSpace)]
struct RoutedSpace {
    /// The space.
    #[schema(value_type = String)]
    space: Space,
    /// Its version.
    version: u64,
    /// How long ago it was loaded, in seconds.
    age_seconds: f64,
    /// Functions that cannot be called because their secrets do not open.
    sealed_functions: usize,
}

impl Listener {
    /// What there is of a listener.
    pub(super) fn of(connections: &ClientConnections) -> Self {
        Self {
            open: connections.open(),
            most: connections.most(),
            accepted: connections.accepted(),
        }
    }
}

impl Routes {
    /// What a store says of them.
    pub(super) fn of(state: RoutesState) -> Self {
        match state {
            RoutesState::AlwaysNewest => Self {
                is_copy: false,
                confirmation: None,
                age_seconds: None,
                spaces: None,
                latest: Vec::new(),
            },
            RoutesState::Copy {
                confirmation,
                age,
                spaces,
                latest,
            } => Self {
                is_copy: true,
                confirmation: Some(confirmation),
                age_seconds: age.map(|age| age.as_secs_f64()),
                spaces: Some(spaces),
                latest: latest
                    .into_iter()
                    .map(|one| RoutedSpace {
                        space: one.space,
                        version: one.version,
                        age_seconds: one.age.as_secs_f64(),
                        sealed_functions: one.sealed_functions,
                    })
                    .collect(),
            },
        }
    }
}
