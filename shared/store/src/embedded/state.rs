//! All resources and the routing table that follows from them, as one immutable value.

use std::sync::Arc;
use std::time::SystemTime;

use clocks::since_epoch;
use domain::audit::AuditHead;
use domain::configuration::{ConfigurationError, Configured, Snapshot};
use domain::ids::Space;
use domain::resource::{
    ApiKey, Cors, EventType, Function, Kind, MetadataFilter, SpaceSettings, Subscription, Tenant,
};
use domain::routing::RoutingTable;
use imbl::OrdMap;

use super::EmbeddedSettings;
use super::engine::Engine;
use crate::encryption::KeyFile;
use crate::error::{CorruptValue, StoreError};
use crate::{record, record_format};

/// What the store holds. Cloning is cheap: copies share what they have in common.
#[derive(Clone)]
pub(super) struct EmbeddedState {
    /// Spaces with something in them.
    pub(super) spaces: OrdMap<Space, Snapshot>,
    /// The index of all spaces.
    pub(super) routes: Arc<RoutingTable>,
    /// Greater than the place in the order of creation of every resource there is. Only the order among those
    /// matters, so the place of a removed newest one may be given again after the store was reopened.
    pub(super) next_created: u64,
    /// The newest record of the changes of each space that has any.
    pub(super) audit: OrdMap<Space, AuditHead>,
    /// The oldest format of a store that can have what was read.
    pub(super) format: u64,
}

impl EmbeddedState {
    /// Reads everything that an engine keeps.
    pub(super) fn load(engine: &Engine, settings: &EmbeddedSettings) -> Result<Self, StoreError> {
        let (keys, rules) = (settings.keys.as_ref(), settings.rules);
        let mut state = Self {
            spaces: OrdMap::default(),
            routes: Arc::new(RoutingTable::new(rules)),
            next_created: 0,
            audit: engine.audit_heads().map_err(StoreError::unavailable)?,
            format: record_format::FIRST,
        };
        engine.read_all(|key, value| match record::kind(key) {
            kind if kind == Kind::EventType.label() => state.insert::<EventType>(key, value, keys),
            kind if kind == Kind::Function.label() => state.insert::<Function>(key, value, keys),
            kind if kind == Kind::Subscription.label() => state.insert::<Subscription>(key, value, keys),
            kind if kind == Kind::Cors.label() => state.insert::<Cors>(key, value, keys),
            kind if kind == Kind::Space.label() => state.insert::<SpaceSettings>(key, value, keys),
            kind if kind == Kind::Key.label() => state.insert::<ApiKey>(key, value, keys),
            kind if kind == Kind::Tenant.label() => state.insert::<Tenant>(key, value, keys),
            _ => Err(StoreError::Corrupt {
                key: key.to_owned(),
                source: CorruptValue::UnknownKind,
            }),
        })?;
        state.routes = Arc::new(RoutingTable::compile(rules, state.spaces.values()));
        Ok(state)
    }

    fn insert<R: Configured>(
        &mut self,
        key: &str,
        value: &[u8],
        keys: Option<&KeyFile>,
    ) -> Result<(), StoreError> {
        let stored = record::decode::<R>(key, value, keys)?;
        self.next_created = self.next_created.max(stored.created + 1);
        self.format = self.format.max(record_format::needed_by(&stored));
        self.spaces
            .entry(stored.resource.space().clone())
            .or_default()
            .insert(stored);
        Ok(())
    }

    pub(super) fn get<R: Configured>(&self, space: &Space, id: &R::Id) -> Result<Arc<R>, ConfigurationError> {
        match self.spaces.get(space) {
            Some(snapshot) => snapshot.get(id),
            None => Snapshot::default().get(id),
        }
    }

    pub(super) fn list<R: Configured>(&self, space: &Space, filter: &MetadataFilter) -> Vec<Arc<R>> {
        self.spaces
            .get(space)
            .map(|snapshot| snapshot.list(filter))
            .unwrap_or_default()
    }

    pub(super) fn counts(&self) -> Vec<(Space, Kind, usize)> {
        let of_space = |(space, snapshot): (&Space, &Snapshot)| {
            [
                (space.clone(), Kind::EventType, snapshot.count::<EventType>()),
                (space.clone(), Kind::Function, snapshot.count::<Function>()),
                (
                    space.clone(),
                    Kind::Subscription,
                    snapshot.count::<Subscription>(),
                ),
                (space.clone(), Kind::Cors, snapshot.count::<Cors>()),
                (space.clone(), Kind::Space, snapshot.count::<SpaceSettings>()),
                (space.clone(), Kind::Key, snapshot.count::<ApiKey>()),
                (space.clone(), Kind::Tenant, snapshot.count::<Tenant>()),
            ]
        };
        self.spaces.iter().flat_map(of_space).collect()
    }

    /// The place in the order of creation of what is made now: in microseconds since 1970, and after everything that there
    /// is, even if the clock was set back.
    pub(super) fn next_rank(&self) -> u64 {
        let now = u64::try_from(since_epoch(SystemTime::now()).as_micros()).unwrap_or(u64::MAX);
        self.next_created.max(now)
    }

    pub(super) fn routes(&self) -> Arc<RoutingTable> {
        self.routes.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Write;

    /// As another version of the program may have written them.
    #[test]
    fn filters_that_do_not_compile_let_nothing_pass_and_keep_nobody_else_from_anything() {
        let directory = tempfile::tempdir().unwrap();
        let settings = EmbeddedSettings::new(directory.path());
        Engine::create_if_missing(&settings).unwrap();
        let mut engine = Engine::open(&settings).unwrap();
        let write = |id: &str, filters: &str| {
            Write {
            key: format!("subscription/default/{id}"),
            value: Some(
                format!(
                    r#"{{"created":1,"resource":{{"space":"default","subscriptionId":"{id}","type":"async","eventType":"e",
                    "functionId":"f","path":"/","method":"POST"{filters}}}}}"#
                )
                .into_bytes(),
            ),
            format: record_format::FIRST,
        }
        };
        let broken = r#","filters":[{"of another version":{"a": 1}}]"#;
        engine
            .commit(&[write("broken", broken), write("plain", "")], &[], None)
            .unwrap();
        let state = EmbeddedState::load(&engine, &settings).unwrap();
        let routes = state.routes.routes("e", "POST", "/").asynchronous;
        let reached: Vec<_> = routes
            .iter()
            .map(|stored| stored.resource.subscription_id.as_str())
            .collect();
        assert_eq!(reached, ["plain"]);
        assert!(state.routes.knows_filters() && !state.routes.has_filters());
        let space = Space::from("default");
        let stored = state.get::<Subscription>(&space, &"broken".into()).unwrap();
        let json = serde_json::to_string(&*stored).unwrap();
        assert!(json.ends_with(&format!("{broken}}}")), "{json}");
        let snapshot = state.spaces.get(&space).unwrap();
        assert_eq!(snapshot.broken_filters().count(), 1);
    }
}
