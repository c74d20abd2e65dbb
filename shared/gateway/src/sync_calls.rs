//! Calls that clients wait for: how many of them may go to the functions of one space at a time. Each holds a connection,
//! and connections are there for all spaces.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ids::Space;

use crate::error::GatewayError;

/// The calls in progress, by space. Those of spaces without any take no memory.
#[derive(Debug)]
pub(crate) struct SyncCalls {
    /// Most of a space whose plan does not say.
    most: Option<usize>,
    in_progress: Mutex<HashMap<Space, usize>>,
}

/// A call in progress. It is over when this is dropped.
#[derive(Debug)]
pub(crate) struct SyncCall {
    calls: Arc<SyncCalls>,
    space: Space,
}

impl SyncCalls {
    /// At most so many of a space whose plan does not say.
    pub(crate) fn new(most: Option<usize>) -> Self {
        Self {
            most: most.map(|most| most.max(1)),
            in_progress: Mutex::default(),
        }
    }

    /// Begins a call, unless there are as many of its space as its plan allows, or else the settings. There is nothing to
    /// begin where neither says anything.
    pub(crate) fn begin(
        self: &Arc<Self>,
        space: &Space,
        planned: Option<usize>,
    ) -> Result<Option<SyncCall>, GatewayError> {
        let Some(most) = planned.or(self.most) else {
            return Ok(None);
        };
        let mut in_progress = self.in_progress();
        let count = match in_progress.get_mut(space) {
            Some(count) => count,
            None => in_progress.entry(space.clone()).or_default(),
        };
        if *count >= most {
            if *count == 0 {
                in_progress.remove(space);
            }
            let space = space.clone();
            return Err(GatewayError::SpaceBusy { space });
        }
        *count += 1;
        Ok(Some(SyncCall {
            calls: Arc::clone(self),
            space: space.clone(),
        }))
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
        let calls = Arc::new(SyncCalls::new(Some(2)));
        let (loud, quiet) = ("loud".into(), "quiet".into());
        let first = calls.begin(&loud, None).unwrap();
        let second = calls.begin(&loud, None).unwrap();
        let refused = calls.begin(&loud, None).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "too many calls of functions of space \"loud\" are in progress"
        );
        let other = calls.begin(&quiet, None).unwrap();
        drop(first);
        let third = calls.begin(&loud, None).unwrap();
        assert!(calls.begin(&loud, None).is_err());
        drop((second, third, other));
        assert!(calls.in_progress().is_empty());
    }

    #[test]
    fn a_plan_has_the_last_word() {
        let space = "one".into();
        let bounded = Arc::new(SyncCalls::new(Some(1)));
        let calls: Vec<_> = (0..3).map(|_| bounded.begin(&space, Some(3)).unwrap()).collect();
        assert!(bounded.begin(&space, Some(3)).is_err());
        drop(calls);
        assert!(bounded.begin(&space, Some(0)).is_err());
        assert!(bounded.in_progress().is_empty());
        let unbounded = Arc::new(SyncCalls::new(None));
        assert!(unbounded.begin(&space, None).unwrap().is_none());
        assert!(unbounded.in_progress().is_empty());
        let _call = unbounded.begin(&space, Some(1)).unwrap();
        assert!(unbounded.begin(&space, Some(1)).is_err());
    }
}
