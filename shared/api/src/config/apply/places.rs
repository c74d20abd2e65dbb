//! Where the resources of a document are in it.

use std::collections::HashMap;

use domain::configuration::{Plan, WantedSpace};
use domain::resource::Kind;

use crate::config::openapi::collection;

/// Where the resources of a kind are in a document.
pub(super) fn place(kind: Kind, at: usize) -> String {
    match kind {
        Kind::Space => "settings".to_owned(),
        kind => format!("{}[{at}]", collection(kind)),
    }
}

/// Where the resources of a document are in it.
pub(super) struct Places(HashMap<(Kind, String), usize>);

impl Places {
    /// Of a document, whose subscriptions have the ids that a plan gives them.
    pub(super) fn of(wanted: &WantedSpace, plan: &Plan) -> Self {
        let settings = wanted
            .settings
            .iter()
            .map(|it| (Kind::Space, it.resource.space.to_string()));
        let event_types = wanted
            .event_types
            .iter()
            .map(|it| (Kind::EventType, it.resource.name.to_string()));
        let functions = wanted
            .functions
            .iter()
            .map(|it| (Kind::Function, it.resource.function_id.to_string()));
        let subscriptions = plan
            .subscription_ids
            .iter()
            .map(|id| (Kind::Subscription, id.to_string()));
        let cors = wanted
            .cors
            .iter()
            .map(|it| (Kind::Cors, it.resource.cors_id.to_string()));
        let mut places = HashMap::new();
        places.extend(settings.zip(0..));
        places.extend(event_types.zip(0..));
        places.extend(functions.zip(0..));
        places.extend(subscriptions.zip(0..));
        places.extend(cors.zip(0..));
        Self(places)
    }

    /// Of a resource, if it is in the document.
    pub(super) fn get(&self, kind: Kind, id: &str) -> Option<String> {
        let at = self.0.get(&(kind, id.to_owned()))?;
        Some(place(kind, *at))
    }
}
