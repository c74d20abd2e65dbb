//! A space as one document, and the version that its bytes are.

use bytes::Bytes;
use domain::configuration::{Configured, Snapshot, Stored};
use domain::resource::{Cors, EventType, Function, SpaceSettings, Subscription};
use serde::Serialize;

use crate::config::creation::{Dated, dated};
use crate::config::etag;
use crate::config::secrets::SecretRules;
use crate::error::json_bytes;

/// All that is in a space, each kind in the order of creation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Export {
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Dated<SpaceSettings>>,
    event_types: Vec<Dated<EventType>>,
    functions: Vec<Dated<Function>>,
    subscriptions: Vec<Dated<Subscription>>,
    cors: Vec<Dated<Cors>>,
}

/// The document that a space is. The same content has the same bytes.
pub(super) fn export(snapshot: &Snapshot, secrets: &SecretRules) -> Bytes {
    json_bytes(&Export {
        settings: in_order(snapshot, secrets).pop(),
        event_types: in_order(snapshot, secrets),
        functions: in_order(snapshot, secrets),
        subscriptions: in_order(snapshot, secrets),
        cors: in_order(snapshot, secrets),
    })
}

/// The version of a configuration that has this document.
pub(super) fn version(export: &[u8]) -> String {
    etag::digest(export)
}

fn in_order<R: Configured>(snapshot: &Snapshot, secrets: &SecretRules) -> Vec<Dated<R>> {
    let mut all: Vec<&Stored<R>> = snapshot.iter::<R>().collect();
    // They come by their ids, which decide where two places are the same.
    all.sort_by_key(|stored| stored.created);
    all.into_iter().map(|stored| dated(stored, secrets)).collect()
}
