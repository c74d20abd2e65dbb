//! What one look-up came across already.

use std::collections::HashSet;

use foldhash::fast::FixedState;

/// From how many on a set is worth it.
const FEW: usize = 16;

/// Things by their address. Few are kept in a list, as a set costs more than it saves.
#[derive(Debug, Default)]
pub(super) struct Seen {
    few: Vec<usize>,
    many: HashSet<usize, FixedState>,
}

impl Seen {
    /// Whether this is the first time.
    pub(super) fn insert<T>(&mut self, thing: &T) -> bool {
        let address = std::ptr::from_ref(thing).addr();
        if !self.many.is_empty() {
            return self.many.insert(address);
        }
        if self.few.contains(&address) {
            return false;
        }
        self.few.push(address);
        if self.few.len() > FEW {
            self.many.extend(self.few.drain(..));
        }
        true
    }
}
