//! Bringing the index from one state of a space to another when the changes between them are not at hand.

use imbl::ordmap::DiffItem;

use super::RoutingTable;
use crate::configuration::{Change, Configured, Snapshot};
use crate::ids::Space;
use crate::resource::{ApiKey, Cors, EventType, Function, SpaceSettings, Subscription, Tenant};

impl RoutingTable {
    /// Puts one state of a space in the place of another that the table holds. What both have in common stays
    /// untouched, so that a change of one resource costs little in a space of thousands.
    pub fn replace(&mut self, before: &Snapshot, after: &Snapshot) {
        if let Some(space) = space_of(before).or_else(|| space_of(after))
            && self.modes.would_move(&space, after.settings())
        {
            self.replace_whole(before, after);
            return;
        }
        self.replace_all::<SpaceSettings>(before, after);
        self.replace_all::<Function>(before, after);
        self.replace_all::<EventType>(before, after);
        self.replace_all::<Subscription>(before, after);
        self.replace_all::<Cors>(before, after);
        self.replace_all::<ApiKey>(before, after);
        self.replace_all::<Tenant>(before, after);
    }

    /// Takes everything away and puts everything there, where paths stand side by side in another way.
    fn replace_whole(&mut self, before: &Snapshot, after: &Snapshot) {
        let nothing = Snapshot::default();
        self.replace_all::<Subscription>(before, &nothing);
        self.replace_all::<Cors>(before, &nothing);
        self.replace_all::<SpaceSettings>(before, after);
        self.replace_all::<Function>(before, after);
        self.replace_all::<EventType>(before, after);
        self.replace_all::<Subscription>(&nothing, after);
        self.replace_all::<Cors>(&nothing, after);
        self.replace_all::<ApiKey>(before, after);
        self.replace_all::<Tenant>(before, after);
    }

    fn replace_all<R: Configured>(&mut self, before: &Snapshot, after: &Snapshot) {
        let (before, after) = (R::collection(before), R::collection(after));
        for difference in before.diff(after) {
            let (before, after) = match difference {
                DiffItem::Add(_, added) => (None, Some(added)),
                DiffItem::Update { old, new } => (Some(old.1), Some(new.1)),
                DiffItem::Remove(_, removed) => (Some(removed), None),
            };
            self.apply(&Change {
                before: before.cloned(),
                after: after.cloned(),
            });
        }
    }
}

/// The space of a snapshot that has settings.
fn space_of(snapshot: &Snapshot) -> Option<Space> {
    snapshot.settings().map(|settings| settings.space.clone())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::configuration::Stored;
    use crate::resource::{Resource, SubscriptionType};
    use crate::routing::PathOwnership;

    /// Paths in and outside of what is the space's own where spaces own their paths.
    const PATHS: [&str; 7] = ["", "one", "one/b", ":x", "two/*w", "one/:x/c", "one/d/*w"];

    /// One resource of a space: kind, name, variant of its contents and rank.
    type Item = (u8, u8, u8, u64);

    fn insert<R: Configured>(snapshot: &mut Snapshot, created: u64, body: &str) {
        let resource = R::decode(&"one".into(), None, body.as_bytes()).unwrap();
        snapshot.insert(Stored {
            resource: Arc::new(resource),
            created,
        });
    }

    fn snapshot(items: &[Item]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        for &(kind, name, variant, rank) in items {
            // Different resources of a space never have the same rank.
            let created = rank * 1000 + u64::from(kind) * 100 + u64::from(name) * 3 + u64::from(variant);
            match kind {
                0 => insert::<Function>(
                    &mut snapshot,
                    created,
                    &format!(
                        r#"{{"functionId":"f{name}","type":"http","provider":{{"url":"http://h/{variant}"}}}}"#
                    ),
                ),
                1 => insert::<EventType>(
                    &mut snapshot,
                    created,
                    &match variant {
                        0 => format!(r#"{{"name":"e{name}"}}"#),
                        _ => format!(r#"{{"name":"e{name}","authorizerId":"f{variant}"}}"#),
                    },
                ),
                2 | 3 => insert::<Subscription>(
                    &mut snapshot,
                    created,
                    // Few slots with several async functions each, so that lists grow and shrink in their middle.
                    &format!(
                        r#"{{"type":"{}","eventType":"e{}","functionId":"f{variant}","method":"GET","path":"/{}"{}}}"#,
                        if kind == 2 { "sync" } else { "async" },
                        name % 2,
                        PATHS[usize::from(name) % PATHS.len()],
                        if rank % 3 == 0 {
                            r#","authorizerId":"f0""#
                        } else {
                            ""
                        },
                    ),
                ),
                _ => insert::<Cors>(
                    &mut snapshot,
                    created,
                    &format!(
                        r#"{{"method":"GET","path":"/{}","allowCredentials":{}}}"#,
                        PATHS[usize::from(name) % PATHS.len()],
                        variant == 0,
                    ),
                ),
            }
        }
        snapshot
    }

    fn items() -> impl Strategy<Value = Vec<Item>> {
        prop::collection::vec((0..5u8, 0..12u8, 0..3u8, 0..40u64), 0..60)
    }

    /// A space that is there beside the one that changes; ids of its async subscription are there as well.
    fn neighbour() -> Snapshot {
        let mut snapshot = Snapshot::default();
        let routes = [
            ("sync", "one"),
            ("sync", "two/b"),
            ("sync", ":x"),
            ("async", "two"),
            ("async", ""),
        ];
        for (created, (kind, path)) in (5..).step_by(10).zip(routes) {
            let body = format!(
                r#"{{"type":"{kind}","eventType":"e0","functionId":"f0","method":"GET","path":"/{path}"}}"#
            );
            let subscription = Subscription::decode(&"two".into(), None, body.as_bytes()).unwrap();
            snapshot.insert(Stored {
                resource: Arc::new(subscription),
                created,
            });
        }
        snapshot
    }

    /// Asserts that async subscriptions are found by their ids, and no others.
    fn assert_found(table: &RoutingTable, there: &Snapshot, perhaps_gone: &Snapshot) {
        for Stored { resource, .. } in perhaps_gone.iter::<Subscription>().chain(there.iter()) {
            let want = there.get::<Subscription>(&resource.subscription_id).ok();
            let want = want.filter(|found| found.r#type == SubscriptionType::Async);
            let found = table.subscription(&resource.space, &resource.subscription_id);
            assert_eq!(found, want.as_ref());
        }
    }

    proptest! {
        #[test]
        fn equals_an_index_built_from_scratch(first in items(), second in items(), common in items()) {
            let before = snapshot(&[&first[..], &common[..]].concat());
            let neighbour = neighbour();
            // Once on values that share nothing, once on one that grew out of the other.
            let unrelated = snapshot(&[&second[..], &common[..]].concat());
            let mut grown = before.clone();
            for stored in unrelated.iter::<Subscription>() {
                grown.insert(stored.clone());
            }
            let all = [PathOwnership::Shared, PathOwnership::BySpace];
            for (ownership, after) in all.into_iter().flat_map(|ownership| [(ownership, &unrelated), (ownership, &grown)]) {
                let mut table = RoutingTable::compile(ownership, [&before, &neighbour]);
                table.replace(&before, after);
                prop_assert_eq!(&table, &RoutingTable::compile(ownership, [after, &neighbour]));
                assert_found(&table, after, &before);
                assert_found(&table, &neighbour, &neighbour);
                table.replace(after, &Snapshot::default());
                prop_assert_eq!(&table, &RoutingTable::compile(ownership, [&neighbour]));
                assert_found(&table, &Snapshot::default(), after);
                assert_found(&table, &neighbour, &neighbour);
            }
        }
    }

    #[test]
    fn a_large_space_differs_from_its_copy_in_one_place() {
        let items: Vec<Item> = (0..200).map(|n| (0, n, 0, u64::from(n))).collect();
        let before = snapshot(&items);
        let mut after = before.clone();
        insert::<Function>(
            &mut after,
            7,
            r#"{"functionId":"f7","type":"http","provider":{"url":"http://other/"}}"#,
        );
        let mut table = RoutingTable::compile(PathOwnership::Shared, [&before]);
        table.replace(&before, &after);
        assert_eq!(table, RoutingTable::compile(PathOwnership::Shared, [&after]));
        assert_ne!(table, RoutingTable::compile(PathOwnership::Shared, [&before]));
    }
}
