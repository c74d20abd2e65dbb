//! What is left of the work that the filters of one subscription may spend on one event.

use std::cell::Cell;

/// Counts steps: characters that functions and `LIKE` read or make.
#[derive(Debug)]
pub(crate) struct Steps {
    left: Cell<usize>,
}

impl Steps {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            left: Cell::new(most),
        }
    }

    /// Takes `count` steps. `false` if there are not as many: then none are left.
    pub(crate) fn take(&self, count: usize) -> bool {
        let left = self.left.get().checked_sub(count);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }

    /// How many are left.
    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.left.get()
    }
}
