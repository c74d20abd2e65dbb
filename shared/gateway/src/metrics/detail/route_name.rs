//! The name of a route among the counts: its method and its path.

use std::cell::RefCell;

use crate::metrics::space_labels::OTHER;

thread_local! {
    /// Where names are put together to be looked for, so that a request does not ask for memory.
    static NAME: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Does something with the name of a route.
pub(super) fn with_name<T>(method: &str, path: &str, act: impl FnOnce(&str) -> T) -> T {
    NAME.with_borrow_mut(|name| {
        name.clear();
        name.push_str(method);
        name.push(' ');
        name.push_str(path);
        act(name)
    })
}

/// Method and path of a name; that of all others has neither.
pub(super) fn parts_of(name: &str) -> (&str, &str) {
    name.split_once(' ').unwrap_or((OTHER, OTHER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart_again() {
        for (method, path) in [("GET", "/"), ("ANY", "/a b/:c")] {
            with_name(method, path, |name| assert_eq!(parts_of(name), (method, path)));
        }
        assert_eq!(parts_of(OTHER), (OTHER, OTHER));
    }
}
