//! Where the time comes from, for what has to be shown at any time and on any machine.

use std::fmt;
use std::sync::Arc;

use crate::Moment;

/// Tells the time: by default from the clocks of this machine. Clones tell the same.
#[derive(Clone)]
pub struct TimeSource(Arc<dyn Fn() -> Moment + Send + Sync>);

impl TimeSource {
    /// One that is told the time by a function.
    pub fn of(now: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now.
    pub fn now(&self) -> Moment {
        (self.0)()
    }
}

impl Default for TimeSource {
    fn default() -> Self {
        Self::of(Moment::now)
    }
}

impl fmt::Debug for TimeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TimeSource").finish_non_exhaustive()
    }
}
