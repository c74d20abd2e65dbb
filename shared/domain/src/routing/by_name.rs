//! Values by name where there is hardly ever more than one: what follows a segment of a path, the methods of an event type.

use std::sync::Arc;

use crate::persistent_map::PersistentMap;

/// A map of names. The smallest persistent map has room for sixteen entries, and one for each place of each path would be
/// most of what a table takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) enum ByName<V> {
    #[default]
    None,
    One(Arc<str>, V),
    /// Two or more.
    Many(PersistentMap<Arc<str>, V>),
}

impl<V> ByName<V> {
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }
}

impl<V: Clone + Default> ByName<V> {
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        match self {
            Self::None => None,
            Self::One(known, value) => (**known == *name).then_some(value),
            Self::Many(values) => values.get(name),
        }
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        let (one, many) = match self {
            Self::None => (None, None),
            Self::One(name, value) => (Some((&**name, value)), None),
            Self::Many(values) => (None, Some(values.iter().map(|(name, value)| (&**name, value)))),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        match self {
            Self::None => None,
            Self::One(known, value) => (**known == *name).then_some(value),
            Self::Many(values) => values.get_mut(name),
        }
    }

    /// Changes the value of a name, which is there from then on.
    pub(super) fn change(&mut self, name: &str, change: impl FnOnce(&mut V)) {
        match self {
            Self::None => *self = Self::One(name.into(), changed(change)),
            Self::One(known, value) if **known == *name => change(value),
            Self::One(known, value) => {
                let one = (Arc::clone(known), value.clone());
                let other = (Arc::from(name), changed(change));
                *self = Self::Many([one, other].into_iter().collect());
            }
            Self::Many(values) => change(values.entry(name.into()).or_default()),
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        match self {
            Self::One(known, _) if **known == *name => *self = Self::None,
            Self::None | Self::One(..) => {}
            Self::Many(values) => {
                values.remove(name);
                let mut left = values.iter();
                if let (Some((name, value)), None) = (left.next(), left.next()) {
                    let one = Self::One(Arc::clone(name), value.clone());
                    drop(left);
                    *self = one;
                }
            }
        }
    }
}

/// A new value with a change.
fn changed<V: Default>(change: impl FnOnce(&mut V)) -> V {
    let mut value = V::default();
    change(&mut value);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_what_is_in_it_however_that_came_there() {
        let map = |names: &[&str]| {
            let mut map = ByName::<u8>::default();
            for name in names {
                map.change(name, |value| *value += 1);
            }
            map
        };
        let mut changed = map(&["a", "b", "c"]);
        assert_eq!(changed, map(&["c", "b", "a"]));
        assert_eq!(changed.get("c"), Some(&1));
        assert_eq!(changed.get("d"), None);
        changed.remove("d");
        changed.remove("a");
        assert_eq!(changed, map(&["b", "c"]));
        changed.remove("c");
        assert_eq!(changed, map(&["b"]));
        assert_eq!((changed.get("b"), changed.get("c")), (Some(&1), None));
        changed.change("b", |value| *value = 7);
        assert_eq!(changed.get_mut("b"), Some(&mut 7));
        changed.remove("a");
        assert!(!changed.is_empty());
        changed.remove("b");
        assert!(changed.is_empty() && changed == ByName::None);
    }
}
