//! Whether an event needs a key, or is not taken at all.

use super::{Explanation, Reason};
use crate::resource::{EmitMode, SpaceSettings};

impl Explanation {
    /// The same where the tenant of the space is suspended.
    #[must_use]
    pub fn of_suspended(mut self) -> Self {
        for explained in self.subscriptions.iter_mut().filter(|it| it.matches) {
            explained.reasons.push(Reason::TenantSuspended {});
        }
        self
    }

    /// The same with what the settings of the space say of keys, of the subscriptions that match.
    #[must_use]
    pub fn with_keys(mut self, settings: &SpaceSettings) -> Self {
        if settings.emit == Some(EmitMode::Key) {
            for explained in self.subscriptions.iter_mut().filter(|it| it.matches) {
                explained.reasons.push(Reason::KeyNeeded {});
            }
        }
        self
    }
}
