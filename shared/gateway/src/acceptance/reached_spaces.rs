//! The spaces of the async subscriptions that an event reaches.

use std::collections::BTreeSet;

use domain::ids::Space;

/// Calls with each of these once, but for one.
pub(super) fn for_each_space<'s>(
    spaces: impl Iterator<Item = &'s Space>,
    but: Option<&Space>,
    mut call: impl FnMut(&'s Space),
) {
    // Most events reach one space, for which nothing is allocated.
    let (mut first, mut others) = (None, BTreeSet::new());
    for space in spaces {
        if first == Some(space) || but == Some(space) {
            continue;
        }
        if first.is_none() {
            first = Some(space);
            call(space);
        } else if others.insert(space) {
            call(space);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_called_once() {
        let spaces = ["a", "a", "b", "c", "b", "a", "d"].map(Space::from);
        let called = |but| {
            let mut called = Vec::new();
            for_each_space(spaces.iter(), but, |space| called.push(space.as_str()));
            called.concat()
        };
        assert_eq!(called(None), "abcd");
        assert_eq!(called(Some(&spaces[2])), "acd");
        assert_eq!(called(Some(&spaces[0])), "bcd");
    }
}
