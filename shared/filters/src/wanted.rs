//! The paths that filters look at: what has to be read of an event.

use std::sync::Arc;

use imbl::{OrdMap, Vector};

/// Names a path among those of one tree. It is given again to another path when nobody wants this one any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FieldId(pub(crate) u32);

/// Paths as a tree of their keys, with how many filters want each. A copy costs nothing, a change what its path costs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Wanted {
    /// The number of the path that ends here, if somebody wants it.
    field: Option<FieldId>,
    /// How many want the path that ends here.
    users: u32,
    children: OrdMap<Arc<str>, Arc<Wanted>>,
    /// The numbers that are free. Only the root has them.
    numbers: Option<Arc<Numbers>>,
}

/// Numbers for paths.
#[derive(Debug, Clone, Default, PartialEq)]
struct Numbers {
    next: u32,
    free: Vector<u32>,
}

impl Numbers {
    fn take(&mut self) -> FieldId {
        let number = self.free.pop_back().unwrap_or_else(|| {
            let number = self.next;
            self.next = number.saturating_add(1);
            number
        });
        FieldId(number)
    }
}

impl Wanted {
    /// Adds a user of a path: keys that are joined by dots. Gives its number, which is the same for all of its users.
    pub(crate) fn add(&mut self, path: &str) -> FieldId {
        let mut numbers = self.numbers.take().unwrap_or_default();
        let field = self.add_below(path.split('.'), Arc::make_mut(&mut numbers));
        self.numbers = Some(numbers);
        field
    }

    fn add_below<'p>(&mut self, mut keys: impl Iterator<Item = &'p str>, numbers: &mut Numbers) -> FieldId {
        let mut place = self;
        for key in keys.by_ref() {
            place = Arc::make_mut(place.children.entry(key.into()).or_default());
        }
        place.users += 1;
        *place.field.get_or_insert_with(|| numbers.take())
    }

    /// Takes a user of a path away. Gives the number of the path if that was the last one, which is free then.
    pub(crate) fn remove(&mut self, path: &str) -> Option<FieldId> {
        let keys: Vec<&str> = path.split('.').collect();
        let freed = self.remove_below(&keys)?;
        let numbers = self.numbers.get_or_insert_default();
        Arc::make_mut(numbers).free.push_back(freed.0);
        Some(freed)
    }

    fn remove_below(&mut self, keys: &[&str]) -> Option<FieldId> {
        let Some((key, rest)) = keys.split_first() else {
            self.users = self.users.saturating_sub(1);
            return if self.users == 0 { self.field.take() } else { None };
        };
        let child = Arc::make_mut(self.children.get_mut(*key)?);
        let freed = child.remove_below(rest);
        if child.is_empty() {
            self.children.remove(*key);
        }
        freed
    }

    /// What is wanted below a key.
    pub(crate) fn child(&self, key: &str) -> Option<&Wanted> {
        self.children.get(key).map(AsRef::as_ref)
    }

    /// The same, with the key, which a reading keeps.
    pub(crate) fn entry(&self, key: &str) -> Option<(&Arc<str>, &Wanted)> {
        let (key, child) = self.children.get_key_value(key)?;
        Some((key, child))
    }

    /// Every key that is wanted here, in order.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&Arc<str>, &Wanted)> {
        self.children.iter().map(|(key, child)| (key, child.as_ref()))
    }

    /// How many keys are wanted here.
    pub(crate) fn width(&self) -> usize {
        self.children.len()
    }

    /// Whether something is wanted below this path.
    pub(crate) fn has_children(&self) -> bool {
        !self.children.is_empty()
    }

    /// The number of the path that ends here, if somebody wants it.
    pub(crate) fn field(&self) -> Option<FieldId> {
        self.field
    }

    /// Whether nothing is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        self.field.is_none() && self.children.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_a_path_are_counted() {
        let mut wanted = Wanted::default();
        let field = wanted.add("data.order.amount");
        assert_eq!(wanted.add("data.order.amount"), field);
        assert_eq!(wanted.remove("data.order.amount"), None);
        assert_eq!(wanted.remove("data.order.amount"), Some(field));
        assert!(wanted.is_empty());
        assert_eq!(wanted.add("type"), field, "a number that is free is given again");
    }

    #[test]
    fn a_path_may_begin_another() {
        let mut wanted = Wanted::default();
        let order = wanted.add("data.order");
        let amount = wanted.add("data.order.amount");
        assert_ne!(order, amount);
        wanted.remove("data.order");
        let place = wanted.child("data").unwrap().child("order").unwrap();
        assert_eq!((place.field(), place.has_children()), (None, true));
        assert_eq!(place.child("amount").unwrap().field(), Some(amount));
        wanted.remove("data.order.amount");
        assert!(wanted.is_empty());
    }

    #[test]
    fn a_copy_does_not_change_with_the_original() {
        let mut wanted = Wanted::default();
        wanted.add("a.b");
        let copy = wanted.clone();
        wanted.add("a.c");
        wanted.remove("a.b");
        assert!(copy.child("a").unwrap().child("b").is_some());
        assert!(copy.child("a").unwrap().child("c").is_none());
    }

    #[test]
    fn what_is_not_there_is_not_taken_away() {
        let mut wanted = Wanted::default();
        wanted.add("a.b");
        assert_eq!(wanted.remove("a"), None);
        assert_eq!(wanted.remove("x.y"), None);
        assert!(wanted.child("a").unwrap().child("b").is_some());
    }
}
