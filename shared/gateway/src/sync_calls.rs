//! Calls that clients wait for: how many of them may go to the functions of one space at a time. Each holds a connection,
//! and connections are there for all spaces.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::Space;

use crate::error::GatewayError;

/// The calls in progress, by space. Those of spaces without any take no memory.
#[derive(Debug)]
pub(crate) struct SyncCalls {
    most: usize,
    in_progress: Mutex<HashMap<Space, usize>>,
}

/// A call in progress. It is over when this is dropped.
#[derive(Debug)]
pub(crate) struct SyncCall {
    calls: Arc<SyncCalls>,
    space: Space,
}

impl SyncCalls {
    /// At most so many of a space.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most: most.max(1),
            in_progress: Mutex::default(),
        }
    }

    /// Begins a call, unless there are too many of its space.
    pub(crate) fn begin(self: &Arc<Self>, space: &Space) -> Result<SyncCall, GatewayError> {
        let mut in_progress = self.in_progress();
        let count = match in_progress.get_mut(space) {
            Some(count) => count,
            None => in_progress.entry(space.clone()).or_default(),
        };
        if *count >= self.most {
            let space = space.clone();
            return Err(GatewayError::SpaceBusy { space });
        }
        *count += 1;
        Ok(SyncCall {
            calls: Arc::clone(self),
            space: space.clone(),
        })
    }

    fn in_progress(&self) -> MutexGuard<'_, HashMap<Space, usize>> {
        // No code that holds the lock can leave it half changed.
        self.in_progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SyncCall {
    fn drop(&mut self) {
        let mut in_progress = self.calls.in_progress();
        if let Some(count) = in_progress.get_mut(&self.space) {
            *count -= 1;
            if *count == 0 {
                in_progress.remove(&self.space);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_has_so_many_and_no_more() {
        let calls = Arc::new(SyncCalls::new(2));
        let (loud, quiet) = ("loud".into(), "quiet".into());
        let first = calls.begin(&loud).unwrap();
        let second = calls.begin(&loud).unwrap();
        let refused = calls.begin(&loud).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "too many calls of functions of space \"loud\" are in progress"
        );
        let other = calls.begin(&quiet).unwrap();
        drop(first);
        let third = calls.begin(&loud).unwrap();
        assert!(calls.begin(&loud).is_err());
        drop((second, third, other));
        assert!(calls.in_progress().is_empty());
    }
}
