//! What is left of the work that the filters of one subscription may spend on one event.

use std::cell::Cell;

/// Counts steps: bytes of texts that functions and `LIKE` read or make, and values that patterns compare.
#[derive(Debug)]
pub(crate) struct Steps {
    left: Cell<usize>,
    is_over: Cell<bool>,
}

impl Steps {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            left: Cell::new(most),
            is_over: Cell::new(false),
        }
    }

    /// Takes `count` steps. `false` if there are not as many: then none are left.
    pub(crate) fn take(&self, count: usize) -> bool {
        let left = self.left.get().checked_sub(count);
        self.left.set(left.unwrap_or(0));
        if left.is_none() {
            self.is_over.set(true);
        }
        left.is_some()
    }

    /// Whether there were not as many as were to be taken: nothing is to be concluded then.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// How many are left.
    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.left.get()
    }
}
