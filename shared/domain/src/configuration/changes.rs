//! What is different between two states of a space.

use imbl::ordmap::DiffItem;

use super::{Change, Collection, Configured, Snapshot};
use crate::resource::{
    ApiKey, Cors, EventType, Function, Kind, Resource, SpaceSettings, Subscription, Tenant,
};

/// A change of a resource of any kind, by itself.
#[derive(Debug, Clone)]
pub enum ResourceChange {
    /// Of the settings of the space.
    Space(Change<SpaceSettings>),
    /// Of a function.
    Function(Change<Function>),
    /// Of an event type.
    EventType(Change<EventType>),
    /// Of a subscription.
    Subscription(Change<Subscription>),
    /// Of a CORS configuration.
    Cors(Change<Cors>),
}

impl ResourceChange {
    /// The kind of the resource.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Space(_) => Kind::Space,
            Self::Function(_) => Kind::Function,
            Self::EventType(_) => Kind::EventType,
            Self::Subscription(_) => Kind::Subscription,
            Self::Cors(_) => Kind::Cors,
        }
    }

    /// The place of the resource in the order of creation, unless it is gone.
    pub fn created(&self) -> Option<u64> {
        match self {
            Self::Space(change) => change.created(),
            Self::Function(change) => change.created(),
            Self::EventType(change) => change.created(),
            Self::Subscription(change) => change.created(),
            Self::Cors(change) => change.created(),
        }
    }
}

impl Snapshot {
    /// What makes the other state of this one, each resource once. What both have in common costs nothing. Keys and tenants are
    /// no part of it: no document has them.
    pub fn changes_to(&self, after: &Self) -> Vec<ResourceChange> {
        let functions = differences::<Function>(self, after).map(ResourceChange::Function);
        let settings = differences::<SpaceSettings>(self, after).map(ResourceChange::Space);
        let event_types = differences::<EventType>(self, after).map(ResourceChange::EventType);
        let subscriptions = differences::<Subscription>(self, after).map(ResourceChange::Subscription);
        let cors = differences::<Cors>(self, after).map(ResourceChange::Cors);
        functions
            .chain(settings)
            .chain(event_types)
            .chain(subscriptions)
            .chain(cors)
            .collect()
    }

    /// Whether this is the very same value, and not only one with the same resources in it. As long as one is kept, nothing
    /// else becomes the same.
    pub fn is_same(&self, other: &Self) -> bool {
        is_same::<Function>(self, other)
            && is_same::<EventType>(self, other)
            && is_same::<Subscription>(self, other)
            && is_same::<Cors>(self, other)
            && is_same::<SpaceSettings>(self, other)
            && is_same::<ApiKey>(self, other)
            && is_same::<Tenant>(self, other)
    }
}

fn differences<'s, R: Configured>(
    before: &'s Snapshot,
    after: &'s Snapshot,
) -> impl Iterator<Item = Change<R>> + 's {
    let (before, after): (&Collection<R>, &Collection<R>) = (R::collection(before), R::collection(after));
    before.diff(after).map(|difference| match difference {
        DiffItem::Add(_, added) => Change {
            before: None,
            after: Some(added.clone()),
        },
        DiffItem::Update { old, new } => Change {
            before: Some(old.1.clone()),
            after: Some(new.1.clone()),
        },
        DiffItem::Remove(_, removed) => Change {
            before: Some(removed.clone()),
            after: None,
        },
    })
}

fn is_same<R: Configured>(one: &Snapshot, other: &Snapshot) -> bool {
    let (one, other) = (R::collection(one), R::collection(other));
    (one.is_empty() && other.is_empty()) || one.ptr_eq(other)
}

impl<R> Change<R> {
    fn created(&self) -> Option<u64> {
        self.after.as_ref().map(|stored| stored.created)
    }
}

impl<R: Resource> Change<R> {
    /// The resource as it is, or as it was where it is gone.
    pub fn newest(&self) -> Option<&R> {
        let stored = self.after.as_ref().or(self.before.as_ref());
        stored.map(|stored| &*stored.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::SpaceRules;

    fn function(id: &str, path: &str) -> Function {
        let body = format!(r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://h/{path}"}}}}"#);
        Function::decode(&"one".into(), None, body.as_bytes()).unwrap()
    }

    #[test]
    fn each_resource_is_told_once() {
        let rules = SpaceRules::default();
        let mut before = Snapshot::default();
        for id in ["a", "b", "c"] {
            before.create(function(id, "1"), 1, &rules).unwrap();
        }
        let mut after = before.clone();
        assert!(before.is_same(&after) && Snapshot::default().is_same(&Snapshot::default()));
        after.delete::<Function>(&"a".into(), &rules).unwrap();
        after.update(function("b", "2"), &rules).unwrap();
        after.update(function("b", "3"), &rules).unwrap();
        after.create(function("d", "1"), 2, &rules).unwrap();
        let changes = before.changes_to(&after);
        let told: Vec<_> = changes
            .iter()
            .map(|change| match change {
                ResourceChange::Function(change) => (
                    change.newest().unwrap().function_id.as_str(),
                    change.before.is_some(),
                    change.after.is_some(),
                ),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(told, [("a", true, false), ("b", true, true), ("d", false, true)]);
        assert!(!before.is_same(&after));
        let mut same = Snapshot::default();
        for stored in before.iter::<Function>() {
            same.insert(stored.clone());
        }
        assert!(before.changes_to(&same).is_empty() && !before.is_same(&same));
    }
}
