//! Event types whose events are checked against a schema.

use std::sync::Arc;

use super::PathOwnership;
use crate::ids::EventTypeName;
use crate::persistent_map::PersistentMap;
use crate::resource::{EventType, Validation};

mod versions;

pub use versions::ValidatedType;

/// Those there are, in the order of their spaces. Only what has to be checked.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Validated(PersistentMap<EventTypeName, Vec<Arc<ValidatedType>>>);

impl Validated {
    pub(super) fn add(&mut self, event_type: &Arc<EventType>) {
        if event_type.validation == Validation::Off || event_type.schema.is_none() {
            return;
        }
        let all = self.0.entry(event_type.name.clone()).or_default();
        let at = all.partition_point(|known| known.event_type().space < event_type.space);
        all.insert(at, Arc::new(ValidatedType::new(Arc::clone(event_type))));
    }

    pub(super) fn remove(&mut self, event_type: &EventType) {
        let Some(all) = self.0.get_mut(&event_type.name) else {
            return;
        };
        all.retain(|known| known.event_type().space != event_type.space);
        if all.is_empty() {
            self.0.remove(&event_type.name);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of a name whose events are checked on a path.
    pub(super) fn on<'v>(
        &'v self,
        event_type: &str,
        ownership: PathOwnership,
        path: &str,
    ) -> impl Iterator<Item = &'v ValidatedType> {
        let all = self.0.get(event_type).into_iter().flatten().map(|known| &**known);
        all.filter(move |known| ownership.allows(&known.event_type().space, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::{Change, Snapshot, SpaceRules};
    use crate::resource::Resource as _;
    use crate::routing::RoutingTable;

    fn event_type(space: &str, validation: &str) -> EventType {
        let body = format!(r#"{{"name":"t","validation":"{validation}","schema":{{}}}}"#);
        let mut event_type = EventType::decode(&space.into(), None, body.as_bytes()).unwrap();
        event_type.keep_masked(None).unwrap();
        event_type
    }

    fn spaces(table: &RoutingTable, path: &str) -> Vec<String> {
        table
            .validated_types("t", path)
            .map(|known| known.event_type().space.to_string())
            .collect()
    }

    #[test]
    fn what_is_checked_is_found_by_name_and_path() {
        for ownership in [PathOwnership::Shared, PathOwnership::BySpace] {
            let rules = SpaceRules::from(ownership);
            let mut table = RoutingTable::new(ownership);
            let mut changes: Vec<Change<EventType>> = Vec::new();
            for space in ["two", "one", "off"] {
                let event_type = event_type(space, if space == "off" { "off" } else { "reject" });
                let change = Snapshot::default().create(event_type, 1, &rules).unwrap();
                table.apply(&change);
                changes.push(change);
            }
            let on_two = if ownership == PathOwnership::Shared {
                vec!["one", "two"]
            } else {
                vec!["two"]
            };
            assert_eq!(spaces(&table, "/two/x"), on_two);
            assert!(table.has_validated_types() && table.validated_types("other", "/two").next().is_none());
            for change in changes {
                table.apply(&Change {
                    before: change.after,
                    after: None,
                });
            }
            assert!(!table.has_validated_types());
            assert_eq!(table, RoutingTable::new(ownership));
        }
    }
}
