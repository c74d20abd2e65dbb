//! What a process has in hand at this moment, for whoever looks for what is wrong: counts that are there anyway, and of
//! what there may be much only the foremost by name. It asks no other process, reads no disk, and holds no secret.

use std::path::Path;
use std::time::Instant;

use axum::response::Response;
use clocks::epoch_millis;
use gateway::{BytesInFlight, Gateway};
use http::StatusCode;
use queue::DeliveryQueue;
use serde_json::Value;
use store::Store;
use utoipa::openapi::ComponentsBuilder;
use utoipa::openapi::HttpMethod;
use utoipa::openapi::path::{PathItem, PathItemBuilder};

use super::openapi::blocks::{add_schema, json, keyed, with_errors};
use crate::client_connections::ClientConnections;
use crate::error::json_line;

mod document;
mod engine;
mod queued;

use document::{Connections, Document, Listener, Process, Routes, Scope};
use engine::{Calls, Circuits, Targets};
use queued::Queued;

/// How many spaces, lanes, circuits, functions and hosts are shown by name: so many of each.
const MOST_NAMED: usize = 20;

/// What is asked for a diagnosis. A handle: clones share what they lead to.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    started: Instant,
    store: Store,
    queue: DeliveryQueue,
    config_in_flight: BytesInFlight,
    whole: Option<WholeGateway>,
}

/// What a process knows besides that does everything itself.
#[derive(Debug, Clone)]
struct WholeGateway {
    engine: Gateway,
    events: ClientConnections,
    config: ClientConnections,
}

impl Diagnosis {
    /// Of a process that has nothing but the Configuration API, such as an instance of a function on AWS Lambda.
    /// `config_in_flight` is the budget of that API.
    pub fn new(store: Store, queue: DeliveryQueue, config_in_flight: BytesInFlight) -> Self {
        Self {
            started: Instant::now(),
            store,
            queue,
            config_in_flight,
            whole: None,
        }
    }

    /// The same of a process with an engine, and with listeners for the Events API and the Configuration API.
    #[must_use]
    pub fn of_gateway(
        mut self,
        engine: Gateway,
        events: ClientConnections,
        config: ClientConnections,
    ) -> Self {
        self.whole = Some(WholeGateway {
            engine,
            events,
            config,
        });
        self
    }

    /// All of it, as the API answers it; `null` if it cannot be written as JSON, which does not happen.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self.document()).unwrap_or_default()
    }

    pub(super) fn answer(&self) -> Response {
        json_line(StatusCode::OK, &self.document())
    }

    fn document(&self) -> Document {
        let now = epoch_millis();
        let whole = self.whole.as_ref();
        let engine = whole.map(|whole| whole.engine.diagnosis(MOST_NAMED));
        Document {
            scope: match whole {
                Some(_) => Scope::Process,
                None => Scope::FunctionInstance,
            },
            process: Process {
                version: env!("CARGO_PKG_VERSION"),
                uptime_seconds: self.started.elapsed().as_secs(),
                memory_bytes: resident_bytes(Path::new("/proc/self/status")),
                is_draining: engine.as_ref().is_some_and(|engine| engine.is_draining),
            },
            queue: Queued::of(&self.queue, MOST_NAMED, now),
            connections: whole.map(|whole| Connections {
                events: Listener::of(&whole.events),
                config: Listener::of(&whole.config),
                upgraded: engine.as_ref().map_or(0, |engine| engine.upgraded),
            }),
            config_bytes_in_flight: self.config_in_flight.held(),
            routes: Routes::of(self.store.routes_state(MOST_NAMED)),
            calls: engine.as_ref().map(Calls::of),
            targets: engine.as_ref().map(Targets::of),
            circuits: engine.map(Circuits::of),
        }
    }
}

/// The operation in the OpenAPI document.
pub(super) fn operation() -> PathItem {
    let get = keyed(
        "getDiagnosis",
        "What the process has in hand at this moment",
        "gateway",
    );
    let get = get.response("200", json("Counts, and the foremost by name.", "Diagnosis"));
    PathItemBuilder::new()
        .operation(HttpMethod::Get, with_errors(get, &[]))
        .build()
}

/// Its schemas.
pub(super) fn add_schemas(components: &mut ComponentsBuilder) {
    add_schema::<Document>(components);
}

/// Memory of the process that is in RAM, where the system has a file that says so.
fn resident_bytes(status: &Path) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_what_the_system_says() {
        let folder = tempfile::tempdir().unwrap();
        let status = folder.path().join("status");
        assert_eq!(resident_bytes(&status), None);
        std::fs::write(&status, "VmSize:\t  9999 kB\nVmRSS:\t    12 kB\n").unwrap();
        assert_eq!(resident_bytes(&status), Some(12 * 1024));
        std::fs::write(&status, "VmRSS:\tmuch\n").unwrap();
        assert_eq!(resident_bytes(&status), None);
    }
}
