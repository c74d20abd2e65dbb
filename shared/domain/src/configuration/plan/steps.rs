//! Steps of a plan, for stores that take only so much at once.

use super::super::{Configured, Snapshot};

/// Most that a store takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLimit {
    /// Resources.
    pub resources: usize,
    /// Bytes of their JSON, together.
    pub bytes: usize,
}

/// The states at which a step ends, and how much is in the one that has begun.
pub(super) struct Steps {
    limit: Option<StepLimit>,
    resources: usize,
    bytes: usize,
    done: Vec<Snapshot>,
}

impl Steps {
    pub(super) fn new(limit: Option<StepLimit>) -> Self {
        Self {
            limit,
            resources: 0,
            bytes: 0,
            done: Vec::new(),
        }
    }

    /// Makes room for a change of so many resources, to one of which this is written, ending a step with the state of before
    /// where there is none.
    pub(super) fn make_room<R: Configured>(
        &mut self,
        before: &Snapshot,
        resources: usize,
        written: Option<&R>,
    ) {
        let Some(limit) = self.limit else { return };
        let size = |resource| serde_json::to_vec(resource).map_or(0, |json| json.len());
        let bytes = written.map_or(0, size);
        let is_full = self.resources + resources > limit.resources || self.bytes + bytes > limit.bytes;
        if is_full && self.resources > 0 {
            self.done.push(before.clone());
            (self.resources, self.bytes) = (0, 0);
        }
        self.resources += resources;
        self.bytes += bytes;
    }

    /// All steps, the last of which ends with this state.
    pub(super) fn into_states(self, before: &Snapshot, after: Snapshot) -> Vec<Snapshot> {
        let mut states = self.done;
        if states.last().unwrap_or(before).changes_to(&after).is_empty() {
            return states;
        }
        states.push(after);
        states
    }
}
