//! What one client knows of the resources that nobody else writes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A resource as a client names it, whether it exists or not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    /// Its collection in paths.
    pub(super) collection: &'static str,
    /// Its id; of a subscription the path it is on, as its id follows from that.
    pub(super) id: String,
}

impl Name {
    /// Whether a stored resource is this one.
    fn is_of(&self, resource: &Value) -> bool {
        let member = match self.collection {
            "eventtypes" => "name",
            "functions" => "functionId",
            _ => "path",
        };
        resource[member] == self.id.as_str()
    }
}

/// What may be stored of a resource.
#[derive(Debug, Default)]
pub(super) struct Knowledge {
    /// What the last acknowledged write left; `None` if there is nothing.
    pub(super) acknowledged: Option<Value>,
    /// What writes without an answer would leave.
    pub(super) in_flight: Vec<Option<Value>>,
}

/// All that a client knows.
#[derive(Debug)]
pub(super) struct Model {
    /// Number of the client.
    pub(super) client: u64,
    /// Resources that the client has touched.
    pub(super) known: BTreeMap<Name, Knowledge>,
}

impl Model {
    /// A client that has not written anything.
    pub(super) fn of_client(client: u64) -> Self {
        Self {
            client,
            known: BTreeMap::new(),
        }
    }

    /// What is known of a resource.
    pub(super) fn knowledge(&mut self, name: &Name) -> &mut Knowledge {
        self.known.entry(name.clone()).or_default()
    }

    /// Fails if something is stored that cannot be; afterwards the client knows what is stored.
    pub(super) fn reconcile(&mut self, stored: &[(&'static str, Vec<Value>)]) {
        for (name, knowledge) in &mut self.known {
            let (_, resources) = stored
                .iter()
                .find(|(collection, _)| *collection == name.collection)
                .unwrap();
            let actual = resources
                .iter()
                .find(|resource| name.is_of(resource))
                .map(essence);
            assert!(
                actual == knowledge.acknowledged || knowledge.in_flight.contains(&actual),
                "{name:?} is {actual:?}; told: {knowledge:?}"
            );
            *knowledge = Knowledge {
                acknowledged: actual,
                in_flight: Vec::new(),
            };
        }
    }
}

/// The part of a resource that tells its versions apart.
pub(super) fn essence(resource: &Value) -> Value {
    json!({"version": resource["metadata"]["version"], "function": resource["functionId"]})
}
